"""Batches with their tasks and pages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

from recto.database import Database
from recto.service.bundle import as_pdf, zipped
from recto.store import BlobStore
from recto.tasks import Batches
from recto.tasks import Config as TasksConfig


class WholeBatches(Batches):
    """What can be done to a batch beyond its own row.

    Parameters
    ----------
    database : Database
    config : TasksConfig
    store : BlobStore
    cancel_task : async callable
        Given a client's id and a task's.
    """

    def __init__(
        self,
        database: Database,
        config: TasksConfig,
        store: BlobStore,
        cancel_task: Callable[[str, str], Awaitable[None]],
    ) -> None:
        super().__init__(database, config)
        self._store = store
        self._cancel_task = cancel_task

    async def cancel(self, client_id: str, batch_id: str) -> None:
        """Cancel every task of a batch and forget it; said again, it goes on where it was cut off.

        Raises
        ------
        DatabaseUnavailableError
        """
        if not await self.give_up(client_id, batch_id):
            return
        for member in await self.members(client_id, batch_id):
            await self._cancel_task(client_id, member.id)
        await self.delete(client_id, batch_id)

    async def bundle(self, client_id: str, batch_id: str, *, is_pdf: bool) -> AsyncIterator[bytes]:
        """The pages of a batch's completed tasks as one ZIP or PDF, made while it is read.

        Raises
        ------
        DatabaseUnavailableError, StoreUnavailableError, BlobMissingError
        """
        members = await self.members(client_id, batch_id)
        return as_pdf(members, self._store) if is_pdf else zipped(members, self._store)
