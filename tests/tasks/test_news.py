"""Lists and news of tasks, without workers' work and without a server."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import psycopg
import pytest

from recto.database import Config as DatabaseConfig
from recto.database import Database
from recto.errors import KeyTakenError
from recto.tasks import Changes, Claims, Config, Engine, Overview, Place, Request, TaskQueue, TaskState, prepare
from recto.web.v1.parameters import LISTED_STATES
from tests.in_loop import within
from tests.postgres import rows


class News(NamedTuple):
    url: str
    queue: TaskQueue
    worker: Claims
    overview: Overview
    changes: Changes

    async def add(self, client: str = "anna", request: Request | None = None) -> str:
        task_id = str(uuid.uuid4())
        await self.queue.add(task_id, client, "task", "[]", 1000, request)
        return task_id


@asynccontextmanager
async def open_news(database_url: str, home: Path) -> AsyncIterator[News]:
    async with Database(DatabaseConfig(home=home, database_url=database_url)) as database:
        await prepare(database)
        config, changes = Config(), Changes(database)
        await changes.start()
        try:
            queue, worker = TaskQueue(database, Engine(), config), Claims(database, Engine(), config)
            yield News(database_url, queue, worker, Overview(database), changes)
        finally:
            await changes.stop()


@within(open_news)
async def test_every_change_is_heard_once_by_who_listens_to_that_client(news: News) -> None:
    with news.changes.subscribe("anna") as anna, news.changes.subscribe("bert") as bert:
        task_id = await news.add()
        async with asyncio.timeout(30):
            await anna.wait()
        assert anna.take() == ([task_id], False)
        claim = await news.worker.take()
        assert claim is not None
        assert await news.worker.complete(claim, 1, [], [{"width_px": 3}])
        async with asyncio.timeout(30):
            ids: list[str] = []
            while not ids:
                await anna.wait()
                ids = anna.take()[0]
        assert ids == [task_id]
        assert bert.take() == ([], False)
        assert news.changes.listeners("anna") == 1
    assert news.changes.listeners("anna") == 0
    (record,) = await news.overview.records("anna", [task_id])
    assert (record.state, record.reports) == (TaskState.COMPLETED, ({"width_px": 3},))
    assert await news.overview.records("bert", [task_id]) == []


@within(open_news)
async def test_who_listened_while_the_connection_was_lost_is_told_so(news: News) -> None:
    with news.changes.subscribe("anna") as anna:
        with psycopg.connect(news.url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE 'LISTEN%'"
            )
        began = await news.overview.now()
        task_id = await news.add()
        async with asyncio.timeout(60):
            missed = False
            while not missed:
                await anna.wait()
                missed = anna.take()[1]
    found = await news.overview.changed_since("anna", began - timedelta(seconds=1))
    assert [record.id for record in found] == [task_id]


@within(open_news)
async def test_what_is_not_listed_is_in_no_list_and_no_news(news: News) -> None:
    with news.changes.subscribe("anna") as anna:
        hidden = await news.add(request=Request(listed=False))
        shown = await news.add(request=Request(name="shown"))
        async with asyncio.timeout(30):
            await anna.wait()
        assert anna.take()[0] == [shown]
    page = await news.overview.page("anna", LISTED_STATES, None, None, 10)
    assert [(record.id, record.name) for record in page] == [(shown, "shown")]
    assert len(await news.overview.records("anna", [hidden, shown])) == 2


@within(open_news)
async def test_tasks_of_the_same_moment_are_each_listed_once(news: News) -> None:
    ids = {await news.add() for _ in range(7)}
    rows(news.url, "UPDATE tasks SET submitted_at = now() RETURNING 1")
    seen: list[str] = []
    after = None
    while page := await news.overview.page("anna", LISTED_STATES, None, after, 2):
        seen += [record.id for record in page]
        after = Place(page[-1].submitted_at, page[-1].id)
    assert len(seen) == 7
    assert set(seen) == ids


@within(open_news)
async def test_a_key_is_free_again_when_its_task_is_over(news: News) -> None:
    request = Request(idempotency_key="k", digest=b"1")
    first = await news.add(request=request)
    known = await news.queue.known("anna", "k")
    assert known is not None
    assert (known.task_id, known.digest) == (first, b"1")
    with pytest.raises(KeyTakenError):
        await news.add(request=request)
    assert rows(news.url, "SELECT count(*) FROM procrastinate_jobs") == [(1,)]
    rows(news.url, "UPDATE tasks SET expires_at = now() RETURNING 1")
    assert await news.queue.known("anna", "k") is None
    second = await news.add(request=request)
    assert second != first
