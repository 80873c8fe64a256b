"""``python -m lab.benchmarks.queue``: what the queue costs, without HTTP and with a page that costs nothing."""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import numpy as np
import psutil
from PIL import Image

from lab.benchmarks.machine import machine
from recto.database import Config as DatabaseConfig
from recto.database import Database
from recto.service import Config, Service, open_service, run_worker
from recto.service.stopping import Stop
from recto.store import FolderStore
from recto.tasks import Config as TasksConfig

_AT_ONCE = 8


def _page() -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.full((60, 40), 200, np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


async def _many(count: int, doing: Callable[[], Awaitable[object]]) -> tuple[float, list[float]]:
    """Per second, and the ms of each, when several do it at once."""
    times: list[float] = []

    async def one_after_the_other() -> None:
        for _ in range(count // _AT_ONCE):
            began = time.perf_counter()
            await doing()
            times.append((time.perf_counter() - began) * 1000)

    began = time.perf_counter()
    await asyncio.gather(*(one_after_the_other() for _ in range(_AT_ONCE)))
    return len(times) / (time.perf_counter() - began), times


async def _measure(home: Path, submits: int, pages: int) -> dict[str, float]:
    store = FolderStore(home / "blobs")
    tasks = TasksConfig()
    config = Config(worker_slots=1, min_free_mb=0)
    found: dict[str, float] = {}
    async with Database(DatabaseConfig(home=home)) as database, open_service(database, store, config=config) as service:
        body = _page()

        async def submit() -> str:
            return await service.submit("bench", "Nothing", [], body)

        rate, times = await _many(submits, submit)
        found |= {"submit_per_s": rate, **_percentiles("submit", times)}
        found["waiting_mb"] = await _waiting(service, await submit(), 1000)
        stop = Stop()
        worker = asyncio.create_task(run_worker(database, store, tasks=tasks, config=config, stop=stop))
        last = await submit()
        began = time.perf_counter()
        while (view := await service.fetch("bench", last, 60)) is None or view.state.is_open:
            continue
        found["small_pages_per_s_one_slot"] = submits / (time.perf_counter() - began)
        latencies = []
        for _ in range(pages):
            began = time.perf_counter()
            await service.fetch("bench", await submit(), 60)
            latencies.append((time.perf_counter() - began) * 1000)
        found |= _percentiles("idle_submit_to_done", latencies)
        stop.ask()
        await worker
    return found


async def _waiting(service: Service, task_id: str, count: int) -> float:
    """How much memory so many waiting clients take, in MB."""
    process = psutil.Process()
    before = process.memory_info().rss
    waiters = [asyncio.create_task(service.fetch("bench", task_id, 8)) for _ in range(count)]
    await asyncio.sleep(5)
    grown = process.memory_info().rss - before
    await asyncio.gather(*waiters)
    return grown / 1e6


def _percentiles(name: str, times_ms: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(times_ms, n=100)
    return {f"{name}_p50_ms": cuts[49], f"{name}_p99_ms": cuts[98]}


def main() -> None:
    """Measure, print, and write bench-results/queue.json and queue.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--submits", type=int, default=800)
    parser.add_argument("--pages", type=int, default=50)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="recto-bench-") as folder:
        found = asyncio.run(_measure(Path(folder) / "home", given.submits, given.pages))
    table = "| what | figure |\n|---|---|\n" + "".join(f"| {name} | {value:.1f} |\n" for name, value in found.items())
    results = Path("bench-results")
    results.mkdir(exist_ok=True)
    (results / "queue.json").write_text(json.dumps({"machine": machine(), "results": found}, indent=1))
    (results / "queue.md").write_text(table)
    print(table)


if __name__ == "__main__":
    main()
