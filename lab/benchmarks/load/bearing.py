"""10,000 tasks in the queue, 1,000 waiting GETs, a client beside a backlog, and 20,000 tasks through two workers."""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from collections.abc import Awaitable, Callable

import psutil

from lab.benchmarks.load.costs import pid_of, rss_mb
from lab.benchmarks.load.line import Line, order, token_of
from tests.faults.harness import pictures
from tests.faults.harness.site import Site

AT_ONCE = 8
SETTINGS = {
    "RECTO_HEARTBEAT_S": "3",
    "RECTO_STALLED_AFTER_S": "15",
    "RECTO_SWEEP_EVERY_S": "5",
    "RECTO_ORPHANS_EVERY_S": "900",
    "RECTO_TASKS_PER_CHILD": "200",
    "RECTO_MAX_WAITING_TASKS": "50000",
    "RECTO_MAX_WAITING_TASKS_PER_CLIENT": "50000",
    "RECTO_LONG_POLL_S": "50",
}
_TURN: list[dict[str, object]] = [{"filter": "rotate", "angle_deg": 90}]


class Bearing:
    """One server and, later, two workers of one slot each."""

    def __init__(self, site: Site, tokens: list[str], scale: float) -> None:
        self._site = site
        self._tokens = tokens
        self._backlog = round(10_000 * scale)
        self._waiting = round(1_000 * scale)
        self._soak = round(20_000 * scale)
        self._first = round(1_000 * scale)
        self._server = site.keeper.named("server")[0]
        self.found: dict[str, float] = {}

    @property
    def _address(self) -> str:
        (address,) = self._site.keeper.addresses()
        return address

    async def measure(self) -> None:
        await self._submit(50, 0)
        self.found["server_rss_mb_at_rest"] = self._server_mb()
        self._note("submit", *await self._submit(self._backlog, 0))
        self.found["server_rss_mb_with_backlog"] = self._server_mb()
        await self._wait_in_crowds()
        await self._second_client_and_soak()

    async def _submit(self, count: int, client: int) -> tuple[float, list[float]]:
        """Per second, and the ms of each."""
        body = order(pictures.png(client), _TURN)
        left = iter(range(count))

        async def one_after_the_other(line: Line, times: list[float]) -> None:
            for _ in left:
                began = time.perf_counter()
                await line.ask("POST", "/v1/tasks", self._tokens[client], body, Content_Type="application/json")
                times.append((time.perf_counter() - began) * 1000)

        return await _with_lines(self._address, one_after_the_other)

    async def _wait_in_crowds(self) -> None:
        task_id = json.loads(await self._one(0))["id"]
        process = psutil.Process(pid_of(self._server))
        before = self._server_mb(), process.num_threads(), self._database_connections()
        lines = [await Line.to(self._address) for _ in range(self._waiting)]
        for line in lines:
            line.send("GET", f"/v1/tasks/{task_id}?wait=50", self._tokens[0])
        await asyncio.sleep(3)
        after = self._server_mb(), process.num_threads(), self._database_connections()
        for name, one, other in zip(("rss_mb", "threads", "database_connections"), before, after, strict=True):
            self.found[f"server_{name}_before_waiting"], self.found[f"server_{name}_while_waiting"] = one, other
        self._note("submit_while_waiting", *await self._submit(max(50, self._backlog // 20), 0))
        for line in lines:
            line.close()
        await asyncio.sleep(1)

    async def _second_client_and_soak(self) -> None:
        workers = [self._site.add(f"worker-{number}", ("recto", "worker")) for number in (1, 2)]
        await self._until_done(max(1, self._first // 10))
        done_before, began = self._done(), time.perf_counter()
        task_id = json.loads(await self._one(1))["id"]
        line = await Line.to(self._address)
        told = json.loads(await line.ask("GET", f"/v1/tasks/{task_id}?wait=50", self._tokens[1]))
        assert told["state"] == "completed", told
        line.close()
        self.found["second_client_submit_to_done_ms"] = (time.perf_counter() - began) * 1000
        self.found["first_client_pages_done_meanwhile"] = self._done() - done_before
        await self._until_done(self._first)
        pids = [pid_of(worker) for worker in workers]
        first = self._server_mb(), rss_mb(pids), self._children_mb()
        began, done = time.perf_counter(), self._done()
        await self._submit(max(0, self._soak - self._total()), 0)
        await self._until_done(self._soak)
        self.found["soak_tasks_per_s"] = (self._done() - done) / (time.perf_counter() - began)
        last = self._server_mb(), rss_mb(pids), self._children_mb()
        for name, one, other in zip(("server", "workers", "children"), first, last, strict=True):
            self.found[f"soak_{name}_rss_mb_after_first"], self.found[f"soak_{name}_rss_mb_at_end"] = one, other

    async def _one(self, client: int) -> bytes:
        line = await Line.to(self._address)
        body = order(pictures.png(7), _TURN)
        answer = await line.ask("POST", "/v1/tasks", self._tokens[client], body, Content_Type="application/json")
        line.close()
        return answer

    async def _until_done(self, count: int) -> None:
        while self._done() < count:
            await asyncio.sleep(0.5)

    def _done(self) -> int:
        return self._count("SELECT count(*)::int FROM tasks WHERE state = 'completed'")

    def _total(self) -> int:
        return self._count("SELECT count(*)::int FROM tasks")

    def _database_connections(self) -> int:
        return self._count("SELECT count(*)::int FROM pg_stat_activity WHERE application_name = 'recto'")

    def _count(self, query: str) -> int:
        ((count,),) = self._site.query(query)
        assert isinstance(count, int)
        return count

    def _server_mb(self) -> float:
        return rss_mb([pid_of(self._server)])

    def _children_mb(self) -> float:
        return rss_mb(child.pid for part in self._site.keeper.named("worker") for child in part.children())

    def _note(self, name: str, per_s: float, times_ms: list[float]) -> None:
        cuts = statistics.quantiles(times_ms, n=100)
        self.found |= {f"{name}_per_s": per_s, f"{name}_p50_ms": cuts[49], f"{name}_p99_ms": cuts[98]}


async def bear(scale: float) -> dict[str, float]:
    """Every figure, with so much of the full load."""
    site = Site(apart=False, servers=1, workers=0, settings=SETTINGS, small_disks=False)
    try:
        await site.start(clients=2)
        (address,) = site.keeper.addresses()
        tokens = [await token_of(address, *client) for client in site.clients.values()]
        bearing = Bearing(site, tokens, scale)
        await bearing.measure()
        return bearing.found
    finally:
        await site.close()


async def _with_lines(address: str, doing: Callable[[Line, list[float]], Awaitable[None]]) -> tuple[float, list[float]]:
    lines = [await Line.to(address) for _ in range(AT_ONCE)]
    times: list[float] = []
    began = time.perf_counter()
    await asyncio.gather(*(doing(line, times) for line in lines))
    took_s = time.perf_counter() - began
    for line in lines:
        line.close()
    return len(times) / took_s, times
