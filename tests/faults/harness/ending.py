"""A run that is told to end takes down what it has started."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def run(whole: Coroutine[Any, Any, T]) -> T:
    """As ``asyncio.run``; SIGTERM ends it as Ctrl-C does, so that no process is left behind."""

    async def guarded() -> T:
        task = asyncio.current_task()
        assert task is not None
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        return await whole

    return asyncio.run(guarded())
