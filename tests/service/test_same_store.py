"""A database and the blobs that belong to it know each other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from recto.database import Config, Database
from recto.errors import StoreUnavailableError
from recto.service.same_store import agree
from recto.store import FolderStore
from recto.tasks import prepare
from tests.in_loop import within


@asynccontextmanager
async def a_database(url: str, home: Path) -> AsyncIterator[Database]:
    async with Database(Config(home=home, database_url=url)) as database:
        await prepare(database)
        yield database


@within(a_database)
async def test_a_store_of_another_database_is_refused(database: Database, tmp_path: Path) -> None:
    """As when RECTO_BLOBS was forgotten on a second machine: its worker would fail every task that it takes."""
    ours = FolderStore(tmp_path / "blobs")
    await asyncio.gather(*(agree(database, FolderStore(tmp_path / "blobs")) for _ in range(4)))
    await agree(database, ours, patience_s=0)
    with pytest.raises(StoreUnavailableError, match="RECTO_BLOBS"):
        await agree(database, FolderStore(tmp_path / "elsewhere"), patience_s=0)
    other = FolderStore(tmp_path / "other")
    await other.set_mark("0123abcd")
    with pytest.raises(StoreUnavailableError, match="0123abcd"):
        await agree(database, other, patience_s=0)
    await agree(database, ours, patience_s=0)


@within(a_database)
async def test_a_disk_that_is_mounted_late_is_waited_for(database: Database, tmp_path: Path) -> None:
    root, away = tmp_path / "blobs", tmp_path / "away"
    await agree(database, FolderStore(root))
    root.rename(away)
    starting = asyncio.create_task(agree(database, FolderStore(root)))
    await asyncio.sleep(0.1)
    assert not starting.done()
    root.rmdir()
    away.rename(root)
    await starting


@within(a_database)
async def test_a_new_database_takes_on_the_store_it_finds(database: Database, tmp_path: Path) -> None:
    """A crash between the two marks leaves the store's alone."""
    store = FolderStore(tmp_path / "blobs")
    await store.set_mark("0123abcd")
    await agree(database, store, patience_s=0)
    assert await store.mark() == "0123abcd"
    with pytest.raises(StoreUnavailableError):
        await agree(database, FolderStore(tmp_path / "elsewhere"), patience_s=0)
