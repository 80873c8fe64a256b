"""A drop folder: files are taken when they are whole, once, whatever comes between."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from recto.cli.job import Order, Report
from recto.cli.manifest import Manifest, Stamp, append_begun, append_done
from recto.cli.outputs import Destination, Form
from recto.cli.watch import DropFolder
from tests.cli.commands import done_count, finished, parts, recto, shown, start, until


@pytest.fixture
def box(tmp_path: Path) -> Iterator[DropFolder]:
    (tmp_path / "in").mkdir()
    with Manifest(tmp_path / "out") as manifest:
        yield DropFolder(
            tmp_path / "in",
            Destination(tmp_path / "out", True, Form.PNG),
            manifest,
            Order("[]"),
            settle_s=2,
            patience_s=30,
        )


def names(jobs: object) -> list[str]:
    return [job.source.name for job in jobs]  # type: ignore[attr-defined]


class TestDropFolder:
    """With a clock of its own."""

    def test_a_file_is_taken_once_it_kept_still(self, box: DropFolder, tmp_path: Path) -> None:
        file = tmp_path / "in" / "a.png"
        file.write_bytes(b"half")
        assert box.ready(0) == []
        assert box.ready(1) == []
        file.write_bytes(b"half and half")
        assert box.ready(1.9) == []
        assert box.ready(3.8) == []
        assert names(box.ready(3.9)) == ["a.png"]
        assert box.ready(60) == []

    def test_an_empty_file_is_only_a_beginning(self, box: DropFolder, tmp_path: Path) -> None:
        (tmp_path / "in" / "a.png").touch()
        assert [box.ready(t) for t in (0, 5, 500)] == [[], [], []]

    def test_other_names_hidden_files_and_the_output_are_left_alone(self, box: DropFolder, tmp_path: Path) -> None:
        for name in ("a.tmp", ".b.png", "notes.txt"):
            (tmp_path / "in" / name).write_bytes(b"x")
        assert [box.ready(t) for t in (0, 5)] == [[], []]

    def test_folders_below_keep_their_place(self, box: DropFolder, tmp_path: Path) -> None:
        (tmp_path / "in" / "box 1").mkdir()
        (tmp_path / "in" / "box 1" / "a.jpg").write_bytes(b"x")
        box.ready(0)
        (job,) = box.ready(2)
        assert job.target == tmp_path / "out" / "box 1" / "a.png"

    def test_a_file_that_cannot_be_read_is_tried_again_until_patience_ends(
        self, box: DropFolder, tmp_path: Path
    ) -> None:
        file = tmp_path / "in" / "a.png"
        file.write_bytes(b"half")
        bad = Report(str(file)).fail("truncated", "unreadable-image")
        box.ready(0)
        assert names(box.ready(2)) == ["a.png"]
        assert not box.is_settled(bad, 2.1)
        assert box.ready(3) == []
        assert names(box.ready(5)) == ["a.png"]
        assert not box.is_settled(bad, 29)
        assert names(box.ready(60)) == ["a.png"]
        assert box.is_settled(bad, 61)
        assert box.ready(1000) == []
        file.write_bytes(b"whole at last")
        box.ready(1001)
        assert names(box.ready(1003)) == ["a.png"]

    def test_another_error_is_said_at_once(self, box: DropFolder, tmp_path: Path) -> None:
        file = tmp_path / "in" / "a.png"
        file.write_bytes(b"x")
        box.ready(0)
        box.ready(2)
        assert box.is_settled(Report(str(file)).fail("there already", "output-exists"), 2.1)
        assert box.ready(100) == []

    def test_what_is_gone_is_forgotten_and_done_only_once_when_it_comes_back(self, tmp_path: Path) -> None:
        """As when a network share goes away for a while."""
        (tmp_path / "in").mkdir()
        out, order, file = tmp_path / "out", Order("[]"), tmp_path / "in" / "a.png"
        file.write_bytes(b"x")
        with Manifest(out) as manifest:
            box = DropFolder(
                tmp_path / "in", Destination(out, True, Form.PNG), manifest, order, settle_s=2, patience_s=30
            )
            box.ready(0)
            assert names(box.ready(2)) == ["a.png"]
            (out / "a.png").write_bytes(b"y")
            append_done(out, file, Stamp.of(file.stat()), order.fingerprint, [out / "a.png"])
            assert box.is_settled(Report(str(file)), 2.1)
            file.rename(tmp_path / "a.png")
            assert box.ready(3) == []
            assert box._seen == {}
            (tmp_path / "a.png").rename(file)
            assert [box.ready(t) for t in (4, 7, 100)] == [[], [], []]

    def test_finished_pages_are_not_overwritten_but_unfinished_ones_are(self, tmp_path: Path) -> None:
        (tmp_path / "in").mkdir()
        out = tmp_path / "out"
        for name in ("done.png", "begun.png"):
            (tmp_path / "in" / name).write_bytes(b"new page under an old name")
        out.mkdir()
        (out / "done.png").write_bytes(b"old")
        order = Order("[]")
        append_done(out, tmp_path / "in" / "done.png", Stamp(1, 1), order.fingerprint, [out / "done.png"])
        append_begun(out, tmp_path / "in" / "begun.png", [out / "begun.png"])
        with Manifest(out) as manifest:
            box = DropFolder(
                tmp_path / "in", Destination(out, True, Form.PNG), manifest, order, settle_s=0, patience_s=0
            )
            box.ready(0)
            earlier = {job.source.name: job.earlier for job in box.ready(1)}
        assert earlier["done.png"] == ()
        assert [made.name for made in earlier["begun.png"]] == ["begun.png"]


def test_a_scanner_at_work(scan: Path, tmp_path: Path) -> None:
    inbox, out = tmp_path / "in", tmp_path / "out"
    inbox.mkdir()
    command = ("watch", inbox, out, "-r", "rotate", "--settle", "0.3", "--poll", "0.1", "--workers", "1", "--json")
    process = start(*command)
    until(lambda: out.exists(), process)
    shutil.move(shutil.copy(scan, tmp_path / "moved.png"), inbox / "moved.png")
    until(lambda: done_count(out) == 1, process)
    whole = scan.read_bytes()
    (inbox / "slow.png").write_bytes(whole[:2000])
    (inbox / "never.txt").write_text("not a picture")
    with open(inbox / "slow.png", "ab") as file:
        file.write(whole[2000:])
    until(lambda: done_count(out) == 2, process)
    process.send_signal(signal.SIGTERM)
    done = finished(process)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert "slow.png:" not in done.stderr
    assert shown(out) == ["moved.png", "slow.png"]
    assert parts(out) == []
    assert {Path(json.loads(line)["file"]).name for line in done.stdout.splitlines()} <= {"moved.png", "slow.png"}

    process = start(*command)
    shutil.copy(scan, inbox / "third.png")
    until(lambda: done_count(out) == 3, process)
    process.send_signal(signal.SIGINT)
    again = finished(process)
    assert again.returncode == 0, again.stderr
    assert {Path(json.loads(line)["file"]).name for line in again.stdout.splitlines()} <= {"third.png"}


def test_watching_nothing_ends_as_well(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    process = start("watch", tmp_path / "in", tmp_path / "in" / "out", "-r", "rotate")
    until(lambda: (tmp_path / "in" / "out").exists(), process)
    process.send_signal(signal.SIGINT)
    done = finished(process)
    assert done.returncode == 0, done.stderr
    assert "0 pages written" in done.stderr


@pytest.mark.parametrize(("inbox", "said"), [("absent", "not a folder"), ("out", "the same folder")])
def test_folders_that_cannot_be_watched_are_refused(tmp_path: Path, inbox: str, said: str) -> None:
    (tmp_path / "out").mkdir()
    done = recto("watch", tmp_path / inbox, tmp_path / "out", "-r", "rotate")
    assert done.returncode == 2
    assert said in done.stderr
