"""The queue without workers: who gets which task when, and who may close it."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from recto.database import Config as DatabaseConfig
from recto.database import Database
from recto.tasks import Claim, Claims, Config, Engine, TaskQueue, TaskState, Waiting, prepare
from recto.tasks.engine import engine_migrations
from tests.in_loop import within
from tests.postgres import rows


class Queue:
    """A queue and its workers' hands."""

    def __init__(self, database: Database, url: str, config: Config) -> None:
        self.database = database
        self.url = url
        self.config = config
        self.queue = TaskQueue(database, Engine(), config)

    def worker(self) -> Claims:
        return Claims(self.database, Engine(), self.config)

    async def add(self, client: str = "anna", body_bytes: int = 1000) -> str:
        task_id = str(uuid.uuid4())
        await self.queue.add(task_id, client, "Turn", "[]", body_bytes)
        return task_id

    async def state(self, task_id: str) -> TaskState | None:
        task = await self.queue.find(task_id)
        return None if task is None else task.state

    def jobs(self) -> Any:
        return rows(self.url, "SELECT count(*) FROM procrastinate_jobs")[0][0]

    def silence(self) -> None:
        """Make all workers look long dead."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'")


@asynccontextmanager
async def open_queue(database_url: str, home: Path) -> AsyncIterator[Queue]:
    async with Database(DatabaseConfig(home=home, database_url=database_url)) as database:
        await prepare(database)
        yield Queue(database, database_url, Config(stalled_after_s=0.05, expiry_batch=3))


async def take(worker: Claims) -> Claim:
    claim = await worker.take()
    assert claim is not None
    return claim


@within(open_queue)
async def test_a_task_is_taken_once_and_closed(queue: Queue) -> None:
    task_id = await queue.add()
    first, second = queue.worker(), queue.worker()
    claim = await take(first)
    assert (claim.id, claim.attempt, claim.client_id) == (task_id, 1, "anna")
    assert await second.take() is None
    assert await queue.state(task_id) is TaskState.PROCESSING
    assert await first.complete(claim, 2, ["deskew: left as it is"])
    task = await queue.queue.find(task_id)
    assert task is not None
    assert (task.state, task.pages, task.notes) == (TaskState.COMPLETED, 2, ("deskew: left as it is",))
    assert queue.jobs() == 0


@within(open_queue)
async def test_text_that_a_database_cannot_hold(queue: Queue) -> None:
    worker = queue.worker()
    done, failed = await queue.add(), await queue.add()
    assert await worker.complete(await take(worker), 1, ["a\x00b\ud800c"])
    assert await worker.fail(await take(worker), "d\x00e\udfff")
    task = await queue.queue.find(done)
    assert task is not None
    assert task.notes == ("a\ufffdb?c",)
    task = await queue.queue.find(failed)
    assert task is not None
    assert task.error == "d\ufffde?"


@within(open_queue)
async def test_closing_twice_is_closing_once(queue: Queue) -> None:
    """The answer to a commit may be lost with the connection; the worker then says it again."""
    task_id = await queue.add()
    worker = queue.worker()
    claim = await take(worker)
    assert await worker.complete(claim, 1, [])
    assert await worker.complete(claim, 1, [])
    assert not await worker.fail(claim, "no")
    assert await queue.state(task_id) is TaskState.COMPLETED


@pytest.mark.parametrize("backlog", [60, pytest.param(1000, marks=pytest.mark.slow)])
@within(open_queue)
async def test_a_backlog_of_one_client_does_not_stop_another(queue: Queue, backlog: int) -> None:
    for _ in range(backlog // 20):
        await asyncio.gather(*(queue.add("anna") for _ in range(20)))
    page = await queue.add("bert")
    worker = queue.worker()
    first = [await take(worker) for _ in range(25)]
    assert page in [claim.id for claim in first[:22]]  # the 20 that were sent at the same moment share a turn
    later = await queue.add("bert")
    assert later in [(await take(worker)).id for _ in range(22)]


@within(open_queue)
async def test_turns_go_round_and_nobody_starves(queue: Queue) -> None:
    """Clients come and go; each is served in its own order, and none twice while another waits for its first."""
    chance = random.Random(5)
    worker = queue.worker()
    sent: dict[str, list[str]] = {name: [] for name in ("anna", "bert", "carl")}
    got: dict[str, list[str]] = {name: [] for name in sent}
    rank = {"anna": 30, "bert": 3, "carl": 8}
    for name, count in rank.items():
        sent[name] += [await queue.add(name) for _ in range(count)]
    waited = Counter[str]()
    for _ in range(41):
        claim = await take(worker)
        got[claim.client_id].append(claim.id)
        waited[claim.client_id] = 0
        for name in sent:
            if name != claim.client_id and len(got[name]) < len(sent[name]):
                waited[name] += 1
                assert waited[name] <= 2 * len(sent), f"{name} starves"
        if chance.random() < 0.5:  # anna keeps sending; her new pages must not overtake her old ones
            sent["anna"].append(await queue.add("anna"))
    for name in sent:
        assert got[name] == sent[name][: len(got[name])]
    assert got["bert"] == sent["bert"]
    assert got["carl"] == sent["carl"]


@within(open_queue)
async def test_a_worker_that_was_thought_dead_cannot_overwrite(queue: Queue) -> None:
    task_id = await queue.add()
    stopped, other = queue.worker(), queue.worker()
    old = await take(stopped)
    queue.silence()
    await other.register()
    assert await other.sweep() == 1
    new = await take(other)
    assert (new.id, new.attempt, new.failures) == (task_id, 2, 1)
    # The old one wakes up. Nothing it does is done, and the job of the new one stays.
    assert not await stopped.complete(old, 7, ["late"])
    assert not await stopped.fail(old, "late")
    assert not await stopped.retry(old, "late")
    assert not await stopped.hand_back(old)
    assert await stopped.beat([old]) == {old}
    assert queue.jobs() == 1
    assert await other.beat([new]) == set()
    assert await other.complete(new, 1, [])
    task = await queue.queue.find(task_id)
    assert task is not None
    assert (task.pages, task.notes, task.attempt) == (1, (), 2)
    assert await stopped.take() is None  # and it is a worker again


@within(open_queue)
async def test_a_worker_that_was_forgotten_takes_tasks_again(queue: Queue) -> None:
    forgotten = queue.worker()
    await forgotten.register()
    queue.silence()
    await queue.worker().sweep()
    assert rows(queue.url, "SELECT * FROM procrastinate_workers") == []
    task_id = await queue.add()
    assert (await take(forgotten)).id == task_id


@within(open_queue)
async def test_three_deaths_are_enough(queue: Queue) -> None:
    task_id = await queue.add()
    worker = queue.worker()
    for attempt in (1, 2):
        claim = await take(worker)
        assert claim.attempt == attempt
        assert await worker.retry(claim, "The process working on it died by signal 9 (SIGKILL)")
    assert not await worker.retry(await take(worker), "It took longer than 5 s")
    task = await queue.queue.find(task_id)
    assert task is not None
    assert task.state is TaskState.FAILED
    assert task.error == "Given up after 3 attempts. It took longer than 5 s."
    assert queue.jobs() == 0


@within(open_queue)
async def test_three_lost_workers_are_enough(queue: Queue) -> None:
    task_id = await queue.add()
    for _ in range(3):
        await take(queue.worker())
        queue.silence()
        await queue.worker().sweep()
    task = await queue.queue.find(task_id)
    assert task is not None
    assert task.error == "Given up after 3 attempts. The worker that had it was lost."
    assert queue.jobs() == 0


@within(open_queue)
async def test_handing_back_is_not_counted(queue: Queue) -> None:
    await queue.add()
    worker = queue.worker()
    for attempt in range(1, 6):
        claim = await take(worker)
        assert (claim.attempt, claim.failures) == (attempt, 0)
        assert await worker.hand_back(claim)


@within(open_queue)
async def test_a_worker_that_leaves_leaves_its_tasks(queue: Queue) -> None:
    await queue.add()
    leaving, staying = queue.worker(), queue.worker()
    await take(leaving)
    await leaving.unregister()
    assert await staying.sweep() == 1
    assert (await take(staying)).attempt == 2


@within(open_queue)
async def test_a_task_whose_answer_got_lost_comes_back(queue: Queue) -> None:
    await queue.add()
    worker = queue.worker()
    await take(worker)  # as far as the worker knows, it was given nothing
    await worker.beat([])
    assert await worker.take() is None
    await worker.beat([])
    claim = await take(worker)
    assert (claim.attempt, claim.failures) == (2, 0)


@within(open_queue)
async def test_a_task_without_a_job_gets_one(queue: Queue) -> None:
    task_id = await queue.add()
    with psycopg.connect(queue.url, autocommit=True) as connection:
        connection.execute("DELETE FROM procrastinate_jobs")
    worker = queue.worker()
    assert await worker.take() is None
    assert await worker.sweep() == 1
    assert (await take(worker)).id == task_id


@within(open_queue)
async def test_cancelling_in_every_state(queue: Queue) -> None:
    worker = queue.worker()
    done = await queue.add()
    await worker.complete(await take(worker), 1, ["secret"])
    held = await queue.add()
    claim = await take(worker)
    waiting = await queue.add()
    for task_id in (done, held, waiting):
        assert await queue.queue.cancel(task_id, "bert") is None, "another client's task"
        before = await queue.queue.cancel(task_id, "anna")
        assert before is not None
        assert before.state.is_open == (task_id != done)
        assert await queue.queue.cancel(task_id, "anna") is None
        task = await queue.queue.find(task_id)
        assert task is not None
        assert (task.state, task.notes) == (TaskState.CANCELLED, ())
    assert await worker.take() is None
    assert await worker.beat([claim]) == {claim}
    assert not await worker.complete(claim, 1, [])
    assert await queue.state(held) is TaskState.CANCELLED
    assert queue.jobs() == 0


@within(open_queue)
async def test_expired_tasks_go_in_batches_with_their_jobs(queue: Queue) -> None:
    kept = await queue.add()
    gone = [await queue.add() for _ in range(5)]
    worker = queue.worker()
    with psycopg.connect(queue.url, autocommit=True) as connection:
        connection.execute("UPDATE tasks SET expires_at = now() WHERE id <> %s", [kept])
    assert (await take(worker)).id == kept, "an expired task is not begun"
    first = await queue.queue.expire()
    second = await queue.queue.expire()
    assert (len(first), len(second)) == (3, 2)
    assert {task.id for task in first + second} == set(gone)
    assert await queue.queue.expire() == []
    assert queue.jobs() == 1


@within(open_queue)
async def test_the_load_is_that_of_open_tasks(queue: Queue) -> None:
    worker = queue.worker()
    await queue.add("anna", 10)
    await worker.complete(await take(worker), 1, [])
    await queue.add("anna", 100)
    await take(worker)
    await queue.add("anna", 1000)
    await queue.add("bert", 10000)
    load = await queue.queue.load("anna")
    assert (load.tasks, load.bytes, load.client_tasks, load.client_bytes) == (3, 11100, 2, 1100)


@within(open_queue)
async def test_a_chore_is_for_one(queue: Queue) -> None:
    assert sorted(await asyncio.gather(*(queue.queue.is_due("sweep", 60) for _ in range(5)))) == [False] * 4 + [True]
    assert await queue.queue.is_due("sweep", 0)


@within(open_queue)
async def test_a_thousand_who_wait_are_woken_by_one_connection(queue: Queue) -> None:
    waiting = Waiting(queue.database)
    await waiting.start()
    worker = queue.worker()
    task_id, other = await queue.add(), await queue.add("bert")
    futures = [waiting.expect(task_id) for _ in range(1000)]
    stays = waiting.expect(other)
    await worker.complete(await take(worker), 1, [])
    async with asyncio.timeout(30):
        await asyncio.gather(*futures)
    assert not stays.done()
    for future in futures:
        waiting.forget(task_id, future)
    assert waiting.count == 1
    await waiting.stop()


@within(open_queue)
async def test_what_was_missed_while_nobody_listened_is_looked_up(queue: Queue) -> None:
    waiting = Waiting(queue.database)
    await waiting.start()
    worker = queue.worker()
    future = waiting.expect(await queue.add())
    gone = waiting.expect(str(uuid.uuid4()))
    claim = await take(worker)
    with psycopg.connect(queue.url) as connection:  # cut and closed in one transaction: the notice goes to nobody
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'")
        connection.execute("SELECT pg_sleep(0.1)")
        connection.execute("UPDATE tasks SET state = 'completed' WHERE id = %s", [claim.id])
    async with asyncio.timeout(30):
        await asyncio.gather(future, gone)
    await waiting.stop()


def test_the_engines_later_migrations_are_found_in_order() -> None:
    names = [name for name, _ in engine_migrations("3.1.0")]
    assert names == sorted(names)
    assert names
    assert all(name >= "03.02" for name in names)
    assert engine_migrations("999.0.0") == []


@within(open_queue)
async def test_cancelling_what_is_just_being_taken_locks_nobody(queue: Queue) -> None:
    """Takers lock the job and then the task, cancellers the task and then the job: neither may wait for the other."""
    ids = [await queue.add() for _ in range(60)]
    workers = [queue.worker() for _ in range(3)]
    for worker in workers:
        await worker.register()

    async def take_all(worker: Claims) -> list[str]:
        taken = []
        while (claim := await worker.take()) is not None:
            taken.append(claim.id)
            if await worker.complete(claim, 1, []):
                continue
            await worker.drop(claim)
        return taken

    async def cancel_all() -> None:
        for task_id in ids:
            await queue.queue.cancel(task_id, "anna")

    await asyncio.gather(cancel_all(), *(take_all(worker) for worker in workers), cancel_all())
    assert {await queue.state(task_id) for task_id in ids} == {TaskState.CANCELLED}
    assert await workers[0].take() is None
    assert queue.jobs() == 0


@within(open_queue)
async def test_a_task_cancelled_in_the_middle_of_being_taken_is_not_handed_out(queue: Queue) -> None:
    task_id = await queue.add()
    worker = queue.worker()
    await worker.register()
    with psycopg.connect(queue.url) as taker:
        taker.execute("SELECT id FROM procrastinate_jobs FOR UPDATE")
        async with asyncio.timeout(20):
            await queue.queue.cancel(task_id, "anna")
    assert await queue.state(task_id) is TaskState.CANCELLED
    assert await worker.take() is None
    assert queue.jobs() == 0
