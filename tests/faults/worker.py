"""A worker whose children wait at a gate, so that a test can do harm while a page is being worked on."""

from __future__ import annotations

import asyncio
import logging

from recto.database import Database
from recto.service import run_worker
from recto.settings import read_settings
from recto.store import open_store
from tests.service.children import gated


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
