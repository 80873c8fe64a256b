"""The queue as a worker sees it: take a task, close it, hand it back; and recover those of the dead."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from recto.database import Database
from recto.tasks.config import Config
from recto.tasks.engine import STATEMENTS, Engine
from recto.tasks.task import Task, TaskState

log = logging.getLogger(__name__)

Connection = psycopg.AsyncConnection[dict[str, Any]]

_SWEEP_LOCK = 0x7265_6374_6F02  # "recto", 2


@dataclass(frozen=True)
class Claim:
    """A task in a worker's hand.

    Attributes
    ----------
    attempt : int
        The fence: whatever is done to the task is done only while this is its last attempt.
    failures : int
        How many attempts died before this one.
    trace_context : str or None
        Of the request that made the task.
    age_s : float
        How long ago the task was submitted when it was taken.
    """

    id: str
    client_id: str
    operation: str
    recipe: str
    attempt: int
    failures: int
    job_id: int
    position: int
    trace_context: str | None = None
    age_s: float = 0.0


@dataclass(frozen=True)
class PageCount:
    """How far a file is: ``done`` of its ``pages``."""

    pages: int
    done: int


_GONE = Claim("", "", "", "", 0, 0, 0, 0)
"""Stands for a job whose task is no more."""


class Claims:
    """One worker's hand on the queue."""

    def __init__(self, database: Database, engine: Engine, config: Config) -> None:
        self._database = database
        self._engine = engine
        self._config = config
        self._worker_id: int | None = None
        self._strays: set[int] = set()
        self.workers = 1
        """How many there were at the last sign of life, dead ones not counted."""

    async def register(self) -> None:
        """Become a worker that the others know of."""
        async with self._database.connection() as connection:
            self._worker_id = await self._engine.register(connection)

    async def unregister(self) -> None:
        """Be a worker no more; tasks still in hand are recovered by the next sweep of another worker."""
        if self._worker_id is not None:
            async with self._database.connection() as connection:
                await self._engine.unregister(connection, self._worker_id)
            self._worker_id = None

    async def take(self) -> Claim | None:
        """The next task, now in our hand, or None when nothing waits."""
        while True:
            try:
                found = await self._take_one()
            except psycopg.errors.ForeignKeyViolation:
                self._worker_id = None  # we were taken for dead and forgotten; be a new worker
                continue
            if found is not _GONE:
                return found

    async def _take_one(self) -> Claim | None:
        async with self._database.connection() as connection:
            given = await self._engine.fetch(connection, await self._identity(connection))
            if given is None:
                return None
            job_id, task_id = given
            values = {"id": uuid.UUID(task_id), "job_id": job_id}
            row = await (await connection.execute(STATEMENTS["claim"], values)).fetchone()
            if row is not None:
                return Claim(**row)
            # Its task was cancelled, has expired, or has another job by now.
            await connection.execute(STATEMENTS["drop_job"], {"job_id": job_id})
            return _GONE

    async def tell_pages(self, news: Mapping[Claim, PageCount]) -> None:
        """Tell who listens how far some of our tasks are; what is not ours any more is passed over."""
        values = {
            "ids": [uuid.UUID(claim.id) for claim in news],
            "attempts": [claim.attempt for claim in news],
            "pages": [count.pages for count in news.values()],
            "done": [count.done for count in news.values()],
        }
        async with self._database.connection() as connection:
            await connection.execute(STATEMENTS["tell_pages"], values)

    async def complete(
        self, claim: Claim, pages: int, notes: Collection[str], reports: Collection[Mapping[str, Any]] = ()
    ) -> bool:
        """Close the task as done; False when it is not ours any more. May be repeated after a lost answer."""
        said = [_storable(note) for note in notes]
        values = {"pages": pages, "notes": Jsonb(said), "reports": Jsonb(list(reports))}
        return await self._close(claim, "complete", values)

    async def fail(self, claim: Claim, error: str, *, died: bool = False) -> bool:
        """Close the task as failed; False when it is not ours any more."""
        return await self._close(claim, "fail", {"error": _storable(error), "counted": int(died)})

    async def retry(self, claim: Claim, why: str) -> bool | None:
        """Count a dead attempt: another try, or failed after the last.

        Returns
        -------
        bool or None
            True when there will be another try, False when the task is given up, None when it was not ours any more:
            then what was sent may still be needed by whoever has it.
        """
        if claim.failures + 1 >= self._config.max_attempts:
            closed = await self.fail(claim, _given_up(claim.failures + 1, why), died=True)
            return False if closed else None
        return await self._back(claim, counted=True) or None

    async def hand_back(self, claim: Claim) -> bool:
        """Give the task back without counting the attempt; False when it is not ours any more."""
        return await self._back(claim, counted=False)

    async def drop(self, claim: Claim) -> None:
        """Forget the job of a task that was closed by somebody else."""
        async with self._database.connection() as connection:
            await connection.execute(STATEMENTS["drop_job"], {"job_id": claim.job_id})

    async def beat(self, held: Collection[Claim]) -> set[Claim]:
        """Say that we live; returns those of our claims that are ours no longer.

        A job that the database says we have, but that is not in our hand at two beats in a row, was given to us by an
        answer that got lost; it goes back to the queue.
        """
        async with self._database.connection() as connection:
            worker_id = await self._identity(connection)
            cursor = await connection.execute(STATEMENTS["beat"], {"worker_id": worker_id})
            if await cursor.fetchone() is None:  # taken for dead and forgotten meanwhile
                self._worker_id = await self._engine.register(connection)
            silence = {"stalled_after_s": self._config.stalled_after_s}
            row = await (await connection.execute(STATEMENTS["live_workers"], silence)).fetchone()
            self.workers = max(1, 0 if row is None else row["workers"])
            cursor = await connection.execute(STATEMENTS["held"], {"ids": [uuid.UUID(c.id) for c in held]})
            ours = {(row["id"], row["attempt"]) for row in await cursor.fetchall()}
            cursor = await connection.execute(STATEMENTS["jobs_of_worker"], {"worker_id": self._worker_id})
            jobs = {row["id"]: row["task_id"] for row in await cursor.fetchall()}
        loose = jobs.keys() - {claim.job_id for claim in held}
        for job_id in loose & self._strays:
            log.warning("Task %s was given to us by an answer that got lost; handing it back.", jobs[job_id])
            await self._recover(job_id, jobs[job_id], counted=False)
        self._strays = set(loose)
        return {claim for claim in held if (claim.id, claim.attempt) not in ours}

    async def sweep(self) -> int:
        """Recover the tasks of dead workers, unless another worker is at it; returns how many."""
        silent_s = self._config.stalled_after_s
        async with self._database.connection() as connection:
            values = {"key": _SWEEP_LOCK, "stalled_after_s": silent_s}
            row = await (await connection.execute(STATEMENTS["lock_sweep"], values)).fetchone()
            assert row is not None
            if not row["mine"] or not row["settled"]:
                return 0
            stalled = await self._engine.stalled(connection, silent_s)
            for job_id, task_id in stalled:
                await self._recover(job_id, task_id, counted=True)
            lost = [row["id"] for row in await (await connection.execute(STATEMENTS["without_job"])).fetchall()]
            for task_id in lost:
                await self._give_a_job(task_id)
            await self._engine.prune(connection, silent_s)
        return len(stalled) + len(lost)

    async def _identity(self, connection: Connection) -> int:
        if self._worker_id is None:
            self._worker_id = await self._engine.register(connection)
        return self._worker_id

    async def _close(self, claim: Claim, statement: str, values: dict[str, Any]) -> bool:
        async with self._database.connection() as connection:
            values = {"id": uuid.UUID(claim.id), "attempt": claim.attempt, **values}
            closed = await (await connection.execute(STATEMENTS[statement], values)).fetchone()
            # Each hand-out of a task has a job of its own, so this can only be the one that we were given.
            await connection.execute(STATEMENTS["drop_job"], {"job_id": claim.job_id})
        return closed is not None

    async def _back(self, claim: Claim, *, counted: bool) -> bool:
        async with self._database.connection() as connection:
            row = await (await connection.execute(STATEMENTS["lock"], {"id": uuid.UUID(claim.id)})).fetchone()
            task = None if row is None else Task.of(row)
            ours = task is not None and task.state is TaskState.PROCESSING and task.attempt == claim.attempt
            if task is not None and ours:
                await self._requeue(connection, task, counted=counted)
            await connection.execute(STATEMENTS["drop_job"], {"job_id": claim.job_id})
        return ours

    async def _requeue(self, connection: Connection, task: Task, *, counted: bool) -> None:
        job_id = await self._engine.defer(connection, task.id, task.position)
        values = {"id": uuid.UUID(task.id), "job_id": job_id, "counted": int(counted)}
        await connection.execute(STATEMENTS["requeue"], values)

    async def _recover(self, job_id: int, task_id: str, *, counted: bool) -> None:
        """Free a task from a job whose worker is gone. Locks the task first, as everybody does."""
        async with self._database.connection() as connection:
            row = await (await connection.execute(STATEMENTS["lock"], {"id": uuid.UUID(task_id)})).fetchone()
            job = await (await connection.execute(STATEMENTS["lock_running_job"], {"job_id": job_id})).fetchone()
            if job is None:
                return
            task = None if row is None else Task.of(row)
            if task is not None and task.state.is_open and task.job_id == job_id:
                await self._recover_task(connection, task, counted=counted and task.state is TaskState.PROCESSING)
            await connection.execute(STATEMENTS["drop_job"], {"job_id": job_id})

    async def _recover_task(self, connection: Connection, task: Task, *, counted: bool) -> None:
        if counted and task.failures + 1 >= self._config.max_attempts:
            why = _given_up(task.failures + 1, "The worker that had it was lost")
            values = {"id": uuid.UUID(task.id), "attempt": task.attempt, "error": why, "counted": 1}
            await connection.execute(STATEMENTS["fail"], values)
            log.error("Task %s is given up: its workers were lost.", task.id)
            return
        await self._requeue(connection, task, counted=counted)
        log.warning("Task %s is back in the queue: the worker that had it is gone.", task.id)

    async def _give_a_job(self, task_id: str) -> None:
        async with self._database.connection() as connection:
            row = await (await connection.execute(STATEMENTS["lock"], {"id": uuid.UUID(task_id)})).fetchone()
            task = None if row is None else Task.of(row)
            if task is None or not task.state.is_open:
                return
            found = await (await connection.execute(STATEMENTS["has_job"], {"job_id": task.job_id})).fetchone()
            if found is None or not found["found"]:
                await self._requeue(connection, task, counted=False)
                log.error("Task %s had no job; it has one again.", task_id)


def _given_up(attempts: int, why: str) -> str:
    times = "attempt" if attempts == 1 else "attempts"
    return _storable(f"Given up after {attempts} {times}. {why.rstrip('.')}.")


def _storable(text: str) -> str:
    """Without NUL and half characters, which PostgreSQL's text cannot hold."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "�")[:4000]
