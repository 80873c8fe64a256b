"""A client's tasks as lists and as news: what the native API shows."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from recto.database import Database, read_statements
from recto.tasks.task import TaskState

_STATEMENTS = read_statements("recto.tasks", "overview.sql")

MAX_NEWS = 1000
"""Most tasks that a listener is told of at once."""


@dataclass(frozen=True)
class Record:
    """Everything that a client may know of its task.

    Attributes
    ----------
    recipe : tuple of dict
        Steps with every parameter written out.
    reports : tuple of dict
        One for each page; empty until the task is completed.
    listed : bool
        False for work whose answer is waited for and then thrown away.
    changed_at : datetime
        When the state or the count of pages last changed, by the database's clock.
    batch_id : str or None
        What it belongs to.
    pages_in_hand, pages_done : int
        Of the file, as the attempt under way counts them; 0 while it has not, and for files of one page.
    """

    id: str
    name: str | None
    operation: str
    state: TaskState
    recipe: tuple[dict[str, Any], ...]
    error: str | None
    notes: tuple[str, ...]
    pages: int
    reports: tuple[dict[str, Any], ...]
    listed: bool
    submitted_at: datetime
    expires_at: datetime
    changed_at: datetime
    batch_id: str | None = None
    pages_in_hand: int = 0
    pages_done: int = 0

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Record:
        """From a row of the statements of this room."""
        changed = {
            "state": TaskState(row["state"]),
            "recipe": tuple(json.loads(row["recipe"])),
            "notes": tuple(row["notes"]),
            "reports": tuple(row["reports"]),
        }
        return cls(**{**row, **changed})


@dataclass(frozen=True)
class Place:
    """Where a list goes on: behind this task."""

    submitted_at: datetime
    task_id: str


class Overview:
    """Reads whole tasks; changes nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def records(self, client_id: str, task_ids: Iterable[str]) -> list[Record]:
        """Those of a client's tasks that exist, cancelled ones too, the one that changed first first."""
        return await self._read("records", {"client_id": client_id, "ids": [uuid.UUID(t) for t in task_ids]})

    async def page(
        self,
        client_id: str,
        states: Sequence[TaskState],
        since: datetime | None,
        after: Place | None,
        limit: int,
        batch_id: str | None = None,
    ) -> list[Record]:
        """At most ``limit`` tasks of a client, newest first.

        Parameters
        ----------
        states : sequence of TaskState
            Only tasks in one of these.
        since : datetime or None
            Only tasks that were submitted then or later.
        after : Place or None
            Go on behind this one.
        batch_id : str or None
            Only tasks of this batch.
        """
        values = {
            "client_id": client_id,
            "states": [str(state) for state in states],
            "since": since,
            "after_at": None if after is None else after.submitted_at,
            "after_id": None if after is None else after.task_id,
            "limit": limit,
            "batch_id": batch_id,
        }
        return await self._read("page", values)

    async def changed_since(self, client_id: str, since: datetime) -> list[Record]:
        """Tasks of a client that changed after a moment, the one that changed first first; at most ``MAX_NEWS``."""
        return await self._read("changed_since", {"client_id": client_id, "since": since, "limit": MAX_NEWS})

    async def now(self) -> datetime:
        """The database's clock."""
        async with self._database.connection() as connection:
            row = await (await connection.execute(_STATEMENTS["now"])).fetchone()
        assert row is not None
        moment: datetime = row["now"]
        return moment

    async def _read(self, statement: str, values: Mapping[str, Any]) -> list[Record]:
        async with self._database.connection() as connection:
            cursor = await connection.execute(_STATEMENTS[statement], values)
            return [Record.of(row) for row in await cursor.fetchall()]
