"""The worker beside a server is started again, also when no process could be started for a while."""

from __future__ import annotations

import asyncio
import errno
import os
from typing import Any

import pytest

from recto.cli.worker_process import WorkerProcess


async def test_a_worker_that_cannot_be_started_now_is_started_later(monkeypatch: pytest.MonkeyPatch) -> None:
    start = asyncio.create_subprocess_exec
    refusals = iter([BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN)), OSError(errno.ENOMEM, "no memory")])

    async def starved(*command: Any, **options: Any) -> asyncio.subprocess.Process:
        for refusal in refusals:
            raise refusal
        return await start("sleep", "600", **options)

    monkeypatch.setattr(asyncio, "create_subprocess_exec", starved)
    beside = WorkerProcess(os.environ, stop_grace_s=30)
    await beside.start()
    try:
        async with asyncio.timeout(60):
            while beside.pid is None:
                await asyncio.sleep(0.05)
    finally:
        await beside.stop()
