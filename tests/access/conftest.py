"""A real database for the access room."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from recto.access import Access, Config
from recto.database import Config as DatabaseConfig
from recto.database import Database, EmbeddedServer

Using = Callable[..., Any]


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder whose embedded server runs for the whole session."""
    folder = tmp_path_factory.mktemp("access-home")
    server = EmbeddedServer(folder)
    server.start()
    yield folder
    server.stop()


@pytest.fixture
def using(home: Path) -> Using:
    """Run an async test on an Access with a fresh start: ``using(test, **settings)``."""

    def run(test: Callable[[Access, Database], Awaitable[Any]], **settings: Any) -> Any:
        async def whole() -> Any:
            async with Database(DatabaseConfig(home=home)) as database:
                access = Access(database, Config(**settings))
                await access.open()
                return await test(access, database)

        return asyncio.run(whole())

    return run
