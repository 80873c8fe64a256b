"""What the ledger says against what is there: every promise is kept, and nothing else was done."""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recto.database import Config as DatabaseConfig
from recto.database import Database
from recto.service.housekeeping import delete_orphans, expire
from recto.service.keys import result_keys
from recto.tasks import Config as TasksConfig
from recto.tasks import Engine, TaskQueue
from tests.faults.harness import ledger, work
from tests.faults.harness.asking import Asker
from tests.faults.harness.ledger import Book, Promise
from tests.faults.harness.site import Site
from tests.faults.harness.work import KINDS, Ended

_AT_ONCE = 8
_TRIES = 60


@dataclass(frozen=True)
class Row:
    """A task as the database has it."""

    id: str
    client_id: str
    state: str
    attempt: int
    failures: int
    pages: int
    took_s: float | None


@dataclass
class Findings:
    """Everything that the judge needs.

    Attributes
    ----------
    ends : dict
        Task id → how it ended by what its own client is told, asked after all was done; None when nobody could say.
    stray_numbers : dict
        Task id → what the result carries of a task that no client was given an id of.
    orphans : int
        Blobs that no task wanted, before they were swept.
    blobs : set of str
        What is left after the sweep.
    """

    rows: dict[str, Row] = field(default_factory=dict)
    ends: dict[str, Ended | None] = field(default_factory=dict)
    stray_numbers: dict[str, list[int | None]] = field(default_factory=dict)
    jobs: int = 0
    orphans: int = 0
    blobs: set[str] = field(default_factory=set)


async def find_out(site: Site, book: Book, askers: Mapping[str, Asker]) -> Findings:
    """Look at the database, sweep, look at the store, and have every client ask for every task of its own."""
    found = Findings(rows=await asyncio.to_thread(_rows, site))
    ((found.jobs,),) = await asyncio.to_thread(site.query, "SELECT count(*)::int FROM procrastinate_jobs")  # type: ignore[assignment]
    found.orphans = await _sweep(site)
    found.blobs = {key async for key in site.store().keys(0.0)}
    limit = asyncio.Semaphore(_AT_ONCE)

    async def ask(promise: Promise) -> None:
        async with limit:
            found.ends[promise.id] = await _insist(askers[promise.client], promise.kind, promise.id)

    await asyncio.gather(*map(ask, book.promises.values()))
    names = {client_id: name for name, (client_id, _) in site.clients.items()}
    for row in found.rows.values():
        if row.id not in book.promises and row.state == "completed":
            ended = await _insist(askers[names[row.client_id]], "v5 binarize", row.id)
            found.stray_numbers[row.id] = [_any_number(page) for page in (ended.pages if ended else ())]
    return found


def judge(book: Book, found: Findings, client_ids: Mapping[str, str]) -> list[str]:
    """Everything that is not as it was promised, one sentence each.

    Parameters
    ----------
    client_ids : mapping
        A client's name → its id.
    """
    bad = [f"{line.get('client', '')} {line.get('id', '')}: {line['why']}" for line in book.wrong]
    for promise in book.promises.values():
        bad += [f"{promise.id} ({promise.kind}): {why}" for why in _broken(promise, found, client_ids)]
    bad += _strays(book, found, client_ids)
    if found.jobs:
        bad.append(f"{found.jobs} jobs are left in the engine")
    wanted = {
        key
        for row in found.rows.values()
        if row.state == "completed"
        for key in result_keys(row.id, row.attempt, row.pages)
    }
    bad += [f"the blob {key} is lost" for key in sorted(wanted - found.blobs)]
    bad += [f"the blob {key} is wanted by nobody and was not swept" for key in sorted(found.blobs - wanted)]
    return bad


def outcomes(book: Book, found: Findings) -> Counter[str]:
    """How the promises ended."""
    counts: Counter[str] = Counter()
    for promise in book.promises.values():
        ended = found.ends.get(promise.id)
        if ended is None:
            counts["nobody can say"] += 1
        elif ended.state == "failed":
            counts["Error: " + ("given up" if ended.error.startswith(work.GIVEN_UP) else "damaged file")] += 1
        else:
            counts["Completed" if ended.state == "completed" else "cancelled by the client"] += 1
    return counts


