"""The report: whole in itself, the least certain first, and taken over when a run goes on."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from recto.cli import report as report_room
from recto.cli.job import Report
from recto.cli.report import ReportFile
from tests.cli.commands import recto


def page(file: Path, number: int, confidence: float | None, note: str = "") -> dict[str, object]:
    return {
        "file": str(file),
        "page": number,
        "output": str(file.with_suffix(".out.png")),
        "width_px": 100,
        "height_px": 200,
        "kind": "binary",
        "dpi": None,
        "estimates": {} if confidence is None else {"skew": {"angle_deg": 1.5, "confidence": confidence}},
        "notes": [note] if note else [],
    }


def headings(path: Path) -> list[str]:
    return re.findall(r"<h2>(?:<a [^>]*>)?([^<]*)<", path.read_text("utf-8"))


class Checker(HTMLParser):
    """Fails on tags that are not closed, and collects every address."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_a_run_with_a_report(scan: Path, tmp_path: Path) -> None:
    (tmp_path / "noise.jpg").write_bytes(b"\xff\xd8\xff" + bytes(500))
    Image.fromarray(np.full((700, 500), 255, np.uint8)).save(tmp_path / "blank <&>.png")
    target = tmp_path / "out" / "report.html"
    done = recto(
        *("run", scan, tmp_path / "noise.jpg", tmp_path / "blank <&>.png", "-r", "deskew,binarize"),
        *("-o", tmp_path / "out", "--report", target),
    )
    assert done.returncode == 1
    text = target.read_text("utf-8")
    checker = Checker()
    checker.feed(text)
    checker.close()
    assert checker.open == []
    pictures = [a for a in checker.addresses if a.startswith("data:image/jpeg;base64,")]
    assert len(pictures) == 4
    links = [a for a in checker.addresses if a not in pictures]
    assert links == ["blank%20%3C%26%3E.png", "scan.png"]
    assert [h.rsplit("/")[-1] for h in headings(target)] == [
        "noise.jpg",
        "blank &lt;&amp;&gt;.png, page 1",
        "scan.png, page 1",
    ]
    assert "2 pages, 1 error<" in text
    assert "angle_deg 3.0" in text or "angle_deg 2.9" in text
    assert "left as it is" in text
    assert not list((tmp_path / "out").glob(".report*"))


def test_the_least_certain_come_first_and_pages_without_estimates_last(tmp_path: Path) -> None:
    a, b = tmp_path / "a.png", tmp_path / "b.tif"
    with ReportFile(tmp_path / "r.html", [a, b], force=False) as report:
        report.add(Report(str(a), [page(a, 1, 0.9)]))
        report.add(Report(str(b), [page(b, 1, None), page(b, 2, 0.2)], error="page 3 is damaged"))
    assert [h.removeprefix(f"{tmp_path}/") for h in headings(tmp_path / "r.html")] == [
        "b.tif",
        "b.tif, page 2",
        "a.png, page 1",
        "b.tif, page 1",
    ]


def test_a_later_run_replaces_what_it_did_again_and_keeps_the_rest(tmp_path: Path) -> None:
    a, b, c = (tmp_path / name for name in ("a.png", "b.png", "c.png"))
    target = tmp_path / "r.html"
    with ReportFile(target, [a, b, c], force=False) as report:
        report.add(Report(str(a), error="damaged"))
        report.add(Report(str(b), [page(b, 1, 0.5, "kept")]))
        report.add(Report(str(c), [page(c, 1, 0.5)]))
    with ReportFile(target, [a, b], force=False) as report:
        report.add(Report(str(a), [page(a, 1, 0.9)]))
        report.mention(b)
    assert [h.removeprefix(f"{tmp_path}/") for h in headings(target)] == ["b.png, page 1", "a.png, page 1"]
    assert "kept" in target.read_text()
    assert "damaged" not in target.read_text()


def test_what_a_crash_left_is_taken_over(tmp_path: Path) -> None:
    a, b = tmp_path / "a.png", tmp_path / "b.png"
    target = tmp_path / "r.html"
    first = ReportFile(target, [a, b], force=False)
    first.add(Report(str(a), [page(a, 1, 0.5, "before the crash")]))
    first._books[0].write(b'<article data-key="0123456789abcdef" data-conf')
    first._books[0].close()  # and nothing more
    with ReportFile(target, [a, b], force=False) as report:
        report.mention(a)
        report.add(Report(str(b), [page(b, 1, 0.7)]))
    text = target.read_text()
    assert text.count("<article") == 2
    assert "before the crash" in text
    assert sorted(p.name for p in tmp_path.iterdir()) == ["r.html"]


def test_beyond_a_number_of_pages_there_are_no_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_room, "MAX_PICTURED_PAGES", 3)
    files = [tmp_path / f"{k}.png" for k in range(5)]
    with ReportFile(tmp_path / "r.html", files, force=False) as report:
        for k, file in enumerate(files):
            report.add(Report(str(file), [page(file, 1, k / 10)], pictures=[(b"before", b"after")]))
    assert tmp_path.joinpath("r.html").read_text().count("<img") == 6


def test_another_file_is_not_overwritten(scan: Path, tmp_path: Path) -> None:
    target = tmp_path / "index.html"
    target.write_text("<h1>my own page</h1>")
    command = ("run", scan, "-r", "rotate", "-o", tmp_path / "out", "--report", target)
    done = recto(*command)
    assert done.returncode == 2
    assert "--force overwrites" in done.stderr
    assert target.read_text() == "<h1>my own page</h1>"
    assert recto(*command, "--force").returncode == 0
    assert "scan.png" in target.read_text()
