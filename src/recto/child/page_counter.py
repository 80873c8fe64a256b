"""How far the file in hand is: counted by the child, seen by its worker."""

from __future__ import annotations

from collections.abc import MutableSequence

_PAGES, _DONE = 0, 1


class PageCounter:
    """Two numbers in memory that a child shares with its worker.

    Nobody locks them: a child that is killed with a lock in its hand would stop its worker. The child alone counts up;
    who reads between two steps gets a count that was true a moment ago.

    Parameters
    ----------
    shared : sequence of int
        Of length 2.
    """

    def __init__(self, shared: MutableSequence[int] | None = None) -> None:
        self.shared: MutableSequence[int] = [0, 0] if shared is None else shared

    def begin(self, pages: int) -> None:
        """A file of so many pages is begun; 0: there is none."""
        self.shared[_PAGES] = 0
        self.shared[_DONE] = 0
        self.shared[_PAGES] = pages

    def one_more(self) -> None:
        """A page is done."""
        self.shared[_DONE] += 1

    def read(self) -> tuple[int, int]:
        """The pages of the file, and how many of them are done."""
        return self.shared[_PAGES], self.shared[_DONE]
