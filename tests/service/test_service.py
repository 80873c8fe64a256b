"""What a client is promised: its page comes back right, or it is told why; and nobody else sees it."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from PIL import Image

from recto.codec import Limits
from recto.errors import InputError, LimitError, QueueFullError, StoreUnavailableError, UnknownFilterError
from recto.service import TaskState, open_service
from recto.service.housekeeping import delete_orphans, expire
from recto.store import FolderStore
from recto.tasks import Engine, TaskQueue
from tests.in_loop import within
from tests.pages import text_page
from tests.parts import QUICK, TURN, Parts, open_parts, png, read, tiff
from tests.postgres import rows
from tests.service import children
from tests.service.gate import child_at, gone


def parts(**settings: Any) -> Any:
    """A service with these settings; workers are quick to see that one died."""

    @asynccontextmanager
    async def opening(url: str, home: Path) -> AsyncIterator[Parts]:
        async with open_parts(url, home, **{**QUICK, **settings}) as opened:
            yield opened

    return within(opening)


async def until(condition: Any) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.02)


# --- the good day


@parts()
async def test_pages_come_back_right_and_each_to_its_client(p: Parts) -> None:
    sent = {client: [await p.submit(client, png(mark)) for mark in (10, 20, 30)] for client in ("anna", "bert")}
    p.start_worker()
    for client, ids in sent.items():
        for task_id, mark in zip(ids, (10, 20, 30), strict=True):
            view = await p.done(task_id, client)
            assert (view.state, view.pages, view.error, view.operation) == (TaskState.COMPLETED, 1, None, "Turn")
            pages = await p.service.result(client, task_id)
            assert pages is not None
            assert read(pages[0]) == ((60, 40), mark)
    # Nobody sees what is another's.
    theirs = sent["bert"][0]
    assert await p.service.fetch("anna", theirs) is None
    assert await p.service.result("anna", theirs) is None
    await p.service.cancel("anna", theirs)
    assert (await p.done(theirs, "bert")).state is TaskState.COMPLETED
    await until(lambda: not [name for name in p.blobs() if name.endswith("-in")])  # inputs go at once
    assert rows(p.url, "SELECT * FROM procrastinate_jobs") == []

    many = await p.submit("anna", tiff(11, 22, 33))
    assert (await p.done(many)).pages == 3
    pages = await p.service.result("anna", many)
    assert pages is not None
    assert [read(page)[1] for page in pages] == [11, 22, 33]

    page = io.BytesIO()
    Image.fromarray(text_page()).save(page, "PNG")
    damaged = bytearray(page.getvalue())
    damaged[len(damaged) // 2 : len(damaged) // 2 + 100] = bytes(100)
    broken = await p.submit("anna", bytes(damaged))
    view = await p.done(broken)
    assert view.state is TaskState.FAILED
    assert view.error
    assert await p.service.result("anna", broken) is None
    assert rows(p.url, "SELECT attempt FROM tasks WHERE state = 'failed'") == [(1,)], "trying again would not help"


@parts()
async def test_ids_that_are_none(p: Parts) -> None:
    for text in ("", "x", "\x00", "../../etc", str(uuid.uuid4()), "{" + str(uuid.uuid4()) + "}", "é" * 36, "a" * 10000):
        assert await p.service.fetch("anna", text, 5) is None
        assert await p.service.result("anna", text) is None
        await p.service.cancel("anna", text)
    task_id = await p.submit()
    assert task_id == str(uuid.UUID(task_id))
    view = await p.service.fetch("anna", task_id.upper())
    assert view is not None
    assert view.id == task_id


@parts()
async def test_what_cannot_be_accepted_leaves_nothing(p: Parts) -> None:
    with pytest.raises(InputError):
        await p.submit(body=b"this is no picture")
    with pytest.raises(InputError):
        await p.submit(body=b"")
    with pytest.raises(UnknownFilterError):
        await p.service.submit("anna", "Fold", "fold", png())
    async with open_service(p.database, p.store, limits=Limits(max_frames=2), config=p.config) as strict:
        with pytest.raises(LimitError, match="max_frames"):
            await strict.submit("anna", "Turn", TURN, tiff(1, 2, 3))
    assert p.blobs() == set()
    assert rows(p.url, "SELECT * FROM tasks") == []


# --- waiting, cancelling, expiring


@parts()
async def test_waiting_ends_with_the_task_or_the_time(p: Parts) -> None:
    task_id = await p.submit()
    began = await p.service.fetch("anna", task_id, 0.05)
    assert began is not None
    assert began.state is TaskState.PENDING
    # Another server over the same database.
    async with open_service(p.database, p.store, config=p.config) as other:
        waiting = [asyncio.create_task(s.fetch("anna", task_id, 90)) for s in (p.service, other) for _ in range(20)]
        await asyncio.sleep(0)
        p.start_worker()
        for view in await asyncio.gather(*waiting):
            assert view is not None
            assert view.state is TaskState.COMPLETED
    # A waiter whose task is cancelled is told that there is none.
    await p.stop_workers()
    task_id = await p.submit()
    waiter = asyncio.create_task(p.service.fetch("anna", task_id, 90))
    await asyncio.sleep(0.1)
    await p.service.cancel("anna", task_id)
    assert await waiter is None


@parts()
async def test_cancelling_drops_stops_and_purges(p: Parts, gate: Path) -> None:
    running = await p.submit()
    p.start_worker(children.gated)
    child = await child_at(gate)
    waiting = await p.submit()
    await p.service.cancel("anna", waiting)
    await p.service.cancel("anna", running)
    await gone(child)
    gate.unlink()
    finished = await p.submit(body=png(99))
    await p.done(finished)
    assert any(finished in name for name in p.blobs())
    for task_id in (finished, finished, waiting, running):
        await p.service.cancel("anna", task_id)
        assert await p.service.fetch("anna", task_id, 1) is None
        assert await p.service.result("anna", task_id) is None
    assert p.blobs() == set()
    await until(lambda: rows(p.url, "SELECT * FROM procrastinate_jobs") == [])
    assert rows(p.url, "SELECT DISTINCT state::text FROM tasks") == [("cancelled",)]


@parts(expiry_batch=2)
async def test_after_its_time_a_task_never_was(p: Parts) -> None:
    ids = [await p.submit(body=png(mark)) for mark in range(3)]
    p.start_worker()
    for task_id in ids:
        await p.done(task_id)
    await p.stop_workers()
    waiting = await p.submit()
    with psycopg.connect(p.url, autocommit=True) as connection:
        connection.execute("UPDATE tasks SET expires_at = now()")
    assert await p.service.fetch("anna", waiting, 5) is None
    assert await p.service.result("anna", ids[0]) is None
    await expire(TaskQueue(p.database, Engine(), p.tasks), p.store)
    assert p.blobs() == set()
    assert rows(p.url, "SELECT * FROM tasks") == []
    assert rows(p.url, "SELECT * FROM procrastinate_jobs") == []


@parts(retention_h=2.0)
async def test_the_time_counts_from_the_submission(p: Parts) -> None:
    view = await p.service.fetch("anna", await p.submit())
    assert view is not None
    assert (view.expires_at - view.submitted_at).total_seconds() == 7200


@parts()
async def test_orphans_go_and_what_is_wanted_stays(p: Parts) -> None:
    waiting = await p.submit()
    lost = str(uuid.uuid4())
    for key in (f"{lost}-in", f"{lost}-a1-p1", f"{waiting}-a7-p1", "no-key-of-ours"):
        await p.store.put(key, b"x")
    queue = TaskQueue(p.database, Engine(), p.tasks)
    assert await delete_orphans(queue, p.store, older_than_s=3600) == 0
    assert await delete_orphans(queue, p.store, older_than_s=0) == 3
    assert p.blobs() == {f"{waiting}-in", "no-key-of-ours"}
    p.start_worker()
    await p.done(waiting)
    await p.stop_workers()
    assert await delete_orphans(queue, p.store, older_than_s=0) == 0
    # What an earlier attempt left, and what was sent for a task that ended well.
    await p.store.put(f"{waiting}-a7-p1", b"x")
    await p.store.put(f"{waiting}-in", b"x")
    assert await delete_orphans(queue, p.store, older_than_s=0, keep_failed=True) == 2
    assert await p.service.result("anna", waiting)


# --- limits


@parts(max_waiting_tasks=3, max_waiting_tasks_per_client=2)
async def test_a_full_queue_says_which_limit_and_takes_others(p: Parts) -> None:
    first = await p.submit("anna")
    await p.submit("anna")
    with pytest.raises(QueueFullError, match="max_waiting_tasks_per_client is limited to 2"):
        await p.submit("anna")
    await p.submit("bert")
    with pytest.raises(QueueFullError, match="max_waiting_tasks is limited to 3") as caught:
        await p.submit("carl")
    assert (caught.value.status, caught.value.retry_after_s > 0) == (503, True)
    assert len(p.blobs()) == 3
    await p.service.cancel("anna", first)
    await p.submit("carl")


@parts(max_waiting_mb_per_client=1, max_waiting_mb=2)
async def test_bytes_that_wait_are_limited(p: Parts) -> None:
    large = png() + bytes(600_000)
    await p.submit("anna", large)
    with pytest.raises(QueueFullError, match="max_waiting_mb_per_client"):
        await p.submit("anna", large)
    await p.submit("bert", large)
    await p.submit("carl", large)
    with pytest.raises(QueueFullError, match="max_waiting_mb is"):
        await p.submit("dora", large)


@parts(min_free_mb=10**9)
async def test_a_full_disk_is_said_before_anything_is_kept(p: Parts) -> None:
    with pytest.raises(QueueFullError, match=r"MB free, and min_free_mb asks for 1000000000"):
        await p.submit()
    assert p.blobs() == set()
    assert (await p.service.ready())["blobs"] is False


# --- the bad day


@parts()
async def test_a_child_that_is_killed_costs_one_attempt(p: Parts, gate: Path) -> None:
    p.start_worker(children.gated)
    task_id = await p.submit(body=png(77))
    first = await child_at(gate)
    os.kill(first, signal.SIGKILL)
    await child_at(gate, besides=first)
    gate.unlink()
    assert (await p.done(task_id)).state is TaskState.COMPLETED
    pages = await p.service.result("anna", task_id)
    assert pages is not None
    assert read(pages[0])[1] == 77
    assert rows(p.url, "SELECT attempt, failures FROM tasks") == [(2, 1)]


DEATHS = {
    "signal": (children.deadly, 60.0, "The process working on it died by signal 11 (SIGSEGV)."),
    "memory": (children.hungry, 60.0, "It needed more than 400 MB of memory (task_memory_mb)."),
    "time": (children.slow, 0.5, "It took longer than 0.5 s (task_timeout_s)."),
    "error": (children.broken, 60.0, "The process working on it failed"),
}


@pytest.mark.parametrize("how", ["signal", "memory", "time", pytest.param("error", marks=pytest.mark.slow)])
@parts()
async def test_a_task_that_cannot_be_done_says_why(p: Parts, how: str) -> None:
    child, timeout_s, says = DEATHS[how]
    p.tasks = p.tasks.model_copy(update={"max_attempts": 2})
    p.config = p.config.model_copy(update={"task_memory_mb": 400, "task_timeout_s": timeout_s})
    p.start_worker(child)
    view = await p.done(await p.submit())
    assert view.state is TaskState.FAILED
    assert view.error is not None
    assert view.error.startswith(f"Given up after 2 attempts. {says}")
    await until(lambda: p.blobs() == set())  # right after the client is told
    assert rows(p.url, "SELECT * FROM procrastinate_jobs") == []


@parts(max_attempts=1)
async def test_a_worker_whose_children_do_not_start_blames_no_task(p: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr("recto.service.slot.begin", children.never_begin)
        stop = p.start_worker()
        task_id = await p.submit()
        await until(lambda: rows(p.url, "SELECT 1 FROM tasks WHERE attempt = 1 AND state = 'pending'"))
        stop.ask()
        await p.stop_workers()
    p.start_worker()
    assert (await p.done(task_id)).state is TaskState.COMPLETED


@parts()
async def test_the_next_page_is_served_after_a_death(p: Parts, gate: Path) -> None:
    p.start_worker(children.deadly_once)
    ids = [await p.submit(body=png(mark)) for mark in (1, 2, 3)]
    for task_id in ids:
        assert (await p.done(task_id)).state is TaskState.COMPLETED


@parts(drain_s=60.0)
async def test_stopping_gently_finishes_what_is_in_hand(p: Parts, gate: Path) -> None:
    stop = p.start_worker(children.gated)
    task_id = await p.submit()
    await child_at(gate)
    waits = await p.submit()
    stop.ask()
    await asyncio.sleep(0.2)
    gate.unlink()
    assert (await p.done(task_id)).state is TaskState.COMPLETED
    view = await p.service.fetch("anna", waits)
    assert view is not None
    assert view.state is TaskState.PENDING
    await p.stop_workers()


@pytest.mark.parametrize("twice", [pytest.param(False, marks=pytest.mark.slow), True], ids=["drained", "at-once"])
@parts(drain_s=0.5, max_attempts=1)
async def test_what_cannot_be_finished_is_handed_back_uncounted(p: Parts, gate: Path, twice: bool) -> None:
    stop = p.start_worker(children.gated)
    task_id = await p.submit(body=png(55))
    child = await child_at(gate)
    stop.ask()
    if twice:
        stop.ask()
    await gone(child)
    await p.stop_workers()
    assert rows(p.url, "SELECT state::text, attempt, failures FROM tasks") == [("pending", 1, 0)]
    gate.unlink()
    p.start_worker(children.gated)
    assert (await p.done(task_id)).state is TaskState.COMPLETED
    pages = await p.service.result("anna", task_id)
    assert pages is not None
    assert read(pages[0])[1] == 55


class Moody(FolderStore):
    """A store that does not answer for a while."""

    until = 0.0

    async def put(self, key: str, data: bytes) -> None:
        self.check()
        await super().put(key, data)

    async def get(self, key: str) -> bytes:
        self.check()
        return await super().get(key)

    def check(self) -> None:
        if time.monotonic() < self.until:
            raise StoreUnavailableError("The blob store did not answer: gone fishing")


@parts(max_attempts=1)
async def test_a_store_that_does_not_answer_costs_no_attempt(p: Parts, gate: Path) -> None:
    p.store = moody = Moody(p.home / "blobs")
    p.start_worker(children.gated)
    task_id = await p.submit()
    await child_at(gate)
    moody.until = time.monotonic() + 2.5
    gate.unlink()
    assert (await p.done(task_id)).state is TaskState.COMPLETED
    assert rows(p.url, "SELECT attempt, failures FROM tasks") == [(1, 0)]


@parts()
async def test_ready_says_what_is_missing(p: Parts) -> None:
    assert await p.service.ready() == {"database": True, "blobs": True, "workers": False}
    p.start_worker()
    async with asyncio.timeout(60):
        while not (await p.service.ready())["workers"]:
            await asyncio.sleep(0.05)


@parts(check_on_submit=False)
async def test_without_the_early_look_a_file_that_is_no_picture_ends_in_error(p: Parts) -> None:
    task_id = await p.submit("anna", b"certainly no picture")
    p.start_worker()
    view = await p.service.fetch("anna", task_id, 60)
    assert view is not None
    assert view.state is TaskState.FAILED
    assert view.error
