"""A bell that nobody can miss: it counts its rings."""

from __future__ import annotations

import asyncio
import random

FEW = 4
"""So many workers look at once when a task comes; with more of them, the others look a little later."""

_LATER_S = (0.2, 1.0)


class Bell:
    """Rung when there may be something to do; who noted the count before looking cannot miss a ring."""

    def __init__(self) -> None:
        self.count = 0
        self._waiting: dict[asyncio.Future[None], None] = {}
        self._later: asyncio.TimerHandle | None = None

    def ring(self) -> None:
        """Wake all who listen."""
        self.count += 1
        while self._waiting:
            self._wake_one()

    def ring_for_one(self, workers: int) -> None:
        """One thing has come, for whichever of so many workers takes it: wake one of ours, or all a little later.

        A hundred idle workers that all looked at once for each task would keep the database busy with finding nothing.
        """
        if random.random() * workers < FEW:
            self.count += 1
            self._wake_one()
        elif self._later is None:
            self._later = asyncio.get_running_loop().call_later(random.uniform(*_LATER_S), self._ring_later)

    async def rung_after(self, count: int, timeout_s: float) -> None:
        """Wait until it has rung since the count was noted, or the time is over."""
        if self.count != count:
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[future] = None
        try:
            await asyncio.wait([future], timeout=timeout_s)
        finally:
            self._waiting.pop(future, None)

    def _wake_one(self) -> None:
        for future in self._waiting:
            del self._waiting[future]
            future.set_result(None)
            return

    def _ring_later(self) -> None:
        self._later = None
        self.ring()
