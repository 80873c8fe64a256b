"""Numbered SQL files, each applied once, in order, under a lock that several starting processes share.

Servers and workers of the version before go on while a migration is applied, and after it. A file whose first line
begins with ``-- additive`` takes nothing away that an older Recto uses: one that starts again meanwhile may go on, too.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from importlib import resources
from typing import Any

import psycopg

from recto.errors import EngineError

log = logging.getLogger(__name__)

Connection = psycopg.AsyncConnection[dict[str, Any]]

_LOCK = 0x7265_6374_6F01  # "recto", 1
_ADDITIVE = b"-- additive"
_LOCK_WAIT_MS = 2000
"""A change that waits for a table makes everybody who comes later wait behind it: so not for long, and once more."""

_TRIES = 30
_AGAIN_AFTER_S = 1.0
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
        The database was migrated by a newer Recto, and not only added to; or a table stays locked.
    """
    files = migrations()
    applied = []
    async with migrating(connection):
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS schema_migrations ("
            " number integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
        )
        await connection.execute(
            "ALTER TABLE schema_migrations ADD COLUMN IF NOT EXISTS additive boolean NOT NULL DEFAULT false"
        )
        rows = await (await connection.execute("SELECT number, additive FROM schema_migrations")).fetchall()
        seen = {row["number"]: row["additive"] for row in rows}
        check_known(seen, files)
        for number in sorted(files.keys() - seen.keys()):
            name, sql = files[number]
            await _apply(connection, number, name, sql)
            log.info("Applied migration %s.", name)
            applied.append(name)
    return applied


def check_known(seen: Mapping[int, bool], files: Mapping[int, object]) -> None:
    """See that this Recto can live with what the database has seen: number → whether it was additive.

    Raises
    ------
    EngineError
    """
    unknown = seen.keys() - files.keys()
    if not all(seen[number] for number in unknown):
        raise EngineError(f"The database was made by a newer Recto (migration {max(unknown)}); upgrade this one.")
    if unknown:
        log.warning("The database was added to by a newer Recto (migration %d); going on with it.", max(unknown))


async def _apply(connection: Connection, number: int, name: str, sql: bytes) -> None:
    record = "INSERT INTO schema_migrations (number, name, additive) VALUES (%s, %s, %s)"
    for left in reversed(range(_TRIES)):
        try:
            async with connection.transaction():
                await connection.execute("SELECT set_config('lock_timeout', %s, true)", [str(_LOCK_WAIT_MS)])
                await connection.execute(sql)
                await connection.execute(record, [number, name, sql.startswith(_ADDITIVE)])
        except psycopg.errors.LockNotAvailable as error:
            if left == 0:
                raise EngineError(f"Migration {name} cannot be applied: a table stays locked ({error}).") from error
            log.warning("Migration %s waits: a table is locked by a long transaction.", name)
            await asyncio.sleep(_AGAIN_AFTER_S)
        else:
            return


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
