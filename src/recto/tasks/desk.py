"""The operator's desk: every client's tasks, and what can be done about them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from recto.database import Database, read_statements
from recto.tasks.config import Config
from recto.tasks.engine import STATEMENTS, Engine
from recto.tasks.task import Task, TaskState

_STATEMENTS = read_statements("recto.tasks", "desk.sql")


@dataclass(frozen=True)
class Wanted:
    """Which tasks; what is None does not matter.

    Attributes
    ----------
    older_than_s, newer_than_s : float or None
        Since the submission.
    ids : collection of str or None
        UUIDs.
    """

    states: Collection[TaskState] = tuple(TaskState)
    client_id: str | None = None
    older_than_s: float | None = None
    newer_than_s: float | None = None
    ids: Collection[str] | None = None
    limit: int | None = None


@dataclass(frozen=True)
class Entry:
    """Everything that is kept of a task, apart from what was found on its pages."""

    id: str
    client_id: str
    operation: str
    recipe: tuple[dict[str, Any], ...]
    state: TaskState
    attempt: int
    failures: int
    pages: int
    body_bytes: int
    error: str | None
    notes: tuple[str, ...]
    name: str | None
    submitted_at: datetime
    started_at: datetime | None
    closed_at: datetime | None
    expires_at: datetime
    trace_context: str | None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Entry:
        """From a row."""
        recipe, notes = tuple(json.loads(row["recipe"])), tuple(row["notes"])
        return cls(**{**row, "recipe": recipe, "notes": notes, "state": TaskState(row["state"])})

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        moments = {k: v.isoformat() for k, v in vars(self).items() if isinstance(v, datetime)}
        return {**asdict(self), **moments, "state": str(self.state)}


class Desk:
    """Looks at all tasks, and lets failed ones begin anew."""

    def __init__(self, database: Database, engine: Engine, config: Config) -> None:
        self._database = database
        self._engine = engine
        self._config = config

    async def find(self, wanted: Wanted) -> list[Entry]:
        """The tasks, oldest first."""
        values = {
            "states": [str(state) for state in wanted.states],
            "client_id": wanted.client_id,
            "older_than_s": wanted.older_than_s,
            "newer_than_s": wanted.newer_than_s,
            "ids": None if wanted.ids is None else [uuid.UUID(task_id) for task_id in wanted.ids],
            "limit": wanted.limit,
        }
        async with self._database.connection() as connection:
            return [Entry.of(row) for row in await (await connection.execute(_STATEMENTS["found"], values)).fetchall()]

    async def retry(self, task_id: str) -> bool:
        """Let a failed task begin anew; False when it is not failed, or not there, any more."""
        async with self._database.connection() as connection:
            row = await (await connection.execute(STATEMENTS["lock"], {"id": uuid.UUID(task_id)})).fetchone()
            task = None if row is None else Task.of(row)
            if task is None or task.state is not TaskState.FAILED or task.expired:
                return False
            row = await (await connection.execute(STATEMENTS["position"], {"client_id": task.client_id})).fetchone()
            assert row is not None
            values = {
                "id": uuid.UUID(task_id),
                "job_id": await self._engine.defer(connection, task_id, row["position"]),
                "position": row["position"],
                "retention_s": self._config.retention_h * 3600,
            }
            await connection.execute(_STATEMENTS["again"], values)
            await connection.execute(_STATEMENTS["reopen_batch"], values)
        return True
