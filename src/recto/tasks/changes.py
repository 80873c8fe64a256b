"""News of changed tasks: one connection for all listeners of a process."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from recto.database import Database, Listener

CHANGED_CHANNEL = "recto_task_changed"


class Subscription:
    """What one listener has not been told yet; a task that changes twice meanwhile is in it once."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()
        self._ids: dict[str, None] = {}
        self._missed = False

    async def wait(self) -> None:
        """Return when there are news."""
        await self._rung.wait()

    def take(self) -> tuple[list[str], bool]:
        """The ids of changed tasks, in order, and whether more may have been missed; both are forgotten."""
        found = list(self._ids), self._missed
        self._ids, self._missed = {}, False
        self._rung.clear()
        return found

    def tell(self, task_id: str) -> None:
        """A task has changed."""
        self._ids[task_id] = None
        self._rung.set()

    def miss(self) -> None:
        """News may have been lost."""
        self._missed = True
        self._rung.set()


class Changes:
    """Hands every change to those who listen to its client."""

    def __init__(self, database: Database) -> None:
        self._subscriptions: dict[str, set[Subscription]] = {}
        self._listener = Listener(database, {CHANGED_CHANNEL: self._heard}, self._connected)

    async def start(self) -> None:
        """Begin to listen."""
        await self._listener.start()

    async def stop(self) -> None:
        """Stop listening."""
        await self._listener.stop()

    def listeners(self, client_id: str) -> int:
        """How many listen to a client's tasks."""
        return len(self._subscriptions.get(client_id, ()))

    @contextmanager
    def subscribe(self, client_id: str) -> Iterator[Subscription]:
        """Listen to a client's tasks for as long as the block runs."""
        subscription = Subscription()
        self._subscriptions.setdefault(client_id, set()).add(subscription)
        try:
            yield subscription
        finally:
            others = self._subscriptions[client_id]
            others.discard(subscription)
            if not others:
                del self._subscriptions[client_id]

    def _heard(self, payload: str) -> None:
        client_id, _, task_id = payload.rpartition(" ")
        for subscription in self._subscriptions.get(client_id, ()):
            subscription.tell(task_id)

    async def _connected(self) -> None:
        for subscriptions in self._subscriptions.values():
            for subscription in subscriptions:
                subscription.miss()
