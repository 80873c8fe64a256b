"""Tasks that belong together: a client's view of them as one."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from recto.database import Database, read_statements
from recto.tasks.config import Config
from recto.tasks.overview import Place
from recto.tasks.task import TaskState

_STATEMENTS = read_statements("recto.tasks", "batches.sql")


@dataclass(frozen=True)
class Batch:
    """A batch and how far its tasks are.

    Attributes
    ----------
    recipe : tuple of dict
        What is done to a file that comes without a recipe of its own.
    closed_at : datetime or None
        No more files are to come from then on.
    pending, processing, completed, failed : int
        Its tasks, by state.
    pages : int
        Of the completed ones.
    pages_under_way : int
        Done in files of several pages that are still being worked on.
    """

    id: str
    name: str | None
    recipe: tuple[dict[str, Any], ...]
    submitted_at: datetime
    closed_at: datetime | None
    expires_at: datetime
    pending: int
    processing: int
    completed: int
    failed: int
    pages: int
    pages_under_way: int = 0

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Batch:
        """From a row of the statements of this room."""
        return cls(**{**row, "recipe": tuple(json.loads(row["recipe"]))})

    @property
    def is_done(self) -> bool:
        """No more is to come and none is under way."""
        return self.closed_at is not None and self.pending + self.processing == 0

    @property
    def state(self) -> str:
        """``open`` for more files, then ``processing``, then ``completed``, whatever has failed."""
        return "open" if self.closed_at is None else "completed" if self.is_done else "processing"


@dataclass(frozen=True)
class Member:
    """A task of a batch, and what names its blobs."""

    id: str
    name: str | None
    state: TaskState
    error: str | None
    attempt: int
    pages: int


class Batches:
    """Open, look, close, forget."""

    def __init__(self, database: Database, config: Config) -> None:
        self._database = database
        self._config = config

    async def open(self, client_id: str, recipe: str, name: str | None, webhook_id: str | None = None) -> str:
        """A new batch, open for files, and who is told of its end; its id."""
        batch_id = uuid.uuid4()
        values = {"id": batch_id, "client_id": client_id, "name": name, "recipe": recipe, "webhook_id": webhook_id}
        async with self._database.connection() as connection:
            retention = {"retention_s": self._config.retention_h * 3600}
            await connection.execute(_STATEMENTS["open"], {**values, **retention})
        return str(batch_id)

    async def find(self, client_id: str, batch_id: str) -> Batch | None:
        """A client's batch as it is now."""
        async with self._database.connection() as connection:
            row = await (await connection.execute(_STATEMENTS["find"], _key(client_id, batch_id))).fetchone()
        return None if row is None else Batch.of(row)

    async def page(self, client_id: str, after: Place | None, limit: int) -> list[Batch]:
        """At most ``limit`` batches of a client, newest first, from behind a place on."""
        after_at, after_id = (None, None) if after is None else (after.submitted_at, after.task_id)
        values = {"client_id": client_id, "after_at": after_at, "after_id": after_id, "limit": limit}
        async with self._database.connection() as connection:
            cursor = await connection.execute(_STATEMENTS["page"], values)
            return [Batch.of(row) for row in await cursor.fetchall()]

    async def close(self, client_id: str, batch_id: str) -> bool:
        """Take no more files; False when there is no such batch."""
        return await self._changed("close", client_id, batch_id)

    async def give_up(self, client_id: str, batch_id: str) -> bool:
        """Take no more files and tell nobody of its end; False when there is no such batch."""
        return await self._changed("give_up", client_id, batch_id)

    async def delete(self, client_id: str, batch_id: str) -> bool:
        """Forget a batch, not its tasks; False when there is no such batch."""
        return await self._changed("delete", client_id, batch_id)

    async def members(self, client_id: str, batch_id: str) -> list[Member]:
        """Its tasks in the order in which they came, without cancelled ones."""
        async with self._database.connection() as connection:
            cursor = await connection.execute(_STATEMENTS["members"], _key(client_id, batch_id))
            rows = await cursor.fetchall()
        return [Member(**{**row, "state": TaskState(row["state"])}) for row in rows]

    async def _changed(self, statement: str, client_id: str, batch_id: str) -> bool:
        async with self._database.connection() as connection:
            cursor = await connection.execute(_STATEMENTS[statement], _key(client_id, batch_id))
            return await cursor.fetchone() is not None


def _key(client_id: str, batch_id: str) -> dict[str, Any]:
    return {"client_id": client_id, "id": uuid.UUID(batch_id)}
