"""The verbs that a server offers its clients."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from recto import tracing
from recto.codec import Limits
from recto.database import Database
from recto.errors import (
    BatchClosedError,
    BlobMissingError,
    DatabaseUnavailableError,
    KeyTakenError,
    QueueFullError,
    StoreFullError,
    StoreUnavailableError,
)
from recto.pipeline import Recipe, plan
from recto.service.batches import WholeBatches
from recto.service.config import Config
from recto.service.counting import Counting
from recto.service.early_look import EarlyLook
from recto.service.keys import input_key, new_task_id, normal_task_id, result_key, result_keys
from recto.service.order import Accepted, Order
from recto.service.same_store import agree
from recto.service.watching import Watch
from recto.store import BlobStore
from recto.tasks import (
    Changes,
    Engine,
    Figures,
    Overview,
    Request,
    Room,
    Task,
    TaskQueue,
    TaskState,
    Waiting,
    prepare,
)
from recto.tasks import Config as TasksConfig

log = logging.getLogger(__name__)

_LATER = "Try again later."
_AGAIN_AFTER_S = 0.5


@dataclass(frozen=True)
class TaskView:
    """What a client may know of its task; ``failures`` counts attempts that died."""

    id: str
    state: TaskState
    operation: str
    pages: int
    error: str | None
    notes: tuple[str, ...]
    submitted_at: datetime
    expires_at: datetime
    failures: int = 0


class Service:
    """Submit, fetch, cancel; made by ``open_service``.

    Attributes
    ----------
    overview : Overview
        Whole tasks and lists of them.
    changes : Changes
        News of them.
    batches : WholeBatches
        Tasks that belong together.
    early_look : EarlyLook
        The children that look at files before they are accepted; ``warm`` it where files are sure to come.
    watch : Watch
        What an operator sees.
    """

    def __init__(
        self,
        queue: TaskQueue,
        waiting: Waiting,
        overview: Overview,
        changes: Changes,
        store: BlobStore,
        database: Database,
        tasks: TasksConfig,
        config: Config,
        limits: Limits,
    ) -> None:
        self._queue = queue
        self._waiting = waiting
        self.overview = overview
        self.changes = changes
        self.batches = WholeBatches(database, tasks, store, self.cancel)
        self._store = store
        self._database = database
        self._room = Room(queue.load, tasks)
        self._config = config
        self.early_look = EarlyLook(limits, config)
        self._counting = Counting()
        self.watch = Watch(database, store, queue, Figures(database), self._counting)

    async def submit(self, client_id: str, operation: str, recipe: Recipe, body: bytes) -> str:
        """Accept a file; when this returns its task is durable and will be closed, whatever dies meanwhile.

        Returns
        -------
        str
            The task's id, a lower-case UUID.

        Raises
        ------
        InputError
            The recipe or the file is at fault; nothing was kept.
        QueueFullError
            Too much waits already, or the disk is nearly full.
        DatabaseUnavailableError, StoreUnavailableError
            Nothing is promised; try again.
        """
        return (await self.accept(client_id, Order(operation, recipe, body))).task_id

    async def accept(self, client_id: str, order: Order) -> Accepted:
        """As ``submit``, for what the native API can say of a task.

        Raises
        ------
        KeyTakenError
            The order's idempotency key came with another order before.
        BatchClosedError
            Its batch takes no more.
        InputError, QueueFullError, DatabaseUnavailableError, StoreUnavailableError
            As ``submit``.
        """
        with tracing.span("submit", "producer", operation=order.operation, bytes=len(order.body)) as span:
            accepted = await self._accept(client_id, order)
            span.set(task=accepted.task_id)
        return accepted

    async def _accept(self, client_id: str, order: Order) -> Accepted:
        recipe = plan(order.recipe).as_json()
        key = order.idempotency_key
        digest = None if key is None else await asyncio.to_thread(order.digest, recipe)
        if key is not None and digest is not None:
            earlier = await self._earlier(client_id, key, digest)
            if earlier is not None:
                return earlier
        if self._config.check_on_submit or order.one_page_megapixels is not None:
            with tracing.span("look at header"):
                await self._look_at(order)
        near = await self._find_room(client_id, len(order.body))
        task_id = new_task_id()
        try:
            with tracing.span("store input", bytes=len(order.body)):
                await self._store.put(input_key(task_id), order.body)
        except StoreFullError as error:
            raise self._disk_full(0) from error
        # If this fails, the blob has no task and is swept; it cannot be deleted here, because a lost answer to
        # a commit may mean that the task is there.
        request = Request(order.name, order.listed, key, digest, order.webhook_id, order.batch_id)
        try:
            with tracing.span("insert task"):
                await self._queue.add(
                    task_id, client_id, order.operation, recipe, len(order.body), request, look_exactly=near
                )
        except (QueueFullError, BatchClosedError):
            await self._delete([input_key(task_id)])
            raise
        except KeyTakenError:
            assert key is not None
            assert digest is not None
            await self._delete([input_key(task_id)])
            earlier = await self._earlier(client_id, key, digest)
            if earlier is None:
                raise
            return earlier
        self._counting.submitted(order.operation, recipe, len(order.body))
        return Accepted(task_id, repeated=False)

    async def _look_at(self, order: Order) -> None:
        header = await self.early_look.header(order.body)
        if header is not None:
            order.check(header)
        elif order.one_page_megapixels is not None:
            # Nobody could tell how large it is, and what is waited for must be small.
            allowed_s = self._config.check_timeout_s
            raise QueueFullError("check_timeout_s", allowed_s, None, f"{_LATER} Or send it to /v1/tasks.")

    async def _earlier(self, client_id: str, key: str, digest: bytes) -> Accepted | None:
        known = await self._queue.known(client_id, key)
        if known is None:
            return None
        if known.digest != digest:
            raise KeyTakenError(f"The idempotency key {key!r} was used for another request.")
        return Accepted(known.task_id, repeated=True)

    async def fetch(self, client_id: str, task_id: str, wait_s: float = 0) -> TaskView | None:
        """A client's task, waited for up to ``wait_s`` while it is open.

        Returns
        -------
        TaskView or None
            None when there is none: never was, expired, cancelled, another client's, or no id at all.

        Raises
        ------
        DatabaseUnavailableError
        """
        known = normal_task_id(task_id)
        if known is None:
            return None
        if wait_s > 0:
            task = await self._wait(client_id, known, wait_s)
        else:
            task = await self._find(client_id, known)
        return None if task is None else _view(task)

    async def result(self, client_id: str, task_id: str) -> tuple[bytes, ...] | None:
        """The PNG files of a completed task, page 1 first; None when there is no result.

        Raises
        ------
        DatabaseUnavailableError, StoreUnavailableError
        BlobMissingError
            A result that should be there is lost.
        """
        known = normal_task_id(task_id)
        task = None if known is None else await self._find(client_id, known)
        if task is None or task.state is not TaskState.COMPLETED:
            return None
        try:
            return tuple([await self._store.get(key) for key in result_keys(task.id, task.attempt, task.pages)])
        except BlobMissingError:
            if await self._find(client_id, task.id) is None:  # cancelled or expired while we read
                return None
            raise

    async def page(self, client_id: str, task_id: str, number: int) -> bytes | None:
        """The PNG of one page of a completed task, counted from 1; None when there is none.

        Raises
        ------
        DatabaseUnavailableError, StoreUnavailableError
        BlobMissingError
            It should be there and is lost.
        """
        known = normal_task_id(task_id)
        task = None if known is None else await self._find(client_id, known)
        if task is None or task.state is not TaskState.COMPLETED or not 1 <= number <= task.pages:
            return None
        try:
            return await self._store.get(result_key(task.id, task.attempt, number))
        except BlobMissingError:
            if await self._find(client_id, task.id) is None:  # cancelled or expired while we read
                return None
            raise

    async def cancel(self, client_id: str, task_id: str) -> None:
        """Drop a waiting task, stop a running one, purge a finished one; no matter how often it is said.

        Raises
        ------
        DatabaseUnavailableError
        """
        known = normal_task_id(task_id)
        task = None if known is None else await self._queue.cancel(known, client_id)
        if task is not None:
            self._counting.cancelled()
            await self._delete([input_key(task.id), *result_keys(task.id, task.attempt, task.pages)])

    async def ready(self) -> dict[str, bool]:
        """Whether each part that a submit and its processing need is there."""
        try:
            workers = await self._queue.live_workers() > 0
            database = True
        except DatabaseUnavailableError:
            workers = database = False
        try:
            await self._store.check()
            free_mb = await self._store.free_mb()
            blobs = free_mb is None or free_mb >= self._config.min_free_mb
        except StoreUnavailableError:
            blobs = False
        return {"database": database, "blobs": blobs, "workers": workers}

    async def _find_room(self, client_id: str, body_bytes: int) -> bool:
        """True when so little is left that it must be looked at again while the task is inserted."""
        near = await self._room.look(client_id, body_bytes)
        free_mb = await self._store.free_mb()
        if free_mb is not None and free_mb - body_bytes / 1e6 < self._config.min_free_mb:
            raise self._disk_full(free_mb)
        return near

    def _disk_full(self, free_mb: float) -> QueueFullError:
        least = self._config.min_free_mb
        error = QueueFullError("min_free_mb", least, free_mb, _LATER)
        error.args = (f"The disk has {free_mb:.0f} MB free, and min_free_mb asks for {least}. {_LATER}",)
        return error

    async def _find(self, client_id: str, task_id: str) -> Task | None:
        task = await self._queue.find(task_id)
        if task is None or task.client_id != client_id or task.state is TaskState.CANCELLED:
            return None
        if task.expired:
            await self._expire()
            return None
        return task

    async def _expire(self) -> None:
        """Somebody asked for a task whose time is over: clear what is over now rather than at the next sweep."""
        for gone in await self._queue.expire():
            await self._delete([input_key(gone.id), *result_keys(gone.id, gone.attempt, gone.pages)])

    async def _delete(self, keys: list[str]) -> None:
        """Their task is gone already, so what cannot be deleted now is an orphan that the sweep finds."""
        try:
            await self._store.delete(keys)
        except StoreUnavailableError as error:
            log.warning("%d blobs are left to the sweep: %s", len(keys), error.message)

    async def _wait(self, client_id: str, task_id: str, wait_s: float) -> Task | None:
        """The task once it is closed, or as it is when the time is over; sits out a pause of the database."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + wait_s
        # Listed among those who wait before the task is looked at, so that no closing can fall between.
        closed = self._waiting.expect(task_id)
        try:
            while True:
                try:
                    task = await self._find(client_id, task_id)
                except DatabaseUnavailableError:
                    if loop.time() + _AGAIN_AFTER_S >= deadline:
                        raise
                    await asyncio.sleep(_AGAIN_AFTER_S)
                    continue
                if task is None or not task.state.is_open or loop.time() >= deadline:
                    return task
                await asyncio.wait([closed], timeout=max(0.0, deadline - loop.time()))
                if closed.done():
                    self._waiting.forget(task_id, closed)
                    closed = self._waiting.expect(task_id)
        finally:
            self._waiting.forget(task_id, closed)


@asynccontextmanager
async def open_service(
    database: Database,
    store: BlobStore,
    *,
    tasks: TasksConfig | None = None,
    config: Config | None = None,
    limits: Limits | None = None,
) -> AsyncIterator[Service]:
    """The service over an open database and a store."""
    await prepare(database)
    await agree(database, store)
    tasks = tasks or TasksConfig()
    waiting, changes = Waiting(database), Changes(database)
    queue, overview = TaskQueue(database, Engine(), tasks), Overview(database)
    service = Service(queue, waiting, overview, changes, store, database, tasks, config or Config(), limits or Limits())
    await waiting.start()
    await changes.start()
    try:
        yield service
    finally:
        await service.early_look.close()
        await service.watch.close()
        await changes.stop()
        await waiting.stop()


def _view(task: Task) -> TaskView:
    return TaskView(
        id=task.id,
        state=task.state,
        operation=task.operation,
        pages=task.pages,
        error=task.error,
        notes=task.notes,
        submitted_at=task.submitted_at,
        expires_at=task.expires_at,
        failures=task.failures,
    )
