"""Who waits for something to do is woken, and a crowd of workers does not storm for one task."""

from __future__ import annotations

import asyncio

import pytest

from recto.service import bell
from recto.service.bell import Bell

LONG_S = 60.0


async def waiters(rung: Bell, count: int) -> list[asyncio.Task[None]]:
    found = [asyncio.create_task(rung.rung_after(rung.count, LONG_S)) for _ in range(count)]
    await asyncio.sleep(0)
    return found


async def test_one_task_wakes_one() -> None:
    rung = Bell()
    tasks = await waiters(rung, 3)
    rung.ring_for_one(workers=1)
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    assert sum(task.done() for task in tasks) == 1
    rung.ring()
    await asyncio.gather(*tasks)


async def test_who_looked_meanwhile_looks_again() -> None:
    rung = Bell()
    noted = rung.count
    rung.ring_for_one(workers=1)
    await rung.rung_after(noted, LONG_S)


async def test_one_of_many_workers_looks_later_and_once_for_many_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bell.random, "random", lambda: 0.5)
    monkeypatch.setattr(bell, "_LATER_S", (0.02, 0.03))
    rung = Bell()
    tasks = await waiters(rung, 2)
    before = rung.count
    for _ in range(50):
        rung.ring_for_one(workers=100)
    assert rung.count == before
    await asyncio.gather(*tasks)
    assert rung.count == before + 1


async def test_a_wait_that_is_over_or_given_up_is_forgotten() -> None:
    rung = Bell()
    await rung.rung_after(rung.count, 0.01)
    (task,) = await waiters(rung, 1)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    (other,) = await waiters(rung, 1)
    rung.ring_for_one(workers=1)
    await other
