"""Slow down whoever keeps trying wrong secrets."""

from __future__ import annotations

import math
import time
from collections import OrderedDict, deque
from collections.abc import Callable

from recto.errors import TooManyAttemptsError

MAX_KEYS = 10_000


class Throttle:
    """Counts failures per key in a sliding window, in this process.

    Parameters
    ----------
    allowed : int
        Failures within the window that are still answered normally.
    window_s : float
    clock : callable
        Seconds that never go back.
    """

    def __init__(self, allowed: int, window_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._allowed = allowed
        self._window_s = window_s
        self._clock = clock
        self._failures: OrderedDict[tuple[str, ...], deque[float]] = OrderedDict()

    def check(self, key: tuple[str, ...]) -> None:
        """Let the attempt pass.

        Raises
        ------
        TooManyAttemptsError
            Says after how many seconds the next attempt is looked at.
        """
        failures = self._failures.get(key)
        if failures is None:
            return
        now = self._clock()
        while failures and failures[0] <= now - self._window_s:
            failures.popleft()
        if not failures:
            del self._failures[key]
        elif len(failures) >= self._allowed:
            wait_s = max(1, math.ceil(failures[0] + self._window_s - now))
            raise TooManyAttemptsError(
                f"More than {self._allowed} wrong secrets for this client; try again in {wait_s} s.", wait_s
            )

    def failed(self, key: tuple[str, ...]) -> None:
        """Remember a failure; the oldest keys are forgotten when there are very many."""
        self._failures.setdefault(key, deque(maxlen=self._allowed)).append(self._clock())
        self._failures.move_to_end(key)
        while len(self._failures) > MAX_KEYS:
            self._failures.popitem(last=False)

    def succeeded(self, key: tuple[str, ...]) -> None:
        self._failures.pop(key, None)
