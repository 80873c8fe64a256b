"""Waiting for tasks to be closed: one connection for all who wait, and no polling."""

from __future__ import annotations

import asyncio
import uuid

from recto.database import Database, Listener
from recto.tasks.engine import STATEMENTS

CLOSED_CHANNEL = "recto_task_closed"


class Waiting:
    """Futures of those who wait, woken by the database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._futures: dict[str, set[asyncio.Future[None]]] = {}
        self._listener = Listener(database, {CLOSED_CHANNEL: self._wake}, self._recheck)

    async def start(self) -> None:
        """Begin to listen."""
        await self._listener.start()

    async def stop(self) -> None:
        """Stop listening; who still waits is woken."""
        await self._listener.stop()
        for task_id in list(self._futures):
            self._wake(task_id)

    @property
    def count(self) -> int:
        """How many wait."""
        return sum(len(futures) for futures in self._futures.values())

    def expect(self, task_id: str) -> asyncio.Future[None]:
        """A future that is done when the task is closed; ask for it before looking at the task, and forget it after."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._futures.setdefault(task_id, set()).add(future)
        return future

    def forget(self, task_id: str, future: asyncio.Future[None]) -> None:
        """Stop waiting."""
        future.cancel()
        futures = self._futures.get(task_id)
        if futures is not None:
            futures.discard(future)
            if not futures:
                del self._futures[task_id]

    def _wake(self, task_id: str) -> None:
        for future in self._futures.get(task_id, ()):
            if not future.done():
                future.set_result(None)

    async def _recheck(self) -> None:
        """Wake those whose task was closed while nobody listened."""
        waited = list(self._futures)
        if not waited:
            return
        async with self._database.connection() as connection:
            cursor = await connection.execute(STATEMENTS["still_open"], {"ids": [uuid.UUID(t) for t in waited]})
            still_open = {row["id"] for row in await cursor.fetchall()}
        for task_id in waited:
            if task_id not in still_open:
                self._wake(task_id)
