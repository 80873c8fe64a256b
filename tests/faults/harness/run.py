"""One run: a site under load and faults, and the proof at its end."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import psycopg

from lab.benchmarks.machine import machine
from tests.faults.harness import ledger
from tests.faults.harness.asking import Asker
from tests.faults.harness.clients import Client
from tests.faults.harness.harm import do_harm
from tests.faults.harness.ledger import Ledger
from tests.faults.harness.proof import complaints, find_out, judge, outcomes
from tests.faults.harness.report import Report
from tests.faults.harness.site import Site

SETTLE_S = 240.0


@dataclass
class Plan:
    """What to run.

    Attributes
    ----------
    per_s : float
        Tasks that all clients together send a second, at most.
    gap_s : float
        Mean time between two faults; 0: no faults.
    """

    seconds: float
    seed: int = 1
    apart: bool = False
    per_s: float = 18.0
    gap_s: float = 3.5
    clients: int = 4
    servers: int = 2
    workers: int = 3
    slots: int = 2


@dataclass
class Running:
    """A site with clients at it."""

    site: Site
    plan: Plan
    book: Ledger
    askers: dict[str, Asker] = field(default_factory=dict)
    sending: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def path(self) -> str:
        return str(self.site.folder / "ledger.jsonl")

    async def prove(self) -> Report:
        """Read the ledger and compare; may be done again."""
        book = ledger.read(self.site.folder / "ledger.jsonl")
        found = await find_out(self.site, book, self.askers)
        client_ids = {name: client_id for name, (client_id, _) in self.site.clients.items()}
        setup = "PostgreSQL and S3 apart" if self.plan.apart else "one machine: embedded PostgreSQL and a folder"
        report = Report(setup, self.plan.seed, self.plan.seconds, machine())
        report.tell(book, found, outcomes(book, found))
        report.lost = judge(book, found, client_ids)
        report.slowest_answer_s = max(asker.slowest_s for asker in self.askers.values())
        report.excused = dict(sum((asker.excused for asker in self.askers.values()), Counter()))
        report.traces, logged = complaints(self.site.folder)
        report.logged = dict(logged.most_common(40))
        return report


@asynccontextmanager
async def running(plan: Plan) -> AsyncIterator[Running]:
    """The site is up and its clients can ask; at the end all is taken down, and has to end well."""
    site = Site(apart=plan.apart, servers=plan.servers, workers=plan.workers, slots=plan.slots)
    bad = ["it did not come so far"]
    try:
        await site.start(plan.clients)
        on = Running(site, plan, Ledger(site.folder / "ledger.jsonl"))
        for number, (name, (client_id, secret)) in enumerate(site.clients.items()):
            seed = plan.seed * 1000 + number
            on.askers[name] = Asker(name, client_id, secret, site.keeper.addresses, on.book, seed)
        yield on
        for asker in on.askers.values():
            await asker.close()
        on.book.close()
    finally:
        bad = await site.close()
    assert not bad, bad


async def load_and_harm(on: Running) -> float:
    """The load and the faults; returns how long it took until nothing was open any more."""
    plan, dice = on.plan, random.Random(on.plan.seed)
    names = list(on.askers)
    clients = []
    for number, name in enumerate(names):
        stranger = on.askers[names[number - 1]]
        client = Client(on.askers[name], stranger, on.book, plan.per_s / len(names), on.sending)
        clients.append(asyncio.create_task(client.run(), name=name))
    on.sending.set()
    harm = asyncio.create_task(do_harm(on.site, on.book, dice, plan.gap_s)) if plan.gap_s else None
    try:
        done, _ = await asyncio.wait([*clients, *([harm] if harm else [])], timeout=plan.seconds)
        for task in done:
            task.result()  # none of them ends by itself, but for a fault of the harness
        if harm is not None:
            await _end(harm)
        on.sending.clear()
        began = time.monotonic()
        await _settle(on.site)
        settled_s = time.monotonic() - began
        await asyncio.sleep(2)  # the clients see the last ones end
        return settled_s
    finally:
        for task in clients:
            await _end(task)


async def _settle(site: Site) -> None:
    """Wait until no task is open; what is still open after ``SETTLE_S`` is for the judge."""
    deadline = time.monotonic() + SETTLE_S
    while time.monotonic() < deadline:
        with contextlib.suppress(psycopg.Error):
            ((still_open,),) = await asyncio.to_thread(
                site.query, "SELECT count(*) FROM tasks WHERE state IN ('pending', 'processing')"
            )
            ((jobs,),) = await asyncio.to_thread(site.query, "SELECT count(*) FROM procrastinate_jobs")
            if still_open == 0 and jobs == 0 and len(site.keeper.addresses()) == len(site.keeper.named("server")):
                return
        await asyncio.sleep(0.3)


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
