"""The pool, migrations and listening, on a real server."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from recto.database import Config, Database, Listener
from recto.database.migrate import migrations
from recto.errors import DatabaseUnavailableError, EngineError
from tests.postgres import rows

pytestmark = pytest.mark.anyio


def config(url: str, home: Path, **settings: float) -> Config:
    return Config(home=home, database_url=url, **settings)  # type: ignore[arg-type]


async def test_several_processes_migrate_at_once(database_url: str, tmp_path: Path) -> None:
    script = (
        "import asyncio, sys; from pathlib import Path; from recto.database import *; from recto.tasks import prepare\n"
        "async def main():\n"
        "    async with Database(Config(home=Path(sys.argv[2]), database_url=sys.argv[1])) as d:\n"
        "        await prepare(d)\n"
        "asyncio.run(main())"
    )
    command = [sys.executable, "-c", script, database_url, str(tmp_path)]
    starting = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    for process in starting:
        _, errors = process.communicate()
        assert process.returncode == 0, errors
    numbers = [row[0] for row in rows(database_url, "SELECT number FROM schema_migrations ORDER BY number")]
    assert numbers == sorted(migrations())
    assert rows(database_url, "SELECT part FROM schema_parts") == [("procrastinate",)]


async def test_a_database_of_a_newer_recto_is_refused(database_url: str, tmp_path: Path) -> None:
    async with Database(config(database_url, tmp_path)):
        pass
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("INSERT INTO schema_migrations (number, name) VALUES (9999, '9999_later.sql')")
    with pytest.raises(EngineError, match="newer Recto"):
        await Database(config(database_url, tmp_path)).open()


@pytest.mark.parametrize(("said", "keeps"), [("", "30000"), ("&tcp_user_timeout=7000", "7000")])
async def test_a_machine_that_vanishes_is_missed_soon(tmp_path: Path, said: str, keeps: str) -> None:
    database = Database(config(f"postgresql://recto@db.example/recto?sslmode=require{said}", tmp_path))
    known = conninfo_to_dict(database.conninfo)
    assert (known["tcp_user_timeout"], known["keepalives_idle"], known["sslmode"]) == (keeps, "15", "require")
    assert (known["host"], known["dbname"], known["user"]) == ("db.example", "recto", "recto")


async def test_an_error_rolls_back(database_url: str, tmp_path: Path) -> None:
    async with Database(config(database_url, tmp_path)) as database:
        with contextlib.suppress(ZeroDivisionError):
            async with database.connection() as connection:
                await connection.execute("INSERT INTO chores (name) VALUES ('half')")
                raise ZeroDivisionError
        assert rows(database_url, "SELECT name FROM chores") == []


async def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    database = Database(config("host=/nowhere dbname=recto", tmp_path, database_start_s=0.3))
    with pytest.raises(DatabaseUnavailableError, match="cannot be reached"):
        await database.open()


async def test_connections_that_were_cut_are_replaced(database_url: str, tmp_path: Path) -> None:
    async with Database(config(database_url, tmp_path)) as database:
        assert await database.is_up()
        with pytest.raises(DatabaseUnavailableError):
            async with database.connection() as connection:
                await connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        assert await database.is_up()


async def test_who_stops_dead_in_a_transaction_loses_its_locks(database_url: str, tmp_path: Path) -> None:
    async with Database(config(database_url, tmp_path, database_idle_transaction_s=0.3)) as database:

        async def stop_dead() -> None:
            async with database.connection() as connection:
                await connection.execute("SELECT pg_advisory_xact_lock(1)")
                async with database.connection() as other, asyncio.timeout(30):
                    await other.execute("SELECT pg_advisory_xact_lock(1)")
                await connection.execute("SELECT 1")

        with pytest.raises(DatabaseUnavailableError):
            await stop_dead()


async def test_listening_goes_on_after_the_connection_was_cut(database_url: str, tmp_path: Path) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()
    connected: asyncio.Queue[None] = asyncio.Queue()

    async with Database(config(database_url, tmp_path)) as database:
        listener = Listener(database, {"news": heard.put_nowait}, lambda: connected.put(None))
        await listener.start()
        await connected.get()
        rows(database_url, "SELECT pg_notify('news', 'first')")
        assert await heard.get() == "first"
        cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
        assert rows(database_url, cut)
        await connected.get()
        rows(database_url, "SELECT pg_notify('news', 'second')")
        assert await heard.get() == "second"
        await listener.stop()


async def test_an_embedded_server_that_was_killed_is_started_again(own_home: Path) -> None:
    async with Database(Config(home=own_home)) as database:
        async with database.connection() as connection:
            await connection.execute("INSERT INTO chores (name) VALUES ('kept')")
        assert database.embedded is not None
        os.kill(int((database.embedded.data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        async with asyncio.timeout(30):
            while True:
                try:
                    async with database.connection() as connection:
                        row = await (await connection.execute("SELECT name FROM chores")).fetchone()
                    break
                except DatabaseUnavailableError:
                    await asyncio.sleep(0.1)
        assert row == {"name": "kept"}
    assert not database.embedded.answers()
