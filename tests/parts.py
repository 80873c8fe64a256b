"""The service's parts over a real database and a folder, and pages to send."""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from recto.codec import Limits
from recto.database import Config as DatabaseConfig
from recto.database import Database
from recto.service import Config, Service, TaskView, open_service, run_worker
from recto.service.stopping import Stop
from recto.store import FolderStore
from recto.tasks import Config as TasksConfig

TURN = [{"filter": "rotate", "angle_deg": 90}]
QUICK = {"heartbeat_s": 0.3, "stalled_after_s": 1.5, "sweep_every_s": 0.3}
"""Signs of life and sweeps fast enough for a test."""


def png(mark: int = 0, height_px: int = 60, width_px: int = 40) -> bytes:
    """A small grey page that carries a number: its middle has that grey."""
    samples = np.full((height_px, width_px), 255, np.uint8)
    samples[height_px // 4 : -height_px // 4, width_px // 4 : -width_px // 4] = mark
    buffer = io.BytesIO()
    Image.fromarray(samples).save(buffer, "PNG")
    return buffer.getvalue()


def tiff(*marks: int) -> bytes:
    """A file of several such pages."""
    pages = [Image.open(io.BytesIO(png(mark))) for mark in marks]
    buffer = io.BytesIO()
    pages[0].save(buffer, "TIFF", save_all=True, append_images=pages[1:])
    return buffer.getvalue()


def read(data: bytes) -> tuple[tuple[int, int], int]:
    """Size and mark of a result."""
    picture = Image.open(io.BytesIO(data))
    return picture.size, int(np.asarray(picture)[picture.height // 2, picture.width // 2])


@dataclass
class Parts:
    """An open service, and workers on demand."""

    url: str
    home: Path
    database: Database
    store: FolderStore
    service: Service
    tasks: TasksConfig
    config: Config
    _workers: list[tuple[Stop, asyncio.Task[None]]] = field(default_factory=list)

    def start_worker(self, child: Callable[..., Any] | None = None) -> Stop:
        """A worker in this process (its children are processes of their own)."""
        stop = Stop()
        extra = {} if child is None else {"child": child}
        working = run_worker(
            self.database, self.store, tasks=self.tasks, config=self.config, limits=Limits(), stop=stop, **extra
        )
        self._workers.append((stop, asyncio.create_task(working)))
        return stop

    async def stop_workers(self) -> None:
        for stop, task in self._workers:
            stop.ask()
            await task
        self._workers.clear()

    async def submit(self, client: str = "anna", body: bytes | None = None) -> str:
        return await self.service.submit(client, "Turn", TURN, png() if body is None else body)

    async def done(self, task_id: str, client: str = "anna", wait_s: float = 90) -> TaskView:
        """The task once it is closed."""
        view = await self.service.fetch(client, task_id, wait_s)
        assert view is not None
        assert not view.state.is_open, view
        return view

    def blobs(self) -> set[str]:
        """The names of all files in the store."""
        return {path.name for path in (self.home / "blobs").rglob("*") if path.is_file()}


@asynccontextmanager
async def open_parts(url: str, home: Path, **settings: Any) -> AsyncIterator[Parts]:
    """A service over a database, or the embedded one of the home; settings go to whichever Config has them."""
    tasks = TasksConfig(**{k: v for k, v in settings.items() if k in TasksConfig.model_fields})
    given = {"worker_slots": 1, "min_free_mb": 0, **settings}
    config = Config(**{k: v for k, v in given.items() if k in Config.model_fields})
    store = FolderStore(home / "blobs")
    async with (
        Database(DatabaseConfig(home=home, database_url=url or None)) as database,
        open_service(database, store, tasks=tasks, config=config, limits=Limits()) as service,
    ):
        parts = Parts(url, home, database, store, service, tasks, config)
        try:
            yield parts
        finally:
            await parts.stop_workers()


def worker_process(url: str, home: Path, gate: Path | None = None, **settings: Any) -> subprocess.Popen[bytes]:
    """A worker as a process of its own; with a gate, its children wait at each page while that file exists."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RECTO_")}
    given = {"database_url": url, "home": home, "worker_slots": 1, **settings}
    if not url:
        del given["database_url"]
    environment |= {f"RECTO_{name.upper()}": str(value) for name, value in given.items()}
    if gate is not None:
        environment["TEST_GATE"] = str(gate)
    root = Path(__file__).parents[1]
    environment["PYTHONPATH"] = str(root)
    command = (
        [sys.executable, "-m", "tests.faults.worker"] if gate is not None else [sys.executable, "-m", "recto", "worker"]
    )
    return subprocess.Popen(command, env=environment, cwd=root, stdin=subprocess.DEVNULL)


def end(process: subprocess.Popen[bytes]) -> None:
    """Make sure that a process is gone."""
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    process.wait()
