"""A gate that holds children in the middle of a page, and who is at it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import psutil
import pytest


@pytest.fixture
def gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file at which the gated child waits; the child says so with a file beside it."""
    path = tmp_path / "gate"
    path.touch()
    monkeypatch.setenv("TEST_GATE", str(path))
    return path


async def child_at(gate: Path, besides: int = 0) -> int:
    """The process id of a child that waits at the gate, other than one known before."""
    async with asyncio.timeout(120):
        while True:
            for path in gate.parent.glob(f"{gate.name}.child-*"):
                pid = int(path.name.rpartition("-")[2])
                if pid != besides:
                    return pid
            await asyncio.sleep(0.02)


async def gone(pid: int) -> None:
    async with asyncio.timeout(30):
        while psutil.pid_exists(pid):
            await asyncio.sleep(0.02)