def complaints(folder: Path) -> tuple[list[str], Counter[str]]:
    """What the parts' logs hold: traces and what is no log line; and how often each warning and error came."""
    traces: list[str] = []
    said: Counter[str] = Counter()
    for path in sorted(folder.glob("*.log")):
        for line in path.read_text(errors="replace").splitlines():
            try:
                record: dict[str, Any] = json.loads(line)
            except ValueError:
                # A tracker tidies up after a worker that was killed, and says so; a start that met a fault has ended.
                if "resource_tracker" in line or line.startswith(("recto serve: ", "recto worker: ")):
                    continue
                traces.append(f"{path.stem}: {line[:300]}")
                continue
            message = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d+(\.\d+)?", "…", str(record.get("message", "")))
            said[f"{record.get('level')}: {message.splitlines()[0][:110] if message else ''}"] += 1
            if "exception" in record:
                traces.append(f"{path.stem}: {message} {record['exception'][-600:]}")
    return traces, said


def _broken(promise: Promise, found: Findings, client_ids: Mapping[str, str]) -> list[str]:
    row, ended = found.rows.get(promise.id), found.ends.get(promise.id)
    if row is None:
        return ["it is not in the database"]
    bad = []
    if row.client_id != client_ids[promise.client]:
        bad.append("it belongs to another client")
    if row.state in ("pending", "processing"):
        bad.append(f"it is stuck in {row.state}")
    if ended is None:
        return [*bad, "nobody could say how it ended"]
    fault = work.fault_of(ended, KINDS[promise.kind], promise.numbers, cancelled=promise.cancelled is not None)
    if fault is not None:
        bad.append(fault)
    if promise.cancelled == ledger.CANCELLED and ended.state != "gone":
        bad.append(f"it was cancelled, and is {ended.state}")
    if promise.ended - {ended.state}:
        bad.append(f"it was {', '.join(sorted(promise.ended))} before, and is {ended.state}")
    return bad


def _strays(book: Book, found: Findings, client_ids: Mapping[str, str]) -> list[str]:
    """Tasks that no client has an id of: each must come from a submit that went unanswered, and none twice."""
    bad = []
    unanswered: dict[str, set[tuple[int, ...]]] = defaultdict(set)
    for line in book.unanswered:
        unanswered[client_ids[line["client"]]].add(tuple(line["numbers"]))
    for row in found.rows.values():
        if row.id in book.promises:
            continue
        if row.state in ("pending", "processing"):
            bad.append(f"{row.id}, which no client knows, is stuck in {row.state}")
        elif row.state == "completed":
            numbers = tuple(found.stray_numbers[row.id])
            if numbers not in unanswered[row.client_id]:
                bad.append(f"{row.id}, which no client knows, carries {numbers}, which its client never sent in vain")
            unanswered[row.client_id].discard(numbers)  # type: ignore[arg-type]
    return bad


async def _insist(asker: Asker, kind: str, task_id: str) -> Ended | None:
    for _ in range(_TRIES):
        ended = await asker.look(KINDS[kind], task_id, 1)
        if ended is not None:
            return ended
    return None


async def _sweep(site: Site) -> int:
    """The service's own sweep, with nothing left that a blob could still wait for."""
    async with Database(DatabaseConfig(home=site.home, database_url=site.conninfo)) as database:
        queue = TaskQueue(database, Engine(), TasksConfig())
        await expire(queue, site.store())
        return await delete_orphans(queue, site.store(), 0)


def _any_number(page: bytes) -> int | None:
    for kind in KINDS.values():
        number = kind.reading(page)
        if number is not None:
            return number
    return None


def _rows(site: Site) -> dict[str, Row]:
    rows = site.query(
        "SELECT id::text, client_id, state::text, attempt, failures, pages,"
        " extract(epoch FROM closed_at - submitted_at)::float FROM tasks"
    )
    return {str(row[0]): Row(*row) for row in rows}  # type: ignore[arg-type]
