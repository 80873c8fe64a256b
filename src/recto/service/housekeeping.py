"""What must be done from time to time: tasks of dead workers, tasks whose time is over, blobs that nobody wants."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator

from recto.errors import DatabaseUnavailableError, StoreUnavailableError
from recto.service.config import Config
from recto.service.counting import Counting
from recto.service.keys import input_key, parse_keys, result_keys
from recto.store import BlobStore
from recto.tasks import Claims, TaskQueue, TaskState
from recto.tasks import Config as TasksConfig

log = logging.getLogger(__name__)

_BATCH = 500


async def keep_house(
    claims: Claims, queue: TaskQueue, store: BlobStore, tasks: TasksConfig, config: Config, counting: Counting
) -> None:
    """Do the chores for ever; every worker runs this, and the database says whose turn it is."""
    while True:
        await asyncio.sleep(tasks.sweep_every_s)
        try:
            if await queue.is_due("stalled", tasks.sweep_every_s / 2):
                counting.swept("recovered_tasks", await claims.sweep())
            if await queue.is_due("expire", tasks.sweep_every_s / 2):
                counting.swept("expired_tasks", await expire(queue, store))
            if await queue.is_due("orphans", config.orphans_every_s):
                keep_failed = config.keep_failed_inputs
                orphans = await delete_orphans(queue, store, config.orphan_after_s, keep_failed=keep_failed)
                counting.swept("orphan_blobs", orphans)
        except (DatabaseUnavailableError, StoreUnavailableError) as error:
            log.warning("The sweep is put off: %s", error.message)
        except Exception:
            counting.surprised()
            log.exception("The sweep failed.")


async def expire(queue: TaskQueue, store: BlobStore) -> int:
    """Delete every task whose time is over, in batches, and its blobs; returns how many."""
    count = 0
    while gone := await queue.expire():
        count += len(gone)
        keys = [key for task in gone for key in (input_key(task.id), *result_keys(task.id, task.attempt, task.pages))]
        await store.delete(keys)
    if count:
        log.info("%d tasks have expired.", count)
    return count


async def delete_orphans(queue: TaskQueue, store: BlobStore, older_than_s: float, *, keep_failed: bool = False) -> int:
    """Delete the blobs that no task wants, as crashes and late attempts leave behind; returns how many.

    They must be old, because a blob is there before its task is. With ``keep_failed`` what was sent stays as long as
    its failed task, so that it can be tried again.
    """
    count = 0
    async for batch in _batches(store.keys(older_than_s)):
        meant = parse_keys(batch)
        facts = await queue.facts({task_id for task_id, _ in meant.values()})
        orphans = [key for key, (task_id, n) in meant.items() if not _wanted(facts.get(task_id), n, keep_failed)]
        await store.delete(orphans)
        count += len(orphans)
    if count:
        log.info("%d blobs that no task wants are deleted.", count)
    return count


def _wanted(fact: tuple[TaskState, int] | None, attempt: int | None, keep_failed: bool) -> bool:
    """An input while its task is open; a result when it is, or may become, the one of the last attempt."""
    if fact is None:
        return False
    state, last_attempt = fact
    if attempt is None:
        return state.is_open or (keep_failed and state is TaskState.FAILED)
    return attempt == last_attempt and state in (TaskState.PROCESSING, TaskState.COMPLETED)


async def _batches(keys: AsyncIterator[str]) -> AsyncIterator[list[str]]:
    batch: list[str] = []
    async for key in keys:
        batch.append(key)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
