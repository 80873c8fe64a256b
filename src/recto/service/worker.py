"""A worker: takes tasks, has them done by child processes, and keeps the house."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from recto import tracing
from recto.child import Answer, look, process
from recto.codec import Limits
from recto.database import Database, Listener
from recto.errors import (
    AttemptFailedError,
    BlobMissingError,
    ChildStartError,
    DatabaseUnavailableError,
    StoreUnavailableError,
)
from recto.service.bell import Bell
from recto.service.config import Config
from recto.service.counting import Counting
from recto.service.housekeeping import keep_house
from recto.service.journey import Journey
from recto.service.keys import input_key, result_key, result_keys
from recto.service.operations import INSPECT
from recto.service.progress import keep_telling
from recto.service.same_store import agree
from recto.service.slot import Slot
from recto.service.stopping import Stop, asked_by_signals
from recto.store import BlobStore
from recto.tasks import CLOSED_CHANNEL, INSERTED_CHANNEL, Claim, Claims, Engine, Figures, TaskQueue, prepare
from recto.tasks import Config as TasksConfig

log = logging.getLogger(__name__)

Child = Callable[[bytes, str, Limits], Answer]
T = TypeVar("T")

_AGAIN_AFTER_S = 1.0
_CLOSING_S = 2.0
"""What is being closed when the worker is to stop at once gets so long: it is as good as done."""

_NOT_THE_TASKS_FAULT = (ChildStartError, StoreUnavailableError, DatabaseUnavailableError)
_PAUSE_S = 3.0
"""After a fault of the worker itself, so that it leaves the tasks to others rather than spinning on them."""


async def run_worker(
    database: Database,
    store: BlobStore,
    *,
    tasks: TasksConfig | None = None,
    config: Config | None = None,
    limits: Limits | None = None,
    child: Child = process,
    stop: Stop | None = None,
    counting: Counting | None = None,
) -> None:
    """Work until told to stop.

    Parameters
    ----------
    database : Database
        Open.
    store : BlobStore
    tasks, config, limits
        Settings; defaults when None.
    child : callable
        What runs in the child process; a function of a module.
    stop : Stop, optional
        Without it SIGTERM and SIGINT are handled: the first lets running tasks finish for ``drain_s`` and hands the
        rest back without counting the attempt, the second hands back at once.
    counting : Counting
        What else is counted in this process; told with the worker's own counts at each sign of life.
    """
    await prepare(database)
    await agree(database, store)
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(variable, "1")  # for the children: there are as many of them as cores
    own = tasks or TasksConfig(), config or Config(), limits or Limits()
    worker = _Worker(database, store, *own, child, counting or Counting())
    if stop is not None:
        await worker.run(stop)
        return
    with asked_by_signals() as asked:
        await worker.run(asked)


@dataclass(eq=False)
class _Work:
    """A claim and the coroutine that works on it. A task that was lost may come back while its first one is ended.

    Attributes
    ----------
    lost : bool
        Somebody else has closed the task, or has it now.
    closing : bool
        We are closing it ourselves; the fence decides, and what is heard about it is our own doing.
    """

    claim: Claim
    journey: Journey
    slot: Slot
    task: asyncio.Task[None] | None = None
    lost: bool = False
    closing: bool = False

    def lose(self) -> None:
        """Stop working on it."""
        if self.task is not None and not self.closing:
            log.info("Task %s is not ours any more.", self.claim.id)
            self.lost = True
            self.task.cancel()

    def stop(self, *, also_closing: bool = False) -> None:
        """Cut it off, to be handed back."""
        if self.task is not None and (also_closing or not self.closing):
            self.task.cancel()


class _Worker:
    def __init__(
        self,
        database: Database,
        store: BlobStore,
        tasks: TasksConfig,
        config: Config,
        limits: Limits,
        child: Child,
        counting: Counting,
    ) -> None:
        self._store = store
        self._tasks = tasks
        self._config = config
        self._limits = limits
        self._child = child
        self._queue = TaskQueue(database, Engine(), tasks)
        self._claims = Claims(database, Engine(), tasks)
        self._counting = counting
        self._figures = Figures(database)
        self._bell = Bell()
        self._in_hand: set[_Work] = set()
        heard = {INSERTED_CHANNEL: self._inserted, CLOSED_CHANNEL: self._closed}
        self._listener = Listener(database, heard, self._connected)

    async def run(self, stop: Stop) -> None:
        await self._insist("registering", self._claims.register)
        await self._listener.start()
        aside = [
            asyncio.create_task(self._heartbeat(), name="heartbeat"),
            asyncio.create_task(
                keep_house(self._claims, self._queue, self._store, self._tasks, self._config, self._counting)
            ),
            asyncio.create_task(
                keep_telling(self._claims, lambda: self._in_hand, self._config.progress_every_s, self._counting)
            ),
        ]
        slots = [asyncio.create_task(self._serve(stop)) for _ in range(self._config.slots)]
        log.info("The worker is up with %d slots.", len(slots))
        try:
            await stop.gently.wait()
            log.info("The worker stops; %d tasks are in hand.", len(self._in_hand))
            self._bell.ring()
            await self._drain(stop, slots)
        finally:
            for task in [*slots, *aside]:
                task.cancel()
            await asyncio.gather(*slots, *aside, return_exceptions=True)
            await self._listener.stop()
            try:
                await self._claims.unregister()
                await self._figures.tell(self._counting.tally)
            except DatabaseUnavailableError as error:
                log.warning("What this worker counted last is lost: %s", error.message)
            self._say_alive(False)
        log.info("The worker has stopped.")

    async def _drain(self, stop: Stop, slots: Collection[asyncio.Task[None]]) -> None:
        at_once = asyncio.create_task(stop.at_once.wait())
        finished = asyncio.gather(*slots, return_exceptions=True)
        either: set[asyncio.Future[Any]] = {at_once, finished}
        await asyncio.wait(either, timeout=self._config.drain_s, return_when=asyncio.FIRST_COMPLETED)
        at_once.cancel()
        for work in self._in_hand:
            work.stop()
        await asyncio.wait([finished], timeout=_CLOSING_S)
        for work in self._in_hand:
            work.stop(also_closing=True)
        await finished

    async def _serve(self, stop: Stop) -> None:
        """One slot: take, process, again."""
        slot = Slot(
            timeout_s=self._config.task_timeout_s,
            memory_mb=self._config.task_memory_mb,
            tasks_per_child=self._config.tasks_per_child,
            child_started=self._counting.child_started,
        )
        try:
            while not stop.gently.is_set():
                heard = self._bell.count
                claim = await self._take()
                if claim is None:
                    await self._bell.rung_after(heard, self._config.poll_s)
                    continue
                try:
                    await self._work_on(slot, claim)
                except Exception:  # as below
                    log.exception("Task %s is left to the heartbeat.", claim.id)
                    await asyncio.sleep(_PAUSE_S)
        finally:
            await slot.close()

    async def _take(self) -> Claim | None:
        try:
            return await self._claims.take()
        except DatabaseUnavailableError as error:
            log.warning("No task can be taken: %s", error.message)
        except Exception:  # a slot that ends for a fault nobody thought of would be missed by nobody
            log.exception("No task can be taken.")
        await asyncio.sleep(_AGAIN_AFTER_S)
        return None

    async def _work_on(self, slot: Slot, claim: Claim) -> None:
        work = _Work(claim, Journey(self._counting, claim), slot)
        self._in_hand.add(work)
        with work.journey:
            work.task = asyncio.create_task(self._process(slot, work), name=f"task {claim.id}")
            try:
                await asyncio.wait([work.task])
                await self._settle(work, work.task)
            finally:
                work.task.cancel()
                self._in_hand.discard(work)

    async def _process(self, slot: Slot, work: _Work) -> None:
        """See a task through, whatever comes of it; cancelled when it is not ours any more or the worker stops."""
        claim = work.claim
        try:
            with tracing.span("read input"):
                body = await self._insist("reading what was sent", partial(self._store.get, input_key(claim.id)))
        except BlobMissingError:
            gone = "What was sent is not there any more."
            await self._close(work, partial(self._claims.fail, claim, gone), "refused")
            return
        work.journey.read(len(body))
        try:
            child = look if claim.operation == INSPECT else self._child
            began_s = time.time()
            with tracing.span("child"):
                answer = await slot.run(child, body, claim.recipe, self._limits)
                work.journey.answered(answer, began_s)
        except AttemptFailedError as error:
            await self._died(work, error.message, error.reason)
            return
        if answer.refused is not None:
            await self._close(work, partial(self._claims.fail, claim, answer.refused), "refused")
        elif answer.crashed is not None:
            log.error("Task %s crashed in its child:\n%s", claim.id, answer.trace)
            await self._died(work, answer.crashed, "crash")
        else:
            await self._keep(work, answer)

    async def _keep(self, work: _Work, answer: Answer) -> None:
        """Store the pages under the attempt's name, then close the task if it is still ours."""
        claim, pages = work.claim, len(answer.pages)
        for number, page in enumerate(answer.pages, start=1):
            key = result_key(claim.id, claim.attempt, number)
            with tracing.span("store result", page=number, bytes=len(page)):
                await self._insist("storing the result", partial(self._store.put, key, page))
            work.journey.wrote(len(page))
        closing = partial(self._claims.complete, claim, pages, answer.notes, answer.reports)
        if not await self._close(work, closing, "completed"):
            log.warning("The result of task %s comes too late: it is not ours any more.", claim.id)
            await self._delete(result_keys(claim.id, claim.attempt, pages))

    async def _died(self, work: _Work, why: str, reason: str) -> None:
        log.warning("Attempt %d at task %s died: %s.", work.claim.attempt, work.claim.id, why)
        work.closing = True
        again = await self._insist("closing a task", partial(self._claims.retry, work.claim, why))
        work.journey.died(reason, why, given_up=again is False)
        if again is False and not self._config.keep_failed_inputs:
            await self._delete([input_key(work.claim.id)])

    async def _close(self, work: _Work, closing: Callable[[], Awaitable[bool]], outcome: str) -> bool:
        work.closing = True
        with tracing.span("close task"):
            ours = await self._insist("closing a task", closing)
        if ours:
            work.journey.closed(outcome)
            if outcome == "completed" or not self._config.keep_failed_inputs:
                await self._delete([input_key(work.claim.id)])
        return ours

    async def _delete(self, keys: Collection[str]) -> None:
        try:
            await self._store.delete(keys)
        except StoreUnavailableError as error:
            log.warning("%d blobs are left to the sweep: %s", len(keys), error.message)

    async def _settle(self, work: _Work, task: asyncio.Task[None]) -> None:
        """After the work: if it was cut off, give the task back, unless it was taken from us.

        A fault that nobody thought of is counted as a death, or the task might go round for ever.
        """
        fault = None if task.cancelled() else task.exception()
        if not task.cancelled() and fault is None:
            return
        if fault is not None:
            trace = None if isinstance(fault, _NOT_THE_TASKS_FAULT) else fault
            log.error("The worker fails at task %s: %s", work.claim.id, fault, exc_info=trace)
        try:
            if work.lost:
                await self._claims.drop(work.claim)
            elif fault is not None and not isinstance(fault, _NOT_THE_TASKS_FAULT):
                self._counting.surprised()
                why = f"An internal error came up ({type(fault).__name__})"
                again = await self._claims.retry(work.claim, why)
                work.journey.died("worker_fault", why, given_up=again is False)
            else:
                work.journey.outcome = "handed_back"
                await self._claims.hand_back(work.claim)
        except DatabaseUnavailableError as error:
            log.warning("Task %s is left to the sweep: %s", work.claim.id, error.message)
        if fault is not None:
            await asyncio.sleep(_PAUSE_S)

    async def _insist(self, what: str, doing: Callable[[], Awaitable[T]]) -> T:
        """Do it again until it works: what is in hand is worth more than a pause of the database or the store."""
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + self._config.store_patience_s
        while True:
            try:
                return await doing()
            except DatabaseUnavailableError as error:
                log.warning("Waiting for the database (%s): %s", what, error.message)
            except StoreUnavailableError as error:
                log.warning("Waiting for the blob store (%s): %s", what, error.message)
                if loop.time() > give_up_at:
                    raise
            await asyncio.sleep(_AGAIN_AFTER_S)

    async def _heartbeat(self) -> None:
        while True:
            self._say_alive(True)
            await asyncio.sleep(self._tasks.heartbeat_s)
            try:
                lost = await self._claims.beat([work.claim for work in self._in_hand])
                for work in self._in_hand:
                    if work.claim in lost:
                        work.lose()
                await self._figures.tell(self._counting.tally)
            except DatabaseUnavailableError as error:
                log.warning("No sign of life can be given: %s", error.message)
            except Exception:
                self._counting.surprised()
                log.exception("No sign of life can be given.")

    def _say_alive(self, alive: bool) -> None:
        """For whoever watches this process on its own machine, whether or not the database is there."""
        if self._config.alive_file is None:
            return
        try:
            if alive:
                self._config.alive_file.touch()
            else:
                self._config.alive_file.unlink(missing_ok=True)
        except OSError as error:
            log.warning("The file %s cannot be touched: %s", self._config.alive_file, error.strerror or error)

    async def _connected(self) -> None:
        self._bell.ring()

    def _inserted(self, _: str) -> None:
        self._bell.ring_for_one(self._claims.workers)

    def _closed(self, task_id: str) -> None:
        for work in self._in_hand:
            if work.claim.id == task_id:
                work.lose()
