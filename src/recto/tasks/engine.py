"""procrastinate: its schema, and a job for a task on a connection of ours."""

from __future__ import annotations

import importlib.metadata
import logging
import re
from pathlib import Path
from typing import Any

import procrastinate
import psycopg
from procrastinate import sql
from procrastinate.schema import SchemaManager

from recto.database import Database, read_statements
from recto.database.migrate import migrating
from recto.errors import DatabaseUnavailableError

log = logging.getLogger(__name__)

Connection = psycopg.AsyncConnection[dict[str, Any]]

STATEMENTS = read_statements("recto.tasks", "queries.sql")

QUEUE = "pages"
INSERTED_CHANNEL = f"procrastinate_queue_v1#{QUEUE}"
"""Where the engine tells that a job was inserted."""

_PART = "procrastinate"
_TASK_NAME = "recto.process"
_MIGRATION = re.compile(r"(\d+)\.(\d+)\.(\d+)_\d+_.*\.sql")


class Engine:
    """The engine's doors, each within a transaction that we began."""

    def __init__(self) -> None:
        # Never opened: every statement runs on a connection that is handed in.
        self._app = procrastinate.App(connector=procrastinate.PsycopgConnector())

    async def defer(self, connection: Connection, task_id: str, position: int) -> int:
        """Insert a job; smaller positions are served first. Returns the job's id."""
        deferrer = self._app.configure_task(_TASK_NAME, queue=QUEUE, priority=-position, connection=connection)
        try:
            return await deferrer.defer_async(task_id=task_id)
        except procrastinate.exceptions.ConnectorException as error:
            why = str(error.__cause__ or error).splitlines() or [type(error).__name__]
            raise DatabaseUnavailableError(f"The task could not be queued: {why[0]}") from error

    async def fetch(self, connection: Connection, worker_id: int) -> tuple[int, str] | None:
        """Take the next job for a worker: its id and its task's; None when there is none."""
        cursor = await connection.execute(sql.queries["fetch_job"], {"queues": [QUEUE], "worker_id": worker_id})
        row = await cursor.fetchone()
        return None if row is None or row["id"] is None else (row["id"], row["args"]["task_id"])

    async def stalled(self, connection: Connection, silent_s: float) -> list[tuple[int, str]]:
        """The jobs of workers that have not been heard of: their ids and their tasks'."""
        values = {"queue": QUEUE, "task_name": None, "seconds_since_heartbeat": silent_s}
        cursor = await connection.execute(sql.queries["select_stalled_jobs_by_heartbeat"], values)
        return [(row["id"], row["args"]["task_id"]) for row in await cursor.fetchall()]

    async def register(self, connection: Connection) -> int:
        """A new worker's id."""
        row = await (await connection.execute(sql.queries["register_worker"])).fetchone()
        assert row is not None
        return int(row["worker_id"])

    async def unregister(self, connection: Connection, worker_id: int) -> None:
        """The worker is no more; jobs that it still has are free to be recovered at once."""
        await connection.execute(sql.queries["unregister_worker"], {"worker_id": worker_id})

    async def prune(self, connection: Connection, silent_s: float) -> None:
        """Forget workers that have not been heard of."""
        await connection.execute(sql.queries["prune_stalled_workers"], {"seconds_since_heartbeat": silent_s})


async def prepare(database: Database) -> None:
    """Bring the engine's schema to the version that is installed; several processes may do so at once."""
    installed = importlib.metadata.version("procrastinate")
    async with database.session() as connection, migrating(connection), connection.transaction():
        cursor = await connection.execute(STATEMENTS["part_version"], {"part": _PART})
        row = await cursor.fetchone()
        if row is None:
            await connection.execute(SchemaManager.get_schema().encode())
        elif _numbers(row["version"]) < _numbers(installed):
            for name, text in engine_migrations(row["version"]):
                log.info("Applying the engine's migration %s.", name)
                await connection.execute(text)
        else:
            return
        await connection.execute(STATEMENTS["set_part_version"], {"part": _PART, "version": installed})


def engine_migrations(after: str) -> list[tuple[str, bytes]]:
    """Name and SQL of the engine's migrations that came with versions after the given one, in order."""
    found = []
    for path in sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql")):
        match = _MIGRATION.fullmatch(path.name)
        if match and tuple(map(int, match.groups())) > _numbers(after):
            found.append((path.name, path.read_bytes()))
    return found


def _numbers(version: str) -> tuple[int, int, int]:
    major, minor, patch = ([int(part) for part in re.findall(r"\d+", version)] + [0, 0, 0])[:3]
    return major, minor, patch
