"""A worker whose children wait at a gate, so that a test can do harm while a page is being worked on."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from pathlib import Path

from recto.codec import Limits
from recto.database import Database
from recto.service import run_worker
from recto.service.child import Answer, process
from recto.settings import read_settings
from recto.store import open_store


def gated(body: bytes, recipe: str, limits: Limits) -> Answer:
    """Say that the page is in hand, wait while the gate's file exists, then do the work."""
    gate = Path(os.environ["TEST_GATE"])
    gate.with_suffix(f".child-{os.getpid()}").touch()
    while gate.exists():
        time.sleep(0.02)
    return process(body, recipe, limits)


async def main() -> None:
    settings = read_settings()
    async with Database(settings.database) as database:
        await run_worker(
            database,
            open_store(settings.store),
            tasks=settings.tasks,
            config=settings.service,
            limits=settings.codec,
            child=gated,
        )


if __name__ == "__main__":
    logging.basicConfig(level="WARNING")
    asyncio.run(main())
