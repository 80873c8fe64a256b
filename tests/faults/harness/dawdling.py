"""A worker whose pages take a while without costing anything, so that faults meet it at work: ``python -m`` this."""

from __future__ import annotations

import asyncio
import logging
import random
import sys
import time

from recto.bootstrap import blob_store, configure_logging, open_database
from recto.child import Answer, process
from recto.codec import Limits
from recto.errors import RectoError
from recto.service import run_worker
from recto.settings import read_settings

MOST_S = 0.25


def dawdle(body: bytes, recipe: str, limits: Limits) -> Answer:
    """The real work, after a while."""
    time.sleep(random.uniform(0, MOST_S))
    return process(body, recipe, limits)


async def main() -> None:
    settings = read_settings()
    configure_logging(settings)
    async with open_database(settings) as database:
        store = blob_store(settings)
        parts = {"tasks": settings.tasks, "config": settings.service, "limits": settings.codec}
        await run_worker(database, store, child=dawdle, **parts)


if __name__ == "__main__":
    logging.captureWarnings(True)
    try:
        asyncio.run(main())
    except RectoError as error:  # as ``recto worker`` does when it cannot start
        sys.exit(error.message)
