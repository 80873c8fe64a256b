"""How far a run is: a line that moves on a terminal, and what is said at the end."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from recto.cli.job import Record, Report


@dataclass
class Tally:
    """Counts; nothing is kept of a file that is finished but that it was there, and two pages of the last one.

    Attributes
    ----------
    files, pages : int
        Of files that are finished.
    failed, skipped : int
    started : float
    ends : list of dict
        Of the first and the last page of the file that was finished last.
    """

    files: int = 0
    pages: int = 0
    failed: int = 0
    skipped: int = 0
    started: float = field(default_factory=time.monotonic)
    ends: list[Record] = field(default_factory=list)
    _under_way: dict[str, tuple[int, int]] = field(default_factory=dict)

    def hear(self, page: Record) -> None:
        """A page of a file is done, the file is not."""
        self._under_way[page["file"]] = page["page"], page["pages"]

    def take(self, report: Report) -> None:
        """A file is finished."""
        self._under_way.pop(report.file, None)
        self.files += 1
        self.pages += len(report.pages)
        self.ends = report.pages[:1] + report.pages[-1:]
        self.failed += report.error is not None

    def pages_of(self, file: str) -> int:
        """How many pages are done of a file that is not finished."""
        return self._under_way.get(file, (0, 0))[0]

    @property
    def pages_done(self) -> int:
        """Those of files that are not finished among them."""
        return self.pages + sum(done for done, _ in self._under_way.values())

    @property
    def pages_known(self) -> int:
        """Of every file that was looked into, done or not."""
        return self.pages + sum(pages for _, pages in self._under_way.values())

    @property
    def parts_done(self) -> float:
        """Files, with what is done of those that are not finished."""
        return self.files + self.skipped + sum(done / pages for done, pages in self._under_way.values())

    @property
    def elapsed_s(self) -> float:
        return max(time.monotonic() - self.started, 1e-3)

    def speed(self) -> str:
        return f"{self.pages_done / self.elapsed_s:.1f} pages/s"

    def left(self, files: int) -> str:
        """How long it takes until so many files in all are done, at the speed so far.

        What was skipped does not count as speed, and files that nobody has looked into yet are taken to have as many
        pages as the others.
        """
        looked_into = self.files + len(self._under_way)
        if self.pages_done == 0:
            return "time left unknown"
        others = files - self.skipped - looked_into
        pages = self.pages_known - self.pages_done + others * self.pages_known / looked_into
        return f"{clock(self.elapsed_s / self.pages_done * pages)} left"

    def summary(self, where: str) -> str:
        parts = [f"{self.pages} page{'' if self.pages == 1 else 's'} written to {where}"]
        if self.pages > 1:
            parts[0] += f" in {clock(self.elapsed_s)} ({self.speed()})"
        if self.skipped:
            parts.append(f"{self.skipped} file{'' if self.skipped == 1 else 's'} already done")
        if self.failed:
            parts.append(f"{self.failed} file{'' if self.failed == 1 else 's'} failed")
        return ", ".join(parts)


class Meter:
    """The moving line; silent when standard error is not a terminal, and for a single page.

    Parameters
    ----------
    console : Console
    files : int
        How many there are in all.
    tally : Tally
    """

    def __init__(self, console: Console, files: int, tally: Tally, *, show: bool) -> None:
        self._files = files
        self._tally = tally
        self._bar = Progress(
            BarColumn(), TextColumn("{task.description}"), console=console, disable=not show, transient=True
        )
        self._line = self._bar.add_task(f"0/{files} files", total=files)
        self._is_shown = False

    def update(self) -> None:
        """Show what the tally says now."""
        self._bar.update(self._line, completed=self._tally.parts_done, description=self.said())
        if self._tally.pages_known > 1:
            self._show()

    def said(self) -> str:
        """How far it is, how fast it goes and how long it will take."""
        tally = self._tally
        finished = tally.files + tally.skipped
        parts = [f"{finished}/{self._files} files", f"{tally.pages_done} pages"]
        if self._files == 1:
            parts = [f"{tally.pages_done}/{tally.pages_known} pages"]
        parts += [tally.speed(), tally.left(self._files)]
        if tally.failed:
            parts.append(f"{tally.failed} failed")
        return "  ".join(parts)

    def _show(self) -> None:
        if not self._is_shown:
            self._is_shown = True
            self._bar.start()

    def __enter__(self) -> Meter:
        if self._files > 1:
            self._show()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._bar.stop()


def clock(seconds: float) -> str:
    """``42 s``, ``3 min 12 s``, ``2 h 5 min``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
