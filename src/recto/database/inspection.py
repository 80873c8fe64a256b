"""A look at a database from outside, which changes nothing in it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import dict_row

from recto.database.migrate import migrations
from recto.errors import DatabaseUnavailableError

_CONNECT_S = 5

_FACTS = """
SELECT current_setting('server_version_num')::integer AS version,
       current_setting('server_version') AS version_text,
       pg_is_in_recovery() AS standby,
       current_setting('max_connections')::integer AS connections_max,
       (SELECT count(*) FROM pg_stat_activity) AS connections,
       has_schema_privilege('public', 'CREATE') AS may_create,
       pg_database_size(current_database())::bigint AS bytes,
       EXTRACT(epoch FROM clock_timestamp())::float8 AS clock_s,
       to_regclass('public.schema_migrations') IS NOT NULL AS has_schema,
       to_regclass('public.procrastinate_workers') IS NOT NULL AS has_workers
"""
_WORKERS = """
SELECT count(*) AS workers FROM procrastinate_workers
WHERE last_heartbeat > now() - make_interval(secs => %(stalled_after_s)s)
"""


@dataclass(frozen=True)
class Inspection:
    """What was found.

    Attributes
    ----------
    version : int
        As PostgreSQL counts: 180001 is 18.1.
    standby : bool
        It follows another database and takes no changes.
    encrypted : bool or None
        None on a unix socket, which needs no encryption.
    clock_ahead_s : float
        By how much this machine's clock is ahead of the database's.
    missing, unknown : tuple of int
        Migrations that are still to be applied, and those that only a newer Recto knows.
    workers : int
        Workers that were heard of lately.
    """

    version: int
    version_text: str
    standby: bool
    encrypted: bool | None
    connections: int
    connections_max: int
    may_create: bool
    bytes: int
    clock_ahead_s: float
    missing: tuple[int, ...]
    unknown: tuple[int, ...]
    workers: int


async def inspect(conninfo: str, stalled_after_s: float) -> Inspection:
    """Look at a database.

    Raises
    ------
    DatabaseUnavailableError
        It cannot be reached, or does not let us in.
    """
    try:
        connection: psycopg.AsyncConnection[dict[str, Any]] = await psycopg.AsyncConnection.connect(
            conninfo, autocommit=True, row_factory=dict_row, connect_timeout=_CONNECT_S, application_name="recto doctor"
        )
        async with connection:
            began_s = time.time()
            facts = await (await connection.execute(_FACTS)).fetchone()
            assert facts is not None
            midway_s = (began_s + time.time()) / 2
            seen: set[int] = set()
            if facts.pop("has_schema"):
                rows = await (await connection.execute("SELECT number FROM schema_migrations")).fetchall()
                seen = {row["number"] for row in rows}
            workers = 0
            if facts.pop("has_workers"):
                row = await (await connection.execute(_WORKERS, {"stalled_after_s": stalled_after_s})).fetchone()
                workers = 0 if row is None else row["workers"]
            known = migrations().keys()
            on_socket = connection.info.host.startswith("/")
            return Inspection(
                clock_ahead_s=midway_s - facts.pop("clock_s"),
                encrypted=None if on_socket else connection.pgconn.ssl_in_use,
                missing=tuple(sorted(known - seen)),
                unknown=tuple(sorted(seen - known)),
                workers=workers,
                **facts,
            )
    except psycopg.Error as error:
        raise DatabaseUnavailableError(
            str(error).strip().splitlines()[0] if str(error).strip() else "no answer"
        ) from error
