"""Tasks a second with 1, 2 and 4 workers, and what a task costs each part."""

from __future__ import annotations

import asyncio
import io
import time

import numpy as np
from PIL import Image

from lab.benchmarks.load.bearing import SETTINGS
from lab.benchmarks.load.costs import cpu_s
from lab.benchmarks.load.line import Line, order, token_of
from lab.benchmarks.load.working import SLEEP_VARIABLE
from tests.faults.harness import pictures
from tests.faults.harness.site import Site
from tests.pages import text_page

WORKERS = (1, 2, 4)
_SLEEP_S = 0.1
_IDLE_SUBMITS = 200
_REAL: list[dict[str, object]] = [{"filter": "deskew"}, {"filter": "binarize"}]
_SENDERS = 8


async def scale_up(scale: float) -> dict[str, float]:
    """Figures by name; every number of workers starts from an empty queue."""
    site = Site(apart=False, servers=1, workers=0, settings=SETTINGS, small_disks=False)
    found: dict[str, float] = {}
    try:
        await site.start(clients=1)
        (address,) = site.keeper.addresses()
        token = await token_of(address, *site.clients["client-1"])
        small, page = order(pictures.png(1), []), order(_page(), _REAL)
        for workers in WORKERS:
            for name, sleep_s, body, count in (
                ("sleeping", _SLEEP_S, small, round(200 * workers * scale)),
                ("empty", 0.0, small, round(2000 * scale)),
                ("real", None, page, max(8, round(60 * scale))),
            ):
                costs = await _send(site, address, token, body, count)
                if workers == 1 and name == "empty":
                    found |= {f"submit_cpu_ms_{part}": ms for part, ms in costs.items()}
                _start(site, workers, sleep_s)
                per_s, costs = await _until_done(site, count)
                found[f"{name}_{workers}_workers_per_s"] = per_s
                if name == "empty":
                    found |= {f"{name}_{workers}_workers_cpu_ms_{part}": ms for part, ms in costs.items()}
                if name == "empty":
                    found |= await _cost_of_idlers(site, address, token, small, workers)
                await _stop_workers(site)
    finally:
        await site.close()
    return found


async def _send(site: Site, address: str, token: str, body: bytes, count: int) -> dict[str, float]:
    """Queue so many; returns what each cost in ms of processor time."""
    before = cpu_s(site)
    left = iter(range(count))

    async def one_after_the_other() -> None:
        line = await Line.to(address)
        for _ in left:
            await line.ask("POST", "/v1/tasks", token, body, Content_Type="application/json")
        line.close()

    await asyncio.gather(*(one_after_the_other() for _ in range(_SENDERS)))
    after = cpu_s(site)
    return {part: (after[part] - before[part]) / count * 1e3 for part in ("server", "postgres")}


def _start(site: Site, workers: int, sleep_s: float | None) -> None:
    for number in range(1, workers + 1):
        if sleep_s is None:
            site.add(f"worker-{number}", ("recto", "worker"))
        else:
            module = ("lab.benchmarks.load.working",)
            site.add(f"worker-{number}", module, **{SLEEP_VARIABLE: str(sleep_s)})


async def _until_done(site: Site, count: int) -> tuple[float, dict[str, float]]:
    """Tasks a second, and ms of processor time for each, once a quarter is done and every process is up."""
    while _closed(site) < count / 4:
        await asyncio.sleep(0.1)
    before, done, began = cpu_s(site), _closed(site), time.perf_counter()
    while (closed := _closed(site)) < count:
        await asyncio.sleep(0.1)
    took_s, after = time.perf_counter() - began, cpu_s(site)
    site.query("DELETE FROM tasks RETURNING id")
    return (closed - done) / took_s, {part: (after[part] - before[part]) / (closed - done) * 1e3 for part in after}


def _closed(site: Site) -> int:
    ((count,),) = site.query("SELECT count(*)::int FROM tasks WHERE state IN ('completed', 'failed')")
    assert isinstance(count, int)
    return count


async def _cost_of_idlers(site: Site, address: str, token: str, body: bytes, workers: int) -> dict[str, float]:
    """What one submit costs PostgreSQL when every worker waits for it."""
    line = await Line.to(address)
    before = cpu_s(site)["postgres"]
    for _ in range(_IDLE_SUBMITS):
        await line.ask("POST", "/v1/tasks", token, body, Content_Type="application/json")
        await asyncio.sleep(0.05)
    line.close()
    while _closed(site) < _IDLE_SUBMITS:
        await asyncio.sleep(0.1)
    spent = cpu_s(site)["postgres"] - before
    site.query("DELETE FROM tasks RETURNING id")
    return {f"idle_{workers}_workers_postgres_cpu_ms_per_task": spent / _IDLE_SUBMITS * 1e3}


async def _stop_workers(site: Site) -> None:
    workers = site.keeper.named("worker")
    for part in workers:
        site.keeper.parts.remove(part)
        part.signal(15)
    for part in workers:
        assert part.process is not None
        await asyncio.to_thread(part.process.wait)


def _page() -> bytes:
    """A page as a scanner gives it at 150 DPI, as PNG."""
    samples = text_page()
    rows, columns = -(-1754 // samples.shape[0]), -(-1240 // samples.shape[1])
    buffer = io.BytesIO()
    Image.fromarray(np.tile(samples, (rows, columns))[:1754, :1240]).save(buffer, "PNG")
    return buffer.getvalue()
