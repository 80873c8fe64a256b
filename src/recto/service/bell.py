"""A bell that nobody can miss: it counts its rings."""

from __future__ import annotations

import asyncio


class Bell:
    """Rung when there may be something to do; who noted the count before looking cannot miss a ring."""

    def __init__(self) -> None:
        self.count = 0
        self._next: asyncio.Event = asyncio.Event()

    def ring(self) -> None:
        """Wake all who listen."""
        self.count += 1
        self._next.set()
        self._next = asyncio.Event()

    async def rung_after(self, count: int, timeout_s: float) -> None:
        """Wait until it has rung since the count was noted, or the time is over."""
        if self.count != count:
            return
        try:
            await asyncio.wait_for(self._next.wait(), timeout_s)
        except TimeoutError:
            return
