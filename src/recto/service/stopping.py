"""How a worker is told to stop."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager


class Stop:
    """How a worker is told to stop: first gently, then at once."""

    def __init__(self) -> None:
        self.gently = asyncio.Event()
        self.at_once = asyncio.Event()

    def ask(self) -> None:
        """Let running tasks finish; asked again: hand them back now."""
        (self.at_once if self.gently.is_set() else self.gently).set()


@contextmanager
def asked_by_signals() -> Iterator[Stop]:
    """A stop that SIGTERM and SIGINT ask for while the block runs."""
    stop = Stop()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.ask)
    try:
        yield stop
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
