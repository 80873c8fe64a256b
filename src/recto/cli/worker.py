"""``recto worker``: takes tasks and does them."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import sys
import threading
import time

import typer

from recto.bootstrap import configure_logging, work
from recto.cli.worker_process import PARENT_VARIABLE
from recto.errors import RectoError
from recto.settings import read_settings

_PR_SET_PDEATHSIG = 1
_LOOK_EVERY_S = 1.0


def worker() -> None:
    """Run a worker: it takes tasks from the queue and does each in a process of its own.

    Settings come from RECTO_… variables and the file that RECTO_CONFIG names; docs/service.md lists them.
    """
    try:
        settings = read_settings()
        configure_logging(settings)
        parent = os.environ.get(PARENT_VARIABLE, "")
        if parent.isdigit():
            _end_with(int(parent))
        asyncio.run(work(settings))
    except RectoError as error:
        typer.echo(f"recto worker: {error.message}", err=True)
        raise typer.Exit(1) from None


def _end_with(parent: int) -> None:
    """End in good order, as on SIGTERM, when the server that started this worker is gone, however it went."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it went before the kernel was told
            raise typer.Exit(0)
        return

    def look() -> None:
        while os.getppid() == parent:
            time.sleep(_LOOK_EVERY_S)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=look, daemon=True, name="parent watch").start()
