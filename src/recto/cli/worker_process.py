"""The worker that ``recto serve`` starts beside itself and starts again when it dies."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
import time
from collections.abc import Mapping

STEADY_S = 30.0
"""A worker that lived this long is started again at once."""

LONGEST_PAUSE_S = 30.0
PARENT_VARIABLE = "RECTO_WORKER_PARENT"
"""Tells a worker whose it is; it ends when that process does."""

_log = logging.getLogger("recto.serve")


class WorkerProcess:
    """Keeps one worker process running.

    Parameters
    ----------
    environment : mapping
        Its whole environment.
    stop_grace_s : float
        How long it may take to end after SIGTERM; then it is killed.
    """

    def __init__(self, environment: Mapping[str, str], stop_grace_s: float) -> None:
        self._environment = {**environment, PARENT_VARIABLE: str(os.getpid())}
        self._stop_grace_s = stop_grace_s
        self._process: asyncio.subprocess.Process | None = None
        self._keeper: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    async def start(self) -> None:
        self._keeper = asyncio.create_task(self._keep(), name="worker keeper")

    async def stop(self) -> None:
        """End it: kindly, then by force."""
        if self._keeper is None:
            return
        self._keeper.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._keeper
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), self._stop_grace_s)
        except TimeoutError:
            _log.warning("the worker did not end in time and is killed")
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _keep(self) -> None:
        pause_s = 0.2
        while True:
            started = time.monotonic()
            status: int | str
            try:
                self._process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    "-m",
                    "recto",
                    "worker",
                    env=self._environment,
                    stdin=asyncio.subprocess.DEVNULL,
                    start_new_session=True,  # a Ctrl-C on the terminal is for us alone; we then stop the worker
                )
                status = await self._process.wait()
            except OSError as error:  # memory or processes are short for the moment
                status = error.strerror or str(error)
            pause_s = 0.2 if time.monotonic() - started > STEADY_S else min(pause_s * 2, LONGEST_PAUSE_S)
            facts = {"status": status, "again_in_s": pause_s}
            _log.error("the worker ended and is started again", extra={"facts": facts})
            await asyncio.sleep(pause_s)
