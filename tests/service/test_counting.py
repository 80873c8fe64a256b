"""What an operator sees is what happened: every attempt, every death, and everything that waits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from recto.database import Database
from recto.service import CATALOGUE, INSPECT, PAGE, TASK, Sight
from recto.service.counting import DEATHS, OUTCOMES, class_of, filter_of
from recto.tasks import Figures, Tally
from tests.in_loop import within
from tests.parts import QUICK, Parts, open_parts, png
from tests.service import children


def parts(**settings: Any) -> Any:
    return within(lambda url, home: open_parts(url, home, **{**QUICK, **settings}))


def count(sight: Sight, name: str, **labels: str) -> float:
    return sum(c.value for c in sight.counts if c.name == name and labels.items() <= c.labels.items())


async def seen(p: Parts) -> Sight:
    """Everything, after the workers have told what they counted."""
    await p.stop_workers()
    async with asyncio.timeout(60):
        while True:
            p.service.watch._seen = None
            sight = await p.service.watch.look()
            if sight.database is not None:  # a busy machine may take longer than a look has
                return sight


class SlowToAnswer:
    """A database that says only after a while that it has committed."""

    def __init__(self, database: Database, pause_s: float) -> None:
        self._database = database
        self._pause_s = pause_s
        self.has_committed = asyncio.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Any]:
        async with self._database.connection() as connection:
            yield connection
        self.has_committed.set()
        await asyncio.sleep(self._pause_s)


@parts(max_attempts=2)
async def test_every_death_is_counted_by_what_it_was(p: Parts) -> None:
    p.start_worker(children.deadly)
    await p.done(await p.submit())
    sight = await seen(p)
    assert count(sight, "recto_attempts", outcome="died") == 2
    assert count(sight, "recto_attempts") == 2
    assert count(sight, "recto_attempt_deaths", reason="signal") == 2
    assert count(sight, "recto_tasks_closed", outcome="failed", filter="rotate") == 1
    assert count(sight, "recto_tasks_closed") == 1
    assert count(sight, "recto_task_waiting_seconds_bucket") == 1
    assert count(sight, "recto_children_started") == 2


@parts(max_attempts=1, task_memory_mb=300)
async def test_a_child_that_grows_too_large(p: Parts) -> None:
    p.start_worker(children.hungry)
    await p.done(await p.submit())
    assert count(await seen(p), "recto_attempt_deaths", reason="memory") == 1


@parts(check_on_submit=False)
async def test_what_is_refused_is_no_death(p: Parts) -> None:
    p.start_worker()
    await p.done(await p.submit(body=b"no picture"))
    sight = await seen(p)
    assert count(sight, "recto_attempts", outcome="refused") == 1
    assert count(sight, "recto_attempt_deaths") == 0
    assert count(sight, "recto_tasks_closed", outcome="failed") == 1


@parts()
async def test_what_waits_is_seen_with_its_age_and_what_is_cancelled_is_not(p: Parts) -> None:
    first, second = await p.submit(body=png(1)), await p.submit("bert", body=png(2))
    await p.service.cancel("bert", second)
    await asyncio.sleep(0.05)
    sight = await seen(p)
    (waiting,) = sight.open_tasks
    assert (waiting.state, waiting.client_class, waiting.filter, waiting.tasks) == (
        "pending",
        "compatible",
        "rotate",
        1,
    )
    assert waiting.bytes == len(png(1))
    assert 0.05 <= waiting.oldest_s < 600
    assert sight.workers == 0
    assert count(sight, "recto_tasks_submitted", filter="rotate") == 2
    assert count(sight, "recto_tasks_submitted_bytes") == len(png(1)) + len(png(2))
    assert count(sight, "recto_tasks_cancelled") == 1
    assert first


@parts()
async def test_the_counts_of_several_processes_add_up_and_none_is_lost(p: Parts) -> None:
    figures, tallies = Figures(p.database), [Tally() for _ in range(8)]
    for number, tally in enumerate(tallies):
        for name in ("b", "a", "c"):
            tally.add(name, number + 1, filter="x")
    await asyncio.gather(*(figures.tell(tally) for tally in tallies for _ in range(2)))
    assert {c.name: c.value for c in await figures.counts()} == {"a": 36, "b": 36, "c": 36}


@parts()
async def test_what_cannot_be_told_now_is_told_later(p: Parts) -> None:
    figures, tally = Figures(p.database), Tally()
    tally.add("a", 2)
    await p.database.close()
    with pytest.raises(Exception, match="database"):
        await figures.tell(tally)
    tally.add("a", 3)
    await p.database.open()
    await figures.tell(tally)
    assert [c.value for c in await figures.counts()] == [5]


@parts()
async def test_a_telling_that_is_cut_off_after_its_commit_is_told_once(p: Parts) -> None:
    slow: Any = SlowToAnswer(p.database, 0.3)
    figures, tally = Figures(slow), Tally()
    tally.add("a", 2)
    telling = asyncio.create_task(figures.tell(tally))
    await slow.has_committed.wait()
    telling.cancel()
    await asyncio.wait([telling])
    tally.add("a", 3)
    await figures.tell(tally)
    assert [c.value for c in await figures.counts()] == [5]


@parts()
async def test_a_task_that_is_being_closed_when_its_worker_is_stopped_at_once_is_counted(p: Parts) -> None:
    slow: Any = SlowToAnswer(p.database, 0.5)
    p.database = slow
    stop = p.start_worker()
    await p.done(await p.submit())
    stop.ask()
    stop.ask()
    sight = await seen(p)
    assert count(sight, "recto_attempts", outcome="completed") == count(sight, "recto_attempts") == 1
    assert count(sight, "recto_tasks_closed", outcome="completed") == 1
    assert len(p.blobs()) == 1, "and what was sent is gone"


@parts()
async def test_a_look_never_fails_and_says_what_is_down(p: Parts) -> None:
    await p.database.close()
    p.service.watch._seen = None
    sight = await p.service.watch.look()
    assert sight.database is None
    assert sight.blobs_up
    await p.database.open()


@parts()
async def test_two_who_look_at_once_cost_one_look(p: Parts) -> None:
    one, other = await asyncio.gather(p.service.watch.look(), p.service.watch.look())
    assert one is other


@within(lambda url, home: open_parts(url, home, **QUICK, alive_file=home / "alive"))
async def test_a_worker_touches_its_file_while_it_lives(p: Parts, tmp_path: Path) -> None:
    file = tmp_path / "alive"
    p.start_worker()
    deadline = time.monotonic() + 60
    while not file.exists() and time.monotonic() < deadline:
        await asyncio.sleep(0.05)
    first_ns = file.stat().st_mtime_ns
    while file.stat().st_mtime_ns == first_ns and time.monotonic() < deadline:
        await asyncio.sleep(0.05)
    assert file.stat().st_mtime_ns > first_ns
    await p.stop_workers()
    assert not file.exists()


@parts(keep_failed_inputs=True, max_attempts=1)
async def test_what_was_sent_stays_with_a_failed_task_when_it_is_to(p: Parts) -> None:
    p.start_worker(children.deadly)
    task_id = await p.submit()
    await p.done(task_id)
    await p.stop_workers()
    assert p.blobs() >= {f"{task_id}-in"}


def test_a_histogram_puts_a_value_into_one_bucket() -> None:
    tally = Tally()
    for value in (0.5, 1.0, 1.01, 99.0):
        tally.observe("t", value, (1.0, 2.0), filter="x")
    assert tally.take() == {
        ("t_bucket", '{"filter": "x", "le": "1"}'): 2,
        ("t_bucket", '{"filter": "x", "le": "2"}'): 1,
        ("t_bucket", '{"filter": "x", "le": "+Inf"}'): 1,
        ("t_sum", '{"filter": "x"}'): 101.51,
    }
    assert tally.take() == {}


def test_names_of_what_is_asked_for_are_few() -> None:
    assert filter_of("task", '[{"filter": "deskew"}, {"filter": "binarize"}]') == "several"
    assert filter_of("task", '[{"filter": "deskew", "max_angle_deg": 3}]') == "deskew"
    assert filter_of("task", "[]") == "none"
    assert filter_of(INSPECT, "[]") == "inspect"
    assert [class_of(o) for o in ("DeskewImage", TASK, PAGE, INSPECT)] == ["compatible", "native", "waiting", "waiting"]


def test_the_catalogue_knows_every_label_value_that_can_be_known() -> None:
    by_name = {counted.name: counted for counted in CATALOGUE}
    assert len(by_name) == len(CATALOGUE)
    assert [k["outcome"] for k in by_name["recto_attempts"].known()] == list(OUTCOMES)
    assert [k["reason"] for k in by_name["recto_attempt_deaths"].known()] == list(DEATHS)
    assert by_name["recto_filter_seconds"].known() == []
    assert by_name["recto_tasks_cancelled"].known() == [{}]
