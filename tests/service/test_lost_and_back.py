"""A task that is taken from a worker and comes back to it, into another of its slots."""

from __future__ import annotations

import asyncio
from pathlib import Path

from recto.service import TaskState
from recto.tasks import Claims, Engine
from tests.in_loop import within
from tests.parts import Parts, open_parts, png, read
from tests.postgres import rows
from tests.service import children
from tests.service.gate import child_at, gone

SETTINGS = {"worker_slots": 2, "heartbeat_s": 0.7, "stalled_after_s": 30.0, "sweep_every_s": 30.0}
SETTINGS |= {"task_timeout_s": 60.0, "drain_s": 60.0}


@within(lambda url, home: open_parts(url, home, **SETTINGS))
async def test_the_lost_attempt_ends_and_the_new_one_is_kept(p: Parts, gate: Path) -> None:
    p.start_worker(children.gated)
    task_id = await p.submit(body=png(33))
    first = await child_at(gate)

    hasty = p.tasks.model_copy(update={"stalled_after_s": 0.01})
    while not await Claims(p.database, Engine(), hasty).sweep():  # who takes the worker for dead
        await asyncio.sleep(0.02)
    second = await child_at(gate, besides=first)
    await gone(first)

    beats: set[object] = set()
    async with asyncio.timeout(60):
        while len(beats) < 4:  # a job that is not in hand at two of them is given away
            beats |= set(rows(p.url, "SELECT last_heartbeat FROM procrastinate_workers"))
            await asyncio.sleep(0.05)
    assert rows(p.url, "SELECT state::text, attempt, failures FROM tasks") == [("processing", 2, 1)]
    assert {int(path.name.rpartition("-")[2]) for path in gate.parent.glob("gate.child-*")} == {first, second}
    gate.unlink()
    assert (await p.done(task_id)).state is TaskState.COMPLETED
    pages = await p.service.result("anna", task_id)
    assert pages is not None
    assert read(pages[0])[1] == 33
    assert rows(p.url, "SELECT attempt, failures FROM tasks") == [(2, 1)]
