"""How far a run is: a line that moves on a terminal, and what is said at the end."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from recto.cli.job import Report


@dataclass
class Tally:
    """Counts; nothing is kept of a file but that it was there."""

    files: int = 0
    pages: int = 0
    failed: int = 0
    skipped: int = 0
    started: float = field(default_factory=time.monotonic)

    def take(self, report: Report) -> None:
        self.files += 1
        self.pages += len(report.pages)
        self.failed += report.error is not None

    @property
    def elapsed_s(self) -> float:
        return max(time.monotonic() - self.started, 1e-3)

    def speed(self) -> str:
        return f"{self.pages / self.elapsed_s:.1f} pages/s"

    def left(self, files: int) -> str:
        """How long so many more files take at the speed so far; what was skipped does not count as speed."""
        if self.files == 0:
            return "time left unknown"
        return f"{clock(self.elapsed_s / self.files * files)} left"

    def summary(self, where: str) -> str:
        parts = [f"{self.pages} page{'' if self.pages == 1 else 's'} written to {where}"]
        if self.files > 1:
            parts[0] += f" in {clock(self.elapsed_s)} ({self.speed()})"
        if self.skipped:
            parts.append(f"{self.skipped} file{'' if self.skipped == 1 else 's'} already done")
        if self.failed:
            parts.append(f"{self.failed} failed")
        return ", ".join(parts)


class Meter:
    """The moving line; silent when standard error is not a terminal.

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
        columns = (BarColumn(), MofNCompleteColumn(), TextColumn("files  {task.description}"))
        self._bar = Progress(*columns, console=console, disable=not show, transient=True)
        self._line = self._bar.add_task("", total=files)

    def update(self) -> None:
        tally = self._tally
        finished = tally.files + tally.skipped
        said = [tally.speed(), tally.left(self._files - finished)]
        if tally.failed:
            said.append(f"{tally.failed} failed")
        self._bar.update(self._line, completed=finished, description="  ".join(said))

    def __enter__(self) -> Meter:
        self._bar.start()
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
