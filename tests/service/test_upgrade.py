"""An upgrade under way: one process migrates, and those of the version before go on with their work."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import psycopg
import pytest

from recto.database import Config, Database, migrate
from recto.errors import EngineError
from recto.service import TaskState
from recto.tasks import Engine, TaskQueue
from tests.in_loop import within
from tests.parts import QUICK, Parts, end, open_parts, png, worker_process
from tests.postgres import rows

PATIENT = {**QUICK, "stalled_after_s": 60.0}
"""Nothing dies here, and a worker that a busy machine holds up is not to be taken for dead."""

LATER = (
    b"-- additive: as a later Recto may bring it.\n"
    b"ALTER TABLE tasks ADD COLUMN colour text NOT NULL DEFAULT 'none', ADD COLUMN weight double precision;\n"
    b"CREATE INDEX tasks_colour_idx ON tasks (colour);\n"
    b"CREATE TABLE colours (name text PRIMARY KEY);\n"
)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let this process, and no other, have a migration of the future."""
    known = migrate.migrations()

    def bring(sql: bytes) -> None:
        monkeypatch.setattr(migrate, "migrations", lambda: {**known, 9000: ("9000_later.sql", sql)})

    return bring


async def upgrade(url: str, home: Path) -> list[str]:
    """What the first server of a new version does at its start."""
    async with Database(Config(home=home, database_url=url)).session() as connection:
        return await migrate.migrate(connection)


@within(lambda url, home: open_parts(url, home, **PATIENT))
async def test_an_old_worker_and_an_old_server_go_on_across_a_migration(p: Parts, later: Any, tmp_path: Path) -> None:
    old = worker_process(p.url, tmp_path, **PATIENT)
    try:
        before = [await p.submit(body=png(n)) for n in range(12)]
        assert (await p.done(before[0])).state is TaskState.COMPLETED
        later(LATER)
        applied, *_ = await asyncio.gather(upgrade(p.url, tmp_path), *(p.submit(body=png(n)) for n in range(12)))
        assert applied == ["9000_later.sql"]
        after = [await p.submit(body=png(n)) for n in range(12)]
        for task_id in before + after:
            assert (await p.done(task_id)).state is TaskState.COMPLETED
        assert old.poll() is None
        states = rows(p.url, "SELECT DISTINCT state::text, attempt, colour FROM tasks")
        assert states == [("completed", 1, "none")]
    finally:
        end(old)


@within(lambda url, home: open_parts(url, home, **PATIENT))
async def test_an_old_worker_that_starts_again_lives_with_what_was_added(p: Parts, later: Any, tmp_path: Path) -> None:
    later(LATER)
    await upgrade(p.url, tmp_path)
    old = worker_process(p.url, tmp_path, **PATIENT)
    try:
        assert (await p.done(await p.submit())).state is TaskState.COMPLETED
        assert old.poll() is None
    finally:
        end(old)


@within(lambda url, home: open_parts(url, home))
async def test_an_old_process_refuses_what_took_something_away(
    p: Parts, later: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    later(b"ALTER TABLE tasks RENAME COLUMN notes TO remarks;")
    await upgrade(p.url, tmp_path)
    monkeypatch.undo()
    with pytest.raises(EngineError, match=r"newer Recto.*9000"):
        await upgrade(p.url, tmp_path)


@within(lambda url, home: open_parts(url, home))
async def test_a_migration_that_has_to_wait_lets_others_through(
    p: Parts, later: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate, "_LOCK_WAIT_MS", 50)
    monkeypatch.setattr(migrate, "_AGAIN_AFTER_S", 0.2)
    later(LATER)
    queue = TaskQueue(p.database, Engine(), p.tasks)
    async with await psycopg.AsyncConnection.connect(p.url) as reader:
        await reader.execute("SELECT count(*) FROM tasks")  # and stays in its transaction
        upgrading = asyncio.create_task(upgrade(p.url, tmp_path))
        for _ in range(10):
            assert await queue.live_workers() == 0
            await p.submit()
            await asyncio.sleep(0.05)
        assert not upgrading.done()
    assert await upgrading == ["9000_later.sql"]


@within(lambda url, home: open_parts(url, home))
async def test_a_migration_that_waits_in_vain_gives_up_and_changes_nothing(
    p: Parts, later: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("_LOCK_WAIT_MS", 20), ("_AGAIN_AFTER_S", 0.01), ("_TRIES", 3)):
        monkeypatch.setattr(migrate, name, value)
    later(
        b"CREATE TABLE colours (name text PRIMARY KEY);\n" + LATER.replace(b"CREATE TABLE colours", b"CREATE TABLE c")
    )
    async with await psycopg.AsyncConnection.connect(p.url) as reader:
        await reader.execute("SELECT count(*) FROM tasks")
        with pytest.raises(EngineError, match="stays locked"):
            await upgrade(p.url, tmp_path)
    assert rows(p.url, "SELECT to_regclass('colours') IS NULL") == [(True,)]
    assert rows(p.url, "SELECT count(*) FROM schema_migrations WHERE number = 9000") == [(0,)]
