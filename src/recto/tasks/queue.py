"""The queue as clients see it: add, find, cancel, expire."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg

from recto import tracing
from recto.database import Database
from recto.errors import BatchClosedError, KeyTakenError
from recto.tasks.config import Config
from recto.tasks.engine import STATEMENTS, Engine
from recto.tasks.room import Load, check_room
from recto.tasks.task import Task, TaskState

Connection = psycopg.AsyncConnection[dict[str, Any]]

_ROOM_LOCK = 0x7265_6374_6F03  # "recto", 3


@dataclass(frozen=True)
class Closed:
    """A task that is no more, and what names its blobs."""

    id: str
    attempt: int
    pages: int


@dataclass(frozen=True)
class Request:
    """What a client may say of a task beside its work.

    Attributes
    ----------
    name : str or None
        The client's own name for it.
    listed : bool
        False keeps it out of lists and news.
    idempotency_key, digest
        A second request of the client with this key makes no second task; the digest tells whether it is the same.
    webhook_id : str or None
        Who is told of its end.
    batch_id : str or None
        What it belongs to.
    """

    name: str | None = None
    listed: bool = True
    idempotency_key: str | None = None
    digest: bytes | None = None
    webhook_id: str | None = None
    batch_id: str | None = None


@dataclass(frozen=True)
class KnownRequest:
    """The task that an idempotency key has made, and the digest of the request that it came with."""

    task_id: str
    digest: bytes


class TaskQueue:
    """Tasks and the engine's jobs, always changed together in one transaction."""

    def __init__(self, database: Database, engine: Engine, config: Config) -> None:
        self._database = database
        self._engine = engine
        self._config = config

    async def add(
        self,
        task_id: str,
        client_id: str,
        operation: str,
        recipe: str,
        body_bytes: int,
        request: Request | None = None,
        *,
        look_exactly: bool = False,
    ) -> None:
        """Insert a task and its job; when this returns, both are durable.

        Parameters
        ----------
        look_exactly : bool
            See once more that there is room, while nobody else does so on any server.

        Raises
        ------
        QueueFullError
            There is none; nothing was inserted.
        KeyTakenError
            Another request with the same idempotency key was faster; nothing was inserted.
        BatchClosedError
            Its batch takes no more; nothing was inserted.
        """
        request = request or Request()
        values = {
            "id": task_id,
            "client_id": client_id,
            "operation": operation,
            "recipe": recipe,
            "body_bytes": body_bytes,
            "retention_s": self._config.retention_h * 3600,
            **vars(request),
            "trace_context": tracing.carried(),
        }
        try:
            async with self._database.connection() as connection:
                if look_exactly:
                    await connection.execute(STATEMENTS["lock_room"], {"key": _ROOM_LOCK})
                    check_room(self._config, await _load(connection, client_id), body_bytes)
                if request.idempotency_key is not None:
                    await connection.execute(STATEMENTS["free_idempotency_key"], values)
                if request.batch_id is not None:
                    await _join(connection, values)
                cursor = await connection.execute(STATEMENTS["position"], values)
                row = await cursor.fetchone()
                assert row is not None
                position: int = row["position"]
                job_id = await self._engine.defer(connection, task_id, position)
                await connection.execute(STATEMENTS["insert"], {**values, "job_id": job_id, "position": position})
        except psycopg.errors.UniqueViolation as error:
            raise KeyTakenError("Another request with this idempotency key was faster.") from error

    async def known(self, client_id: str, idempotency_key: str) -> KnownRequest | None:
        """What an earlier request with this key made."""
        values = {"client_id": client_id, "idempotency_key": idempotency_key}
        async with self._database.connection() as connection:
            row = await (await connection.execute(STATEMENTS["by_idempotency_key"], values)).fetchone()
        return None if row is None else KnownRequest(row["id"], bytes(row["request_digest"]))

    async def load(self, client_id: str) -> Load:
        """How much is open."""
        async with self._database.connection() as connection:
            return await _load(connection, client_id)

    async def find(self, task_id: str) -> Task | None:
        """The task of an id, also when it is expired or cancelled."""
        async with self._database.connection() as connection:
            row = await (await connection.execute(STATEMENTS["find"], {"id": uuid.UUID(task_id)})).fetchone()
        return None if row is None else Task.of(row)

    async def cancel(self, task_id: str, client_id: str) -> Task | None:
        """Close a task whatever its state; returns it as it was before, None when there was nothing to cancel."""
        async with self._database.connection() as connection:
            row = await (await connection.execute(STATEMENTS["lock"], {"id": uuid.UUID(task_id)})).fetchone()
            task = None if row is None else Task.of(row)
            if task is None or task.client_id != client_id or task.state is TaskState.CANCELLED:
                return None
            await connection.execute(STATEMENTS["cancel"], {"id": uuid.UUID(task_id)})
            # A job that a worker has in hand is dropped by that worker, or by the sweep when it is dead.
            await connection.execute(STATEMENTS["drop_waiting_job"], {"job_id": task.job_id})
        return task

    async def expire(self) -> list[Closed]:
        """Delete one batch of tasks whose time is over."""
        async with self._database.connection() as connection:
            cursor = await connection.execute(STATEMENTS["expire"], {"batch": self._config.expiry_batch})
            rows = await cursor.fetchall()
            if rows:
                await connection.execute(STATEMENTS["drop_jobs"], {"job_ids": [row["job_id"] for row in rows]})
            await connection.execute(STATEMENTS["expire_batches"])
        return [Closed(row["id"], row["attempt"], row["pages"]) for row in rows]

    async def facts(self, task_ids: Iterable[str]) -> dict[str, tuple[TaskState, int]]:
        """State and attempt of those of the tasks that exist."""
        async with self._database.connection() as connection:
            cursor = await connection.execute(STATEMENTS["facts"], {"ids": [uuid.UUID(t) for t in task_ids]})
            return {row["id"]: (TaskState(row["state"]), row["attempt"]) for row in await cursor.fetchall()}

    async def is_due(self, chore: str, every_s: float) -> bool:
        """True for the one worker that is to do a chore now, when it was last begun long enough ago."""
        async with self._database.connection() as connection:
            cursor = await connection.execute(STATEMENTS["due"], {"name": chore, "every_s": every_s})
            return await cursor.fetchone() is not None

    async def live_workers(self) -> int:
        """How many workers have been heard of lately."""
        async with self._database.connection() as connection:
            values = {"stalled_after_s": self._config.stalled_after_s}
            row = await (await connection.execute(STATEMENTS["live_workers"], values)).fetchone()
        assert row is not None
        return int(row["workers"])


async def _load(connection: Connection, client_id: str) -> Load:
    row = await (await connection.execute(STATEMENTS["load"], {"client_id": client_id})).fetchone()
    assert row is not None
    return Load(**row)


async def _join(connection: Connection, values: Mapping[str, Any]) -> None:
    """See that a batch takes one more; it cannot be closed until that one is there."""
    if await (await connection.execute(STATEMENTS["join_batch"], values)).fetchone() is None:
        raise BatchClosedError("The batch is closed, or there is none of that id.")
