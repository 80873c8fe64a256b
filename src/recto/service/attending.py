"""What an operator does about single tasks: try again, cancel."""

from __future__ import annotations

from recto.database import Database
from recto.errors import BlobMissingError, NotCompletedError, NotFoundError, StoreUnavailableError
from recto.service.counting import Counting
from recto.service.keys import input_key, result_keys
from recto.store import BlobStore
from recto.tasks import Config as TasksConfig
from recto.tasks import Desk, Engine, Entry, Figures, TaskQueue, TaskState, Wanted, prepare


class Attendant:
    """The operator's hand; made by ``attend``."""

    def __init__(self, database: Database, store: BlobStore, tasks: TasksConfig) -> None:
        self._desk = Desk(database, Engine(), tasks)
        self._queue = TaskQueue(database, Engine(), tasks)
        self._store = store
        self._figures = Figures(database)
        self._counting = Counting()

    async def find(self, wanted: Wanted) -> list[Entry]:
        """The tasks, oldest first."""
        return await self._desk.find(wanted)

    async def retry(self, entry: Entry) -> None:
        """Put a failed task into the queue again, with all its attempts before it.

        Raises
        ------
        NotCompletedError
            Its state is another; the message says what that means.
        NotFoundError
            What was sent is gone, as it is after every end unless ``keep_failed_inputs`` is set; or the task is.
        """
        if entry.state is not TaskState.FAILED:
            raise NotCompletedError(_NOT_RETRIED[entry.state])
        try:
            await self._store.get(input_key(entry.id))
        except BlobMissingError:
            raise NotFoundError(
                "what was sent is not kept any more; the client has to send it again "
                "(RECTO_KEEP_FAILED_INPUTS=true keeps it from now on)"
            ) from None
        if not await self._desk.retry(entry.id):
            raise NotFoundError("it has changed meanwhile")

    async def cancel(self, entry: Entry) -> None:
        """Drop a waiting task, stop a running one, purge a finished one.

        Raises
        ------
        NotCompletedError
            It is cancelled already.
        """
        closed = await self._queue.cancel(entry.id, entry.client_id)
        if closed is None:
            raise NotCompletedError("it is cancelled already")
        self._counting.cancelled()
        await self._figures.tell(self._counting.tally)
        try:
            await self._store.delete([input_key(closed.id), *result_keys(closed.id, closed.attempt, closed.pages)])
        except StoreUnavailableError:
            return  # the task is no more; the sweep finds its blobs


_NOT_RETRIED = {
    TaskState.PENDING: "it waits already; a worker has to take it",
    TaskState.PROCESSING: "it is being worked on; when its worker is dead, the sweep hands it to another",
    TaskState.COMPLETED: "it is completed; its result can be fetched",
    TaskState.CANCELLED: "it was cancelled, and what was sent is gone",
}


async def attend(database: Database, store: BlobStore, tasks: TasksConfig) -> Attendant:
    """An attendant over an open database and a store."""
    await prepare(database)
    return Attendant(database, store, tasks)
