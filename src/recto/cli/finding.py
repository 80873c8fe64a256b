"""What ``recto doctor`` found: one thing, how well it is, and what to do."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Level = Literal["ok", "warning", "fault"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes
    ----------
    level : {"ok", "warning", "fault"}
        With a fault something does not work; with a warning it may not for long.
    part : str
        Where it belongs: ``python``, ``formats``, ``nets``, ``settings``, ``home``, ``database``, ``blobs``, …
    what : str
    remedy : str
        What to do; empty when all is well.
    """

    level: Level
    part: str
    what: str
    remedy: str = ""

    @property
    def line(self) -> str:
        """For people."""
        return f"{self.level:8}{self.what}" + (f": {self.remedy}" if self.remedy else "")

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def judged(well: bool, part: str, what: str, remedy: str, otherwise: Level = "fault") -> Finding:
    """Fine, or something is to be done."""
    return Finding("ok", part, what) if well else Finding(otherwise, part, what, remedy)
