"""Folders: what is done is done once, whatever ends a run; nothing of anybody else's is lost."""

from __future__ import annotations

import json
import os
import signal
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from PIL import Image
from rich.console import Console

import recto.cli.run as run_command
from recto.cli.batch import Crew, run_jobs
from recto.cli.job import Job, Order, Report
from recto.cli.manifest import NAME, InUseError, Manifest
from recto.cli.progress import Meter, Tally, clock
from tests.cli.commands import done_count, finished, interrupt, make_pages, parts, recto, shown, start, until

SLOW = "deskew,dewarp,deskew,binarize"
"""A recipe that takes long enough to be stopped in the middle of a folder."""


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do the work in this process, for tests that are not about processes."""

    def in_process(jobs: Any, order: Order, **_: Any) -> Iterator[Report]:
        return run_jobs(jobs, order, workers=1, in_process=True)

    monkeypatch.setattr(run_command, "run_jobs", in_process)


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    make_pages(tmp_path / "in", 3, height_px=60, width_px=50)
    return tmp_path / "in"


def times(folder: Path) -> dict[str, int]:
    return {name: (folder / name).stat().st_mtime_ns for name in shown(folder)}


@pytest.mark.usefixtures("here")
class TestGoingOn:
    def test_what_is_done_is_not_done_again(self, pages: Path, tmp_path: Path) -> None:
        out = tmp_path / "out"
        assert "3 pages written" in recto("run", pages, "-r", "rotate", "-o", out).stderr
        before = times(out)
        again = recto("run", pages, "-r", "rotate", "-o", out)
        assert again.returncode == 0
        assert "0 pages written" in again.stderr
        assert "3 files already done" in again.stderr
        assert times(out) == before

    def test_a_new_file_is_done_beside_the_old_ones(self, pages: Path, tmp_path: Path) -> None:
        recto("run", pages, "-r", "rotate", "-o", tmp_path / "out")
        (pages / "page 000.png").rename(pages / "late.png")
        again = recto("run", pages, "-r", "rotate", "-o", tmp_path / "out")
        assert again.returncode == 0
        assert "1 page written" in again.stderr
        assert len(shown(tmp_path / "out")) == 4

    @pytest.mark.parametrize("change", ["recipe", "input", "missing output"])
    def test_what_changed_is_done_again(self, pages: Path, tmp_path: Path, change: str) -> None:
        out = tmp_path / "out"
        recto("run", pages, "-r", "rotate", "-o", out)
        before = times(out)
        recipe = "rotate"
        if change == "recipe":
            recipe = "contrast"
        elif change == "input":
            Image.fromarray(np.full((9, 9), 99, np.uint8)).save(pages / "page 001.png")
        else:
            (out / "page 001.png").unlink()
        again = recto("run", pages, "-r", recipe, "-o", out)
        assert again.returncode == 0, again.stderr
        anew = {name for name, mtime in times(out).items() if before[name] != mtime}
        assert anew == (set(before) if change == "recipe" else {"page 001.png"})

    def test_force_does_everything_again(self, pages: Path, tmp_path: Path) -> None:
        recto("run", pages, "-r", "rotate", "-o", tmp_path / "out")
        assert "3 pages" in recto("run", pages, "-r", "rotate", "-o", tmp_path / "out", "--force").stderr

    def test_an_output_that_somebody_changed_stays(self, pages: Path, tmp_path: Path) -> None:
        out = tmp_path / "out"
        recto("run", pages, "-r", "rotate", "-o", out)
        (out / "page 001.png").write_bytes(b"retouched by hand")
        done = recto("run", pages, "-r", "contrast", "-o", out)
        assert done.returncode == 1
        assert "page 001.png is there already" in done.stderr
        assert (out / "page 001.png").read_bytes() == b"retouched by hand"

    def test_a_torn_line_and_nonsense_are_passed_over(self, pages: Path, tmp_path: Path) -> None:
        out = tmp_path / "out"
        recto("run", pages, "-r", "rotate", "-o", out)
        lines = (out / NAME).read_bytes().splitlines(keepends=True)
        assert len(lines) == 6
        (out / NAME).write_bytes(b'[1]\n{"state": "done"}\n\xff\n' + b"".join(lines[:-1]) + lines[-1][:40])
        again = recto("run", pages, "-r", "rotate", "-o", out)
        assert again.returncode == 0, again.stderr
        assert "1 page written" in again.stderr
        assert "2 files already done" in again.stderr
        assert "3 files already done" in recto("run", pages, "-r", "rotate", "-o", out).stderr

    def test_a_file_that_a_crash_left_unfinished_is_done_again(self, fax: Path, tmp_path: Path) -> None:
        out = tmp_path / "out"
        recto("run", fax, "-r", "rotate", "-o", out)
        lines = (out / NAME).read_bytes().splitlines(keepends=True)
        (out / NAME).write_bytes(lines[0])  # begun, not done
        (out / "fax-003.png").unlink()
        again = recto("run", fax, "-r", "rotate", "-o", out)
        assert again.returncode == 0, again.stderr
        assert shown(out) == ["fax-001.png", "fax-002.png", "fax-003.png"]

    def test_a_claim_does_not_give_away_another_input_s_output(self, fax: Path, tmp_path: Path) -> None:
        out = tmp_path / "out"
        other = tmp_path / "fax-002.png"
        Image.new("L", (7, 7), 50).save(other)
        assert recto("run", other, fax, "-r", "rotate", "-o", out).returncode == 1
        kept = (out / "fax-002.png").read_bytes()
        assert recto("run", other, fax, "-r", "rotate", "-o", out).returncode == 1
        assert (out / "fax-002.png").read_bytes() == kept

    def test_what_came_out_does_not_go_in_again(self, pages: Path) -> None:
        recto("run", pages, "-r", "rotate", "-o", pages / "clean")
        again = recto("run", pages, "-r", "rotate", "-o", pages / "clean")
        assert "3 files already done" in again.stderr
        assert len(shown(pages / "clean")) == 3

    def test_memory_does_not_grow_with_the_pages(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        make_pages(tmp_path / "in", 120, height_px=200, width_px=300)
        sampled: list[int] = []
        take = Tally.take

        def sample(tally: Tally, report: Report) -> None:
            take(tally, report)
            sampled.append(tracemalloc.get_traced_memory()[0])

        monkeypatch.setattr(Tally, "take", sample)
        tracemalloc.start()
        try:
            done = recto(
                "run", tmp_path / "in", "-r", "rotate", "-o", tmp_path / "out", "--report", tmp_path / "r.html"
            )
        finally:
            tracemalloc.stop()
        assert done.returncode == 0, done.stderr
        assert len(sampled) == 120
        per_page = (sampled[119] - sampled[19]) / 100
        assert per_page < 2000  # bytes; the page itself has 60,000, its record and pictures some 6,000


class TestProcesses:
    def test_ctrl_c_ends_in_order_and_the_same_command_goes_on(self, tmp_path: Path) -> None:
        make_pages(tmp_path / "in", 12, height_px=320, width_px=280)
        out = tmp_path / "out"
        command = ("run", tmp_path / "in", "-r", SLOW, "-o", out, "--workers", "2", "--report", tmp_path / "r.html")
        process = start(*command)
        until(lambda: done_count(out) >= 3, process)
        stopped = interrupt(process)
        assert stopped.returncode == 130, stopped.stderr
        assert "To go on: the same command" in stopped.stderr
        assert "Traceback" not in stopped.stderr
        assert parts(out) == []
        first = times(out)
        assert 3 <= len(first) < 12
        assert all(Image.open(out / name).convert("L").size == (280, 320) for name in first)

        done = finished(start(*command))
        assert done.returncode == 0, done.stderr
        assert "already done" in done.stderr
        assert len(shown(out)) == 12
        redone = sum(times(out)[name] != mtime for name, mtime in first.items())
        assert redone <= 2  # those whose last line was not written yet
        assert (tmp_path / "r.html").read_text().count("<article") == 12

    def test_pages_are_told_before_their_file_is_done_and_ctrl_c_ends_in_the_middle_of_it(self, tmp_path: Path) -> None:
        make_pages(tmp_path / "in", 12, height_px=320, width_px=280)
        frames = [Image.open(path) for path in sorted((tmp_path / "in").iterdir())]
        frames[0].save(tmp_path / "book.tif", save_all=True, append_images=frames[1:])
        target = tmp_path / "book.pdf"
        process = start("run", tmp_path / "book.tif", "-r", SLOW, "-o", target, "--workers", "2", "--json")
        assert process.stdout is not None
        first = json.loads(process.stdout.readline())
        assert (first["page"], first["pages"], target.exists()) == (1, 12, False)
        stopped = interrupt(process)
        assert stopped.returncode == 130, stopped.stderr
        assert "Traceback" not in stopped.stderr
        assert not target.exists()
        assert parts(tmp_path) == []

    @pytest.mark.slow
    def test_sigterm_ends_in_order(self, tmp_path: Path) -> None:
        make_pages(tmp_path / "in", 12, height_px=320, width_px=280)
        process = start("run", tmp_path / "in", "-r", SLOW, "-o", tmp_path / "out", "--format", "pdf")
        until(lambda: done_count(tmp_path / "out") >= 1, process)
        process.terminate()
        assert finished(process).returncode == 143
        assert parts(tmp_path / "out") == []
        until(lambda: not psutil.pid_exists(process.pid) or not psutil.Process(process.pid).children())

    @pytest.mark.slow
    def test_a_kill_leaves_no_process_behind_and_the_same_command_goes_on(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TMPDIR", str(tmp_path))  # a process that is killed cannot clear up what it keeps there
        make_pages(tmp_path / "in", 12, height_px=320, width_px=280)
        out = tmp_path / "out"
        command = ("run", tmp_path / "in", "-r", SLOW, "-o", out, "--workers", "2")
        process = start(*command)
        until(lambda: done_count(out) >= 2, process)
        children = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        process.communicate()
        until(lambda: not any(c.is_running() and c.status() != psutil.STATUS_ZOMBIE for c in children))
        (out / NAME).write_bytes((out / NAME).read_bytes() + b'{"state": "do')
        done = finished(start(*command))
        assert done.returncode == 0, done.stderr
        assert len(shown(out)) == 12
        assert parts(out) == []

    @pytest.mark.slow
    def test_a_killed_child_costs_at_most_its_own_file(self, tmp_path: Path) -> None:
        make_pages(tmp_path / "in", 10, height_px=320, width_px=280)
        out = tmp_path / "out"
        process = start("run", tmp_path / "in", "-r", SLOW, "-o", out, "--workers", "2")
        until(lambda: done_count(out) >= 2, process)
        workers = [c for c in psutil.Process(process.pid).children() if "spawn_main" in " ".join(c.cmdline())]
        workers[0].kill()
        done = finished(process)
        assert "Traceback" not in done.stderr
        failed = done.stderr.count("was killed by signal 9")
        assert failed <= 1
        assert len(shown(out)) == 10 - failed
        assert done.returncode == (1 if failed else 0)
        assert parts(out) == []

    def test_files_that_take_too_long_are_given_up(self, scan: Path, tmp_path: Path) -> None:
        target = tmp_path / "never.pdf"
        done = recto("run", scan, "-r", SLOW, "-o", target, "--timeout", "0.1")
        assert done.returncode == 1
        assert "--timeout" in done.stderr
        assert not target.exists()
        assert parts(tmp_path) == []

    def test_a_crew_whose_processes_all_die_starts_new_ones(self, pages: Path, tmp_path: Path) -> None:
        order = Order("[]", folder=None)
        with Crew(order, 1) as crew:
            crew.give(Job(pages / "page 000.png", tmp_path / "a.png", False))
            until(lambda: any(isinstance(event, Report) for event in crew.collect(0.1)))
            (child,) = psutil.Process().children()[-1:]
            os.kill(child.pid, signal.SIGKILL)
            time.sleep(0.5)
            crew.give(Job(pages / "page 001.png", tmp_path / "b.png", False))
            reports: list[Report] = []
            until(lambda: bool(reports.extend(e for e in crew.collect(0.1) if isinstance(e, Report)) or reports))
        assert [r.error for r in reports] == [None]
        assert (tmp_path / "b.png").exists()


def test_two_commands_do_not_write_to_one_folder(pages: Path, tmp_path: Path) -> None:
    with Manifest(tmp_path / "out"):
        with pytest.raises(InUseError):
            Manifest(tmp_path / "out")
        done = recto("run", pages, "-r", "rotate", "-o", tmp_path / "out")
    assert done.returncode == 2
    assert "Another recto is writing" in done.stderr


def test_time_left_counts_only_what_was_worked_on() -> None:
    tally = Tally(started=time.monotonic() - 100)
    tally.skipped = 5000
    assert tally.left(5003) == "time left unknown"
    tally.take(Report("a", pages=[{}, {}]))
    assert tally.left(5003) == "3 min 20 s left"
    assert tally.speed() == "0.0 pages/s"


def test_time_left_counts_the_pages_of_a_file_that_is_under_way() -> None:
    tally = Tally(started=time.monotonic() - 100)
    tally.hear({"file": "book.pdf", "page": 50, "pages": 300})
    assert tally.left(1) == "8 min 20 s left"
    assert tally.speed() == "0.5 pages/s"
    tally.hear({"file": "book.pdf", "page": 100, "pages": 300})
    assert tally.left(1) == "3 min 20 s left"
    assert tally.left(3) == "13 min 20 s left"  # two more, as thick as this one, for all we know
    assert tally.parts_done == pytest.approx(1 / 3)
    tally.take(Report("book.pdf", pages=[{}] * 300))
    assert (tally.pages_done, tally.parts_done, tally.pages_of("book.pdf")) == (300, 1, 0)


@pytest.mark.parametrize(
    ("files", "said"), [(1, "50/300 pages  0.5 pages/s  8 min 20 s left"), (2, "0/2 files  50 pages")]
)
def test_the_line_counts_the_pages_inside_a_file(files: int, said: str) -> None:
    tally = Tally(started=time.monotonic() - 100)
    tally.hear({"file": "book.pdf", "page": 50, "pages": 300})
    assert Meter(Console(), files, tally, show=False).said().startswith(said)


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.2, "0 s"), (59.6, "1 min 0 s"), (192, "3 min 12 s"), (7500, "2 h 5 min")]
)
def test_times_are_easy_to_read(seconds: float, said: str) -> None:
    assert clock(seconds) == said
