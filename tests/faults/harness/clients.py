"""Clients that send, wait, cancel and look again, and write down what they are told."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections import deque
from dataclasses import dataclass

from tests.faults.harness import ledger, work
from tests.faults.harness.asking import Asker
from tests.faults.harness.ledger import Ledger
from tests.faults.harness.work import Kind

_FOLLOWERS = 4
_MOST_OPEN = 400
_KEYED_TRIES = 20

_numbers = itertools.count(1)


@dataclass
class _Open:
    kind: Kind
    task_id: str
    numbers: list[int]
    cancelled: bool = False


class Client:
    """One client under load: sends so many tasks a second while ``sending`` is set, and follows each to its end.

    Parameters
    ----------
    asker : Asker
    stranger : Asker
        Another client, which must see nothing of these tasks.
    """

    def __init__(self, asker: Asker, stranger: Asker, book: Ledger, per_s: float, sending: asyncio.Event) -> None:
        self._asker, self._stranger = asker, stranger
        self._book = book
        self._per_s = per_s
        self._sending = sending
        self._open: deque[_Open] = deque()
        self._dice = random.Random(asker.dice.random())
        self._submits: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Until it is cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._send())
            for _ in range(_FOLLOWERS):
                group.create_task(self._follow())

    async def _send(self) -> None:
        while True:
            await asyncio.sleep(self._dice.expovariate(self._per_s))
            if not self._sending.is_set() or len(self._open) + len(self._submits) >= _MOST_OPEN:
                continue
            submit = asyncio.create_task(self._submit(work.any_kind(self._dice)))
            self._submits.add(submit)
            submit.add_done_callback(self._submits.discard)

    async def _submit(self, kind: Kind) -> None:
        numbers = [next(_numbers) for _ in range(kind.pages)]
        key = f"{self._asker.name}-{numbers[0]}" if kind.keyed else None
        facts = {"client": self._asker.name, "kind": kind.name, "numbers": numbers, "key": key}
        for _ in range(_KEYED_TRIES if kind.keyed else 1):
            task_id = await self._asker.submit(kind, numbers, key)
            if task_id is not None:
                break
        if task_id is None:
            self._book.note(ledger.UNANSWERED, **facts)
            return
        self._book.note(ledger.ACCEPTED, id=task_id, **facts)
        if kind.keyed and self._dice.random() < 0.1:  # said again, it is the same task
            again = await self._asker.submit(kind, numbers, key)
            if again is not None:
                self._book.note(ledger.ACCEPTED, id=again, **facts)
        self._open.append(_Open(kind, task_id, numbers))

    async def _follow(self) -> None:
        while True:
            if not self._open:
                await asyncio.sleep(0.05)
                continue
            one = self._open.popleft()
            if not one.cancelled and self._dice.random() < 0.01:
                await self._cancel(one)
            if self._dice.random() < 0.02:
                await self._pry(one)
            if not await self._look(one):
                self._open.append(one)

    async def _look(self, one: _Open) -> bool:
        """True when it has ended. Now and then the client loses patience in the middle of a wait."""
        patience_s = 0.3 if self._dice.random() < 0.05 else None
        try:
            async with asyncio.timeout(patience_s):
                ended = await self._asker.look(one.kind, one.task_id, self._dice.choice((0, 2, 5)))
        except TimeoutError:
            return False
        if ended is None:
            return False
        fault = work.fault_of(ended, one.kind, one.numbers, cancelled=one.cancelled)
        self._book.note(ledger.SEEN, id=one.task_id, state=ended.state, error=ended.error, fault=fault)
        return True

    async def _cancel(self, one: _Open) -> None:
        one.cancelled = True
        self._book.note(ledger.CANCELLING, id=one.task_id)
        if await self._asker.cancel(one.kind, one.task_id):
            self._book.note(ledger.CANCELLED, id=one.task_id)

    async def _pry(self, one: _Open) -> None:
        """Another client asks for it, and tries to cancel it: to that one there is no such task."""
        ended = await self._stranger.look(one.kind, one.task_id, 0)
        await self._stranger.cancel(one.kind, one.task_id)
        if ended is not None and ended.state != "gone":
            self._book.note(ledger.WRONG, client=self._asker.name, why=f"another client saw {one.task_id}")
