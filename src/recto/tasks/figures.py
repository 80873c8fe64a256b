"""Counts of what all workers did, kept in the database, and the state of the queue as an operator sees it."""

from __future__ import annotations

import asyncio
import bisect
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from recto.database import Database, read_statements

_STATEMENTS = read_statements("recto.tasks", "figures.sql")

Key = tuple[str, str]
"""A name, and its labels as a JSON object with the keys in order."""


class Tally:
    """What one process has counted and not told yet."""

    def __init__(self) -> None:
        self._counts: defaultdict[Key, float] = defaultdict(float)

    def add(self, name: str, value: float = 1.0, **labels: str) -> None:
        """Count something."""
        self._counts[name, _text(labels)] += value

    def observe(self, name: str, value: float, buckets: Sequence[float], **labels: str) -> None:
        """Put a value into the first bucket that it is not larger than, and add it to the sum."""
        place = bisect.bisect_left(buckets, value)
        bound = f"{buckets[place]:g}" if place < len(buckets) else "+Inf"
        self.add(f"{name}_bucket", 1.0, **labels, le=bound)
        self.add(f"{name}_sum", value, **labels)

    def take(self) -> dict[Key, float]:
        """Everything, which is forgotten here."""
        counts, self._counts = dict(self._counts), defaultdict(float)
        return counts

    def put_back(self, counts: dict[Key, float]) -> None:
        """What could not be told is told the next time."""
        for key, value in counts.items():
            self._counts[key] += value


@dataclass(frozen=True)
class Count:
    """One count of all workers together."""

    name: str
    labels: dict[str, str]
    value: float


@dataclass(frozen=True)
class OpenTasks:
    """Tasks of one state that ask for the same.

    Attributes
    ----------
    oldest_s : float
        How long ago the oldest was submitted.
    """

    state: str
    operation: str
    recipe: str
    tasks: int
    bytes: int
    oldest_s: float


@dataclass(frozen=True)
class DatabaseFigures:
    """The database itself.

    Attributes
    ----------
    clock_s : float
        Its clock, in seconds since 1970.
    task_rows : int
        The planner's guess.
    migration : int
        The newest that was applied.
    deliveries, oldest_delivery_s
        Messages to webhooks that are still to be delivered, and the age of the oldest.
    webhooks_well, webhooks_failing, webhooks_disabled : int
        Receivers: those at which nothing has arrived at the last attempt are failing.
    """

    bytes: int
    connections: int
    connections_max: int
    task_rows: int
    clock_s: float
    up_s: float
    migration: int
    deliveries: int
    oldest_delivery_s: float
    webhooks_well: int = 0
    webhooks_failing: int = 0
    webhooks_disabled: int = 0


class Figures:
    """Reads and adds to the counts."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._one_at_a_time = asyncio.Lock()
        self._telling: asyncio.Task[None] | None = None

    async def tell(self, tally: Tally) -> None:
        """Add what was counted; what cannot be told now stays in the tally.

        It goes on by itself when the caller is cut off, and the next call waits for its end: after a commit whose
        answer nobody heard, the same would be told once more.

        Raises
        ------
        DatabaseUnavailableError
        """
        await self._one_at_a_time.acquire()
        self._telling = asyncio.create_task(self._tell(tally))
        self._telling.add_done_callback(lambda _: self._one_at_a_time.release())
        await asyncio.shield(self._telling)

    async def _tell(self, tally: Tally) -> None:
        counts = tally.take()
        if not counts:
            return
        names, labels = zip(*counts, strict=True)
        values = {"names": list(names), "labels": list(labels), "values": [float(v) for v in counts.values()]}
        try:
            async with self._database.connection() as connection:
                await connection.execute(_STATEMENTS["tell"], values)
        except BaseException:
            tally.put_back(counts)
            raise

    async def counts(self) -> list[Count]:
        """All of them."""
        async with self._database.connection() as connection:
            rows = await (await connection.execute(_STATEMENTS["counts"])).fetchall()
        return [Count(row["name"], json.loads(row["labels"]), row["value"]) for row in rows]

    async def open_tasks(self) -> list[OpenTasks]:
        """What waits and what is worked on."""
        async with self._database.connection() as connection:
            return [OpenTasks(**row) for row in await (await connection.execute(_STATEMENTS["open"])).fetchall()]

    async def database(self) -> DatabaseFigures:
        """How the database does."""
        async with self._database.connection() as connection:
            row = await (await connection.execute(_STATEMENTS["database"])).fetchone()
        assert row is not None
        return DatabaseFigures(**row)


def _text(labels: dict[str, str]) -> str:
    return json.dumps(labels, sort_keys=True)
