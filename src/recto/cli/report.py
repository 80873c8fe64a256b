"""The report of a run: one HTML file with every page before and after, the least certain first.

Pages go to a file beside it as they come in, one a line, so that only where each line stands is kept in memory. At the
end the lines are put in order. A run that goes on where an earlier one stopped takes the earlier one's pages over.
"""

from __future__ import annotations

import base64
import hashlib
import html
import os
import re
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, NamedTuple
from urllib.parse import quote

from recto.cli.job import Report
from recto.cli.outputs import part_of, whole_file
from recto.errors import SettingError

MAX_PICTURED_PAGES = 2000
"""A browser has to hold them all; the pages after these, the most certain ones, come without pictures."""

_MARK = '<meta name="generator" content="Recto report 1">'
_LINE = re.compile(rb'<article data-key="([0-9a-f]{16})" data-confidence="(-?[0-9.]+)">')
_PICTURES = re.compile(rb"<figure>.*</figure>")
_FAILED, _NOTHING_FOUND = -1.0, 2.0
_SPOOL, _EARLIER = 0, 1
_STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
article { display: grid; grid-template-columns: auto 1fr; gap: 0 1.5rem; padding: 1rem 0; border-top: 1px solid #8888; }
article > * { grid-column: 2; margin: 0.2rem 0; }
figure { grid-column: 1; grid-row: 1 / 40; margin: 0; display: flex; gap: 0.5rem; align-items: start; }
img { max-width: 280px; border: 1px solid #8888; background: #fff; }
h2 { font-size: 1rem; overflow-wrap: anywhere; }
.error { color: #b3261e; font-weight: 600; }
@media (prefers-color-scheme: dark) { .error { color: #ffb4ab; } }
@media (max-width: 50rem) { article { display: block; } img { max-width: 46%; } }
"""


class _Place(NamedTuple):
    """Where the line of a page stands, and where it belongs."""

    confidence: float
    turn: int
    book: int
    offset: int
    length: int


class ReportFile:
    """Collects what became of each page and writes the report when it is closed.

    Parameters
    ----------
    path : Path
    sources : iterable of Path
        The inputs of this run; what an earlier report says of others is left out.
    force : bool
        Overwrite a file that is not a report.

    Raises
    ------
    SettingError
        Something else stands there.
    """

    def __init__(self, path: Path, sources: Iterable[Path], *, force: bool) -> None:
        self._path = path
        self._spool_path = path.with_name(f".{path.name}.pages")
        if path.exists() and not force and not _is_report(path):
            raise SettingError(f"--report {path}: something else is there already; --force overwrites.")
        self._wanted = {_key(str(source)) for source in sources}
        self._places: dict[str, list[_Place]] = {}
        self._turn = 0
        path.parent.mkdir(parents=True, exist_ok=True)
        self._books: list[BinaryIO] = [open(self._spool_path, "a+b")]  # noqa: SIM115 - closed by close()
        if path.exists() and _is_report(path):
            self._books.append(open(path, "rb"))  # noqa: SIM115 - closed by close()
            self._index(_EARLIER)
        self._index(_SPOOL)

    def add(self, report: Report) -> None:
        """Take in what became of one file; replaces what was known of it."""
        key = _key(report.file)
        self._places[key] = []
        for k, page in enumerate(report.pages):
            pictures = report.pictures[k] if k < len(report.pictures) else None
            self._append(key, _confidence(page), self._page(page, pictures))
        if report.error is not None:
            body = f'<h2>{_text(report.file)}</h2><p class="error">{_text(report.error)}</p>'
            self._append(key, _FAILED, body)

    def mention(self, source: Path) -> None:
        """List a file that an earlier run has done, if it did not leave its pages in the report."""
        key = _key(str(source))
        if key not in self._places:
            self._places[key] = []
            body = f"<h2>{_text(source)}</h2><p>Done by an earlier run; --force does it again and shows it.</p>"
            self._append(key, _NOTHING_FOUND, body)

    def close(self) -> None:
        """Write the report, whole or not at all, and remove what it was collected in."""
        with whole_file(self._path, part_of(self._path), overwrite=True) as file:
            self._write(file)
        for book in self._books:
            book.close()
        self._spool_path.unlink(missing_ok=True)

    def __enter__(self) -> ReportFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _index(self, book: int) -> None:
        """Note where the pages of an earlier run stand; a file that is met again in another book is a newer state."""
        file = self._books[book]
        file.seek(0)
        offset, met = 0, set()
        for line in file:
            found = _LINE.match(line)
            key = found[1].decode() if found else ""
            if found and key in self._wanted and line.endswith(b"</article>\n"):
                if key not in met:
                    self._places[key] = []
                met.add(key)
                self._place(key, float(found[2]), book, offset, len(line))
            offset += len(line)
        if book == _SPOOL and offset:
            file.write(b"\n")  # the last line may have been torn

    def _append(self, key: str, confidence: float, body: str) -> None:
        head = f'<article data-key="{key}" data-confidence="{confidence:.4f}">'
        line = f"{head}{body}</article>\n".encode("utf-8", "backslashreplace")
        spool = self._books[_SPOOL]
        offset = spool.seek(0, os.SEEK_END)
        spool.write(line)
        self._place(key, confidence, _SPOOL, offset, len(line))

    def _place(self, key: str, confidence: float, book: int, offset: int, length: int) -> None:
        self._turn += 1
        self._places[key].append(_Place(confidence, self._turn, book, offset, length))

    def _page(self, page: dict[str, Any], pictures: tuple[bytes, bytes] | None) -> str:
        href = quote(os.path.relpath(page["output"], self._path.parent), errors="surrogateescape")
        parts = []
        if pictures is not None:
            before, after = (base64.b64encode(data).decode("ascii") for data in pictures)
            images = "".join(
                f'<img alt="{when}" src="data:image/jpeg;base64,{data}">'
                for when, data in (("before", before), ("after", after))
            )
            parts.append(f"<figure>{images}</figure>")
        parts.append(f'<h2><a href="{html.escape(href)}">{_text(page["file"])}, page {page["page"]}</a></h2>')
        dpi = "dpi unknown" if page["dpi"] is None else "{:g} × {:g} dpi".format(*page["dpi"])
        parts.append(f"<p>{page['width_px']} × {page['height_px']} px, {page['kind']}, {dpi}</p>")
        for name, estimate in page["estimates"].items():
            said = ", ".join(f"{k} {v}" for k, v in estimate.items())
            parts.append(f"<p><b>{_text(name)}</b> {_text(said)}</p>")
        if page["notes"]:
            parts.append("<ul>" + "".join(f"<li>{_text(note)}</li>" for note in page["notes"]) + "</ul>")
        return "".join(parts)

    def _write(self, file: BinaryIO) -> None:
        places = sorted(place for places in self._places.values() for place in places)
        failed = sum(place.confidence == _FAILED for place in places)
        pages = len(places) - failed
        title = f"{pages} page{'' if pages == 1 else 's'}, {failed} error{'' if failed == 1 else 's'}"
        policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
        file.write(
            f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n{_MARK}\n'
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
            f'<meta name="viewport" content="width=device-width">\n<title>Recto: {title}</title>\n'
            f"<style>{_STYLE}</style></head>\n<body><h1>{title}</h1>\n"
            "<p>Errors first, then the pages of which the filters are least certain. Before is left, after is right."
            "</p>\n".encode()
        )
        for rank, place in enumerate(places):
            book = self._books[place.book]
            book.seek(place.offset)
            line = book.read(place.length)
            file.write(line if rank < MAX_PICTURED_PAGES else _PICTURES.sub(b"", line))
        file.write(b"</body></html>\n")


def _confidence(page: dict[str, Any]) -> float:
    """The least of the page's estimates; pages without any come last."""
    return min((float(e["confidence"]) for e in page["estimates"].values()), default=_NOTHING_FOUND)


def _is_report(path: Path) -> bool:
    with open(path, "rb") as file:
        return _MARK.encode() in file.read(400)


def _key(source: str) -> str:
    return hashlib.sha256(os.fsencode(os.path.abspath(source))).hexdigest()[:16]


def _text(text: object) -> str:
    return html.escape(" ".join(str(text).split()))
