"""Several pages of a file at a time: what comes out is what comes out one after the other."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import cv2
import pytest
from PIL import Image

from recto.cli.abreast import abreast
from recto.cli.job import Job, Order, Report, run_job
from recto.cli.outputs import Form
from recto.cli.spool import Told, run_job_told
from tests.cli.commands import recto
from tests.pages import text_page


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "book.tif"
    frames = [Image.fromarray(text_page(240, 200, text_px=12, seed=s, angle_deg=s - 2)) for s in range(5)]
    frames[0].save(path, save_all=True, append_images=frames[1:], dpi=(150, 150))
    return path


@pytest.mark.parametrize("threads", [1, 2, 7])
def test_things_come_out_in_their_order(threads: int) -> None:
    first = threading.Event()

    def late(thing: int) -> int:
        if thing == 0 and threads > 1:
            assert first.wait(30)  # the second is done before the first
        first.set()
        return -thing

    assert list(abreast(late, range(20), threads)) == [-k for k in range(20)]


def test_only_as_many_as_there_are_threads_are_taken_ahead() -> None:
    taken = []

    def things() -> Iterator[int]:
        for k in range(100):
            taken.append(k)
            yield k

    made = abreast(str, things(), 3)
    assert next(made) == "0"
    assert len(taken) == 4
    made.close()


@pytest.mark.parametrize("threads", [1, 3])
def test_a_fault_comes_after_what_was_before_it(threads: int) -> None:
    def things() -> Iterator[int]:
        yield from (1, 2)
        raise ValueError("the third is damaged")

    made = abreast(str, things(), threads)
    assert [next(made), next(made)] == ["1", "2"]
    with pytest.raises(ValueError, match="the third is damaged"):
        next(made)


def test_opencv_has_its_threads_again_afterwards() -> None:
    before = cv2.getNumThreads()
    assert list(abreast(lambda _: cv2.getNumThreads(), range(3), 2)) == [1, 1, 1]
    assert cv2.getNumThreads() == before


@pytest.mark.parametrize("suffix", [".pdf", ".tif", ""])
def test_the_number_of_workers_changes_no_byte(book: Path, tmp_path: Path, suffix: str) -> None:
    made = []
    for workers in ("1", "4"):
        out = tmp_path / f"by-{workers}{suffix}"
        assert recto("run", book, "-r", "deskew,whiten", "-o", out, "--workers", workers).returncode == 0
        made.append([p.read_bytes() for p in sorted(out.glob("*.png"))] if out.is_dir() else [out.read_bytes()])
    assert made[0] == made[1]
    assert len(made[0]) == (1 if suffix else 5)


def test_the_pages_of_a_file_are_told_before_it_is_done(book: Path, tmp_path: Path) -> None:
    target = tmp_path / "book.pdf"
    pages = run_job(Job(book, target, False), Order('["rotate"]', Form.PDF))
    assert (next(pages)["page"], next(pages)["pages"]) == (1, 5)
    assert not target.exists()
    assert [page["page"] for page in pages] == [3, 4, 5]
    assert target.exists()


def test_what_a_process_tells_is_heard_once(book: Path, tmp_path: Path) -> None:
    told = Told(tmp_path / "told")
    assert told.news() == []
    report = run_job_told(Job(book, tmp_path / "book.pdf", False), Order('["rotate"]', Form.PDF), told.path)
    assert isinstance(report, Report)
    assert told.news() == report.pages
    assert told.news() == []
    with told.path.open("ab") as file:
        file.write(b'{"page": 3}\n{"page": 6, "fi\n{"page": 6}\n{"page": 7')  # again, torn, new, not yet whole
    assert told.news() == [{"page": 6}]
    told.forget()
    assert told.news() == []
