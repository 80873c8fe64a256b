"""A worker for ``LOAD_SLEEP_S``: each page sleeps so long instead of being worked on; unset: the real work."""

from __future__ import annotations

import asyncio
import os
import time

from recto.bootstrap import blob_store, configure_logging, open_database
from recto.child import Answer
from recto.codec import Limits
from recto.service import run_worker
from recto.settings import read_settings

SLEEP_VARIABLE = "LOAD_SLEEP_S"


def sleep(body: bytes, recipe: str, limits: Limits) -> Answer:
    """Take a while, cost nothing, and give back what was sent."""
    time.sleep(float(os.environ[SLEEP_VARIABLE]))
    return Answer((body,))


async def main() -> None:
    settings = read_settings()
    configure_logging(settings)
    async with open_database(settings) as database:
        parts = {"tasks": settings.tasks, "config": settings.service, "limits": settings.codec}
        await run_worker(database, blob_store(settings), child=sleep, **parts)


if __name__ == "__main__":
    asyncio.run(main())
