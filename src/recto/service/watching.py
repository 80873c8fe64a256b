"""What an operator sees of everything at once: the queue, the counts, the database, the blobs."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from recto.database import Database
from recto.errors import DatabaseUnavailableError, StoreUnavailableError
from recto.service.counting import Counting, class_of, filter_of
from recto.store import BlobStore
from recto.tasks import Count, DatabaseFigures, Figures, TaskQueue

log = logging.getLogger(__name__)

_ANSWER_WITHIN_S = 3.0
"""Whoever watches gives up soon; a database that takes longer is shown as down."""

_FRESH_S = 1.0


@dataclass(frozen=True)
class OpenWork:
    """Open tasks of one state, client class and filter."""

    state: str
    client_class: str
    filter: str
    tasks: int
    bytes: int
    oldest_s: float


@dataclass(frozen=True)
class Sight:
    """Everything as it was a moment ago.

    Attributes
    ----------
    database : DatabaseFigures or None
        None when the database does not answer; then nothing is known of counts, open tasks and workers.
    clock_ahead_s : float
        By how much this machine's clock is ahead of the database's.
    pool : mapping
        This process's connections, as psycopg's pool counts them.
    blobs_up : bool
    blobs_free_mb : float or None
        None when the store has no such bound, or does not answer.
    """

    counts: tuple[Count, ...] = ()
    open_tasks: tuple[OpenWork, ...] = ()
    workers: int = 0
    database: DatabaseFigures | None = None
    clock_ahead_s: float = 0.0
    pool: Mapping[str, int] = field(default_factory=dict)
    blobs_up: bool = False
    blobs_free_mb: float | None = None


class Watch:
    """Looks when asked, at most once a second."""

    def __init__(
        self, database: Database, store: BlobStore, queue: TaskQueue, figures: Figures, counting: Counting
    ) -> None:
        self._database = database
        self._store = store
        self._queue = queue
        self._figures = figures
        self._counting = counting
        self._looking = asyncio.Lock()
        self._seen: tuple[float, Sight] | None = None

    async def look(self) -> Sight:
        """Never fails: what does not answer is said to be down."""
        async with self._looking:
            now = time.monotonic()
            if self._seen is None or now - self._seen[0] > _FRESH_S:
                self._seen = now, await self._look()
            return self._seen[1]

    async def close(self) -> None:
        """Tell what this process has counted."""
        try:
            async with asyncio.timeout(_ANSWER_WITHIN_S):
                await self._figures.tell(self._counting.tally)
        except (DatabaseUnavailableError, TimeoutError):
            log.warning("What this process counted last is lost: the database does not answer.")

    async def _look(self) -> Sight:
        blobs_up, free_mb = await self._blobs()
        pool = self._database.pool_figures()
        try:
            async with asyncio.timeout(_ANSWER_WITHIN_S):
                await self._figures.tell(self._counting.tally)
                began_s = time.time()
                database = await self._figures.database()
                midway_s = (began_s + time.time()) / 2
                return Sight(
                    counts=tuple(await self._figures.counts()),
                    open_tasks=tuple(await self._open_tasks()),
                    workers=await self._queue.live_workers(),
                    database=database,
                    clock_ahead_s=midway_s - database.clock_s,
                    pool=pool,
                    blobs_up=blobs_up,
                    blobs_free_mb=free_mb,
                )
        except (DatabaseUnavailableError, TimeoutError):
            return Sight(pool=pool, blobs_up=blobs_up, blobs_free_mb=free_mb)

    async def _blobs(self) -> tuple[bool, float | None]:
        try:
            async with asyncio.timeout(_ANSWER_WITHIN_S):
                await self._store.check()
                return True, await self._store.free_mb()
        except (StoreUnavailableError, TimeoutError):
            return False, None

    async def _open_tasks(self) -> list[OpenWork]:
        found: dict[tuple[str, str, str], OpenWork] = {}
        for row in await self._figures.open_tasks():
            key = row.state, class_of(row.operation), filter_of(row.operation, row.recipe)
            seen = found.get(key, OpenWork(*key, 0, 0, 0.0))
            oldest_s = max(seen.oldest_s, row.oldest_s)
            found[key] = OpenWork(*key, seen.tasks + row.tasks, seen.bytes + row.bytes, oldest_s)
        return list(found.values())
