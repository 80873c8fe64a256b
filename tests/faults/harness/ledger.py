"""The harness's own book: what was promised to whom, and what was seen; one JSON object a line, only ever appended."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ACCEPTED = "accepted"
"""An id came with status 200 or 202."""

UNANSWERED = "unanswered"
"""A submit that got no id: nothing is promised, and it may have made a task."""

SEEN = "seen"
"""A client was told that a task is closed, and looked at its pictures."""

CANCELLED = "cancelled"
CANCELLING = "cancelling"
"""It was asked for; ``CANCELLED``: and was answered."""

WRONG = "wrong"
"""An answer that no fault excuses."""

FAULT = "fault"


class Ledger:
    """Appends; ``read`` is for afterwards."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8")
        self.counts: Counter[str] = Counter()

    def note(self, what: str, **facts: Any) -> None:
        """One line, in the file before this returns."""
        self.counts[what] += 1
        self._file.write(json.dumps({"at": round(time.time(), 3), "what": what, **facts}) + "\n")
        self._file.flush()

    def close(self) -> None:
        self._file.close()


@dataclass
class Promise:
    """A task that a client was given an id for.

    Attributes
    ----------
    numbers : list of int
        What its pages must carry; empty when its file is damaged and it has to end in Error.
    ended : set of str
        How it was seen to end: ``completed``, ``failed``, ``gone``.
    """

    id: str
    client: str
    kind: str
    numbers: list[int]
    at: float
    key: str | None = None
    cancelled: str | None = None
    ended: set[str] = field(default_factory=set)


@dataclass
class Book:
    """The ledger, read."""

    promises: dict[str, Promise] = field(default_factory=dict)
    unanswered: list[dict[str, Any]] = field(default_factory=list)
    wrong: list[dict[str, Any]] = field(default_factory=list)
    faults: list[dict[str, Any]] = field(default_factory=list)


def read(path: Path) -> Book:
    """What the file says."""
    book = Book()
    for line in _lines(path):
        what = line["what"]
        if what == ACCEPTED:
            known = book.promises.get(line["id"])
            if known is None:
                known = Promise(line["id"], line["client"], line["kind"], line["numbers"], line["at"], line["key"])
                book.promises[known.id] = known
            elif (known.client, known.key) != (line["client"], line["key"]) or known.key is None:
                book.wrong.append({**line, "why": "one id was given twice"})
        elif what == UNANSWERED:
            book.unanswered.append(line)
        elif what == SEEN:
            book.promises[line["id"]].ended.add(line["state"])
            if line["fault"]:
                book.wrong.append({**line, "why": line["fault"]})
        elif what in (CANCELLING, CANCELLED):
            book.promises[line["id"]].cancelled = what
        elif what == WRONG:
            book.wrong.append(line)
        elif what == FAULT:
            book.faults.append(line)
    return book


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)
