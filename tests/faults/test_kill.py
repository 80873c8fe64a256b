"""Processes that die, stop or vanish while a page is being worked on: every accepted page still ends as promised."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import psutil
import pytest

from recto.database import EmbeddedServer
from recto.errors import DatabaseUnavailableError
from recto.service import TaskState
from tests.parts import QUICK, Parts, end, open_parts, png, read, worker_process
from tests.postgres import rows
from tests.service.gate import child_at


@pytest.fixture
def processes() -> Iterator[ExitStack]:
    """Whatever a test starts is ended."""
    with ExitStack() as started:
        yield started


def start(processes: ExitStack, url: str, home: Path, gate: Path | None = None) -> subprocess.Popen[bytes]:
    """A worker, held at a gate when one is given."""
    if gate is not None:
        gate.touch()
    worker = worker_process(url, home, gate, min_free_mb=0, database_start_s=60, **QUICK)
    processes.callback(end, worker)
    return worker


async def right(p: Parts, task_id: str, mark: int) -> None:
    """Its picture is the right one."""
    async with asyncio.timeout(200):
        while True:
            try:
                view = await p.done(task_id)
                assert view.state is TaskState.COMPLETED, view.error
                pages = await p.service.result("anna", task_id)
                break
            except DatabaseUnavailableError:
                await asyncio.sleep(0.2)
    assert pages is not None
    assert read(pages[0])[1] == mark


async def gone(pid: int) -> None:
    async with asyncio.timeout(30):
        while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
            await asyncio.sleep(0.02)


def test_a_worker_that_is_killed(database_url: str, tmp_path: Path, processes: ExitStack) -> None:
    async def whole() -> None:
        async with open_parts(database_url, tmp_path, **QUICK) as p:
            task_id = await p.submit(body=png(88))
            first = start(processes, database_url, tmp_path, tmp_path / "gate-1")
            child = await child_at(tmp_path / "gate-1")
            first.kill()
            first.wait()
            await gone(child)  # its children die with it
            start(processes, database_url, tmp_path)
            await right(p, task_id, 88)
            assert rows(database_url, "SELECT attempt, failures FROM tasks") == [(2, 1)]

    asyncio.run(whole())


def test_a_worker_that_stops_and_wakes_up_too_late(database_url: str, tmp_path: Path, processes: ExitStack) -> None:
    async def whole() -> None:
        async with open_parts(database_url, tmp_path, **QUICK) as p:
            task_id = await p.submit(body=png(44))
            gate = tmp_path / "gate-1"
            first = start(processes, database_url, tmp_path, gate)
            child = await child_at(gate)
            first.send_signal(signal.SIGSTOP)
            start(processes, database_url, tmp_path)
            await right(p, task_id, 44)
            gate.unlink()  # its child finishes, and then the worker goes on where it was
            first.send_signal(signal.SIGCONT)
            next_id = await p.submit(body=png(45))
            await right(p, next_id, 45)
            first.send_signal(signal.SIGTERM)
            assert await asyncio.to_thread(first.wait, 60) == 0
            await gone(child)
            await right(p, task_id, 44)
            assert rows(database_url, "SELECT attempt, failures FROM tasks ORDER BY submitted_at LIMIT 1") == [(2, 1)]
            assert not [name for name in p.blobs() if name.startswith(f"{task_id}-a1")]
            assert rows(database_url, "SELECT * FROM procrastinate_jobs") == []

    asyncio.run(whole())


def test_sigterm_ends_a_worker_and_its_children(database_url: str, tmp_path: Path, processes: ExitStack) -> None:
    async def whole() -> None:
        async with open_parts(database_url, tmp_path, **QUICK) as p:
            task_id = await p.submit(body=png(66))
            gate = tmp_path / "gate-1"
            worker = start(processes, database_url, tmp_path, gate)
            child = await child_at(gate)
            worker.send_signal(signal.SIGTERM)
            await asyncio.sleep(0.3)
            worker.send_signal(signal.SIGTERM)
            assert await asyncio.to_thread(worker.wait, 60) == 0
            assert not psutil.pid_exists(child)
            assert rows(database_url, "SELECT state::text, attempt, failures FROM tasks") == [("pending", 1, 0)]
            assert rows(database_url, "SELECT * FROM procrastinate_workers") == []
            start(processes, database_url, tmp_path)
            await right(p, task_id, 66)

    asyncio.run(whole())


@pytest.mark.parametrize(
    "everything", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["the-database", "everything"]
)
def test_postgres_is_killed(own_home: Path, tmp_path: Path, processes: ExitStack, everything: bool) -> None:
    server = EmbeddedServer(own_home)

    async def whole() -> None:
        async with open_parts("", own_home, **QUICK) as p:
            gate = tmp_path / "gate-1"
            worker = start(processes, "", own_home, gate)
            ids = {await p.submit(body=png(mark)): mark for mark in (1, 2, 3, 4)}
            child = await child_at(gate)
            waiting = asyncio.create_task(p.service.fetch("anna", next(iter(ids)), 150))
            postmaster = psutil.Process(int((server.data / "postmaster.pid").read_text().split()[0]))
            if everything:
                worker.kill()
                os.kill(child, signal.SIGKILL)
                for backend in postmaster.children():
                    with suppress(psutil.NoSuchProcess):
                        backend.kill()
            postmaster.kill()
            gate.unlink()
            if everything:
                start(processes, "", own_home)
            for task_id, mark in ids.items():
                await right(p, task_id, mark)
            view = await waiting
            assert view is not None
            assert view.state is TaskState.COMPLETED

    asyncio.run(whole())
