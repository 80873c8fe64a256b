"""A task as the database keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class TaskState(StrEnum):
    """Where a task is on its way; the last three are final."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_open(self) -> bool:
        """Still to be worked on."""
        return self in (TaskState.PENDING, TaskState.PROCESSING)


@dataclass(frozen=True)
class Task:
    """One row.

    Attributes
    ----------
    attempt : int
        How often a worker took it; the results of a completed task carry this number.
    failures : int
        How many of these attempts died.
    pages : int
        Pages of the result, 0 until it is completed.
    expired : bool
        By the database's clock, when the row was read.
    """

    id: str
    client_id: str
    operation: str
    recipe: str
    state: TaskState
    attempt: int
    failures: int
    job_id: int
    position: int
    pages: int
    error: str | None
    notes: tuple[str, ...]
    submitted_at: datetime
    expires_at: datetime
    expired: bool

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Task:
        """From a row of the statements that select tasks."""
        values = {name: row[name] for name in cls.__dataclass_fields__}
        values |= {"id": str(row["id"]), "state": TaskState(row["state"]), "notes": tuple(row["notes"])}
        return cls(**values)
