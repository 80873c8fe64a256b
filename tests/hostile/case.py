"""What the corpus is made of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class BadFile:
    """One file that nobody honest would send.

    Attributes
    ----------
    kind : str
        What it is counted under.
    name : str
        Told when a test fails.
    """

    kind: str
    name: str
    data: bytes
