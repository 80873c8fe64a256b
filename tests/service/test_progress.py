"""Who has sent a file of many pages hears how far it is, and what is heard is so."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from recto.child import PageCounter
from recto.service import TASK, Order, Record, TaskState
from recto.tasks import Claims, Engine, PageCount
from tests.in_loop import within
from tests.parts import QUICK, Parts, open_parts, tiff
from tests.service import children
from tests.service.gate import child_at


@asynccontextmanager
async def telling_often(url: str, home: Path) -> AsyncIterator[Parts]:
    async with open_parts(url, home, **{**QUICK, "progress_every_s": 0.02}) as opened:
        yield opened


async def record(p: Parts, task_id: str) -> Record:
    (found,) = await p.service.overview.records("anna", [task_id])
    return found


async def heard(p: Parts, task_id: str, pages: int, done: int) -> Record:
    """The task, once it is told that so many pages are done."""
    async with asyncio.timeout(90):
        while True:
            found = await record(p, task_id)
            if (found.pages_in_hand, found.pages_done) == (pages, done):
                return found
            await asyncio.sleep(0.02)


def let_through(gate: Path, number: int) -> None:
    gate.with_suffix(f".page-{number}").touch()


@within(telling_often)
async def test_every_page_is_told_and_an_attempt_that_begins_again_begins_to_count_again(p: Parts, gate: Path) -> None:
    p.start_worker(children.page_by_page)
    with p.service.changes.subscribe("anna") as news:
        task_id = await p.submit(body=tiff(1, 2, 3))
        first = await child_at(gate)
        before = await heard(p, task_id, 3, 0)
        for number in (1, 2):
            news.take()
            let_through(gate, number)
            found = await heard(p, task_id, 3, number)
            assert found.changed_at > before.changed_at
            async with asyncio.timeout(30):
                while task_id not in news.take()[0]:
                    await news.wait()
        gate.with_suffix(".page-1").unlink()
        gate.with_suffix(".page-2").unlink()
        os.kill(first, signal.SIGKILL)
        await child_at(gate, besides=first)
        await heard(p, task_id, 3, 0)
        for number in (1, 2, 3):
            let_through(gate, number)
        assert (await p.done(task_id)).pages == 3
    again = await p.submit(body=tiff(4, 5))
    assert (await p.done(again)).state is TaskState.COMPLETED


@within(telling_often)
async def test_a_file_of_one_page_costs_nothing(p: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []
    real = Claims.tell_pages

    async def noted(claims: Claims, news: Any) -> None:
        told.append(news)
        await real(claims, news)

    monkeypatch.setattr(Claims, "tell_pages", noted)
    p.start_worker()
    for _ in range(3):
        await p.done(await p.submit())
    assert told == []


@within(telling_often)
async def test_what_an_earlier_attempt_says_is_passed_over(p: Parts) -> None:
    task_id = await p.submit(body=tiff(1, 2, 3))
    claims = Claims(p.database, Engine(), p.tasks)
    early = await claims.take()
    assert early is not None
    await claims.tell_pages({early: PageCount(3, 2)})
    assert (await record(p, task_id)).pages_done == 2
    assert await claims.hand_back(early)
    assert (await record(p, task_id)).pages_in_hand == 0
    late = await claims.take()
    assert late is not None
    await claims.tell_pages({early: PageCount(3, 3)})
    assert (await record(p, task_id)).pages_done == 0
    await claims.tell_pages({late: PageCount(3, 1)})
    assert await claims.complete(late, 3, [], [{}] * 3)
    closed = await record(p, task_id)
    await claims.tell_pages({late: PageCount(3, 2)})
    assert await record(p, task_id) == closed


@within(telling_often)
async def test_a_batch_counts_what_is_done_in_files_under_way(p: Parts) -> None:
    batch_id = await p.service.batches.open("anna", "[]", None)
    order = {"recipe": [], "body": tiff(1, 2, 3), "batch_id": batch_id}
    claims = Claims(p.database, Engine(), p.tasks)
    for done in (3, 2):
        await p.service.accept("anna", Order(TASK, **order))
        claim = await claims.take()
        assert claim is not None
        await claims.tell_pages({claim: PageCount(3, done)})
        if done == 3:
            assert await claims.complete(claim, 3, [], [{}] * 3)
    found = await p.service.batches.find("anna", batch_id)
    assert found is not None
    assert (found.pages, found.pages_under_way) == (3, 2)


def test_a_counter_counts() -> None:
    counter = PageCounter()
    counter.begin(3)
    counter.one_more()
    assert counter.read() == (3, 1)
    counter.begin(0)
    assert counter.read() == (0, 0)
