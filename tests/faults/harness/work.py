"""The kinds of work that clients ask for, and how each has to end."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.faults.harness import pictures

GIVEN_UP = "Given up after"
"""How the reason begins when every attempt at a good page died: the one Error that faults explain."""


@dataclass(frozen=True)
class Kind:
    """One kind of work.

    Attributes
    ----------
    share : int
        How often it is asked for, among all.
    operation : str or None
        Of the compatible API; None: by the native one, with ``recipe``.
    reading : callable
        The number that a result carries, when it is what the recipe makes of a page.
    pages : int
    damaged : bool
        It has to end in Error.
    keyed : bool
        Sent with an idempotency key, and again until there is an answer.
    """

    name: str
    share: int
    operation: str | None
    recipe: list[dict[str, Any]]
    reading: Callable[[bytes], int | None]
    pages: int = 1
    damaged: bool = False
    keyed: bool = False

    def file(self, numbers: Sequence[int]) -> bytes:
        """What is sent."""
        if self.damaged:
            return pictures.damaged(numbers[0])
        return pictures.png(numbers[0]) if self.pages == 1 else pictures.tiff(*numbers)


_BINARIZE: list[dict[str, Any]] = [{"filter": "binarize"}]
_TURN: list[dict[str, Any]] = [{"filter": "rotate", "angle_deg": 90}]

KINDS = {
    kind.name: kind
    for kind in (
        Kind("v5 binarize", 40, "BinarizeImage", _BINARIZE, pictures.binarized),
        Kind("v5 damaged", 3, "BinarizeImage", _BINARIZE, pictures.binarized, damaged=True),
        Kind("v1 turn", 25, None, _TURN, pictures.turned),
        Kind("v1 three pages", 8, None, _TURN, pictures.turned, pages=3),
        Kind("v1 with a key", 22, None, _BINARIZE, pictures.binarized, keyed=True),
        Kind("v1 damaged", 2, None, _TURN, pictures.turned, damaged=True),
    )
}


def any_kind(dice: random.Random) -> Kind:
    """One of them, by its share."""
    kinds = list(KINDS.values())
    return dice.choices(kinds, [kind.share for kind in kinds])[0]


@dataclass(frozen=True)
class Ended:
    """How a task ended, as its client was told.

    Attributes
    ----------
    state : str
        ``completed``, ``failed`` or ``gone``.
    pages : tuple of bytes
        Its pictures.
    error : str
        The reason of a failure.
    """

    state: str
    pages: tuple[bytes, ...] = ()
    error: str = ""


def fault_of(ended: Ended, kind: Kind, numbers: Sequence[int], *, cancelled: bool) -> str | None:
    """What is wrong with an end; None when it is as it should be."""
    if ended.state == "gone":
        return None if cancelled else "the task is not there any more"
    if ended.state == "failed":
        if not ended.error.strip():
            return "an Error without a reason"
        if not kind.damaged and not ended.error.startswith(GIVEN_UP):
            return f"a good page ended in Error: {ended.error}"
        return None
    if kind.damaged:
        return "a damaged file was completed"
    found = [kind.reading(page) for page in ended.pages]
    return None if found == list(numbers) else f"its pages should carry {list(numbers)} and carry {found}"
