"""Numbered SQL files, each applied once, in order, under a lock that several starting processes share."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import resources
from typing import Any

import psycopg

from recto.errors import EngineError

log = logging.getLogger(__name__)

Connection = psycopg.AsyncConnection[dict[str, Any]]

_LOCK = 0x7265_6374_6F01  # "recto", 1
_NAME = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")


@asynccontextmanager
async def migrating(connection: Connection) -> AsyncIterator[None]:
    """Hold the lock of everything that changes the schema; the connection must be in autocommit."""
    await connection.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
    try:
        yield
    finally:
        if not connection.broken:
            await connection.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


async def migrate(connection: Connection) -> list[str]:
    """Apply the migrations that this database has not seen.

    Returns
    -------
    list of str
        The names of the files that were applied now.

    Raises
    ------
    EngineError
        The database was migrated by a newer Recto.
    """
    files = migrations()
    applied = []
    async with migrating(connection):
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS schema_migrations ("
            " number integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
        )
        rows = await (await connection.execute("SELECT number FROM schema_migrations")).fetchall()
        seen = {row["number"] for row in rows}
        unknown = seen - files.keys()
        if unknown:
            raise EngineError(f"The database was made by a newer Recto (migration {max(unknown)}); upgrade this one.")
        for number in sorted(files.keys() - seen):
            name, sql = files[number]
            async with connection.transaction():
                await connection.execute(sql)
                await connection.execute("INSERT INTO schema_migrations (number, name) VALUES (%s, %s)", [number, name])
            log.info("Applied migration %s.", name)
            applied.append(name)
    return applied


def migrations() -> dict[int, tuple[str, bytes]]:
    """Number → file name and SQL of every migration that comes with this Recto."""
    found: dict[int, tuple[str, bytes]] = {}
    for entry in resources.files("recto.database").joinpath("migrations").iterdir():
        match = _NAME.fullmatch(entry.name)
        if match is None:
            continue
        number = int(match[1])
        if number in found:
            raise EngineError(f"Two migrations have the number {number}: {found[number][0]} and {entry.name}.")
        found[number] = entry.name, entry.read_bytes()
    return found
