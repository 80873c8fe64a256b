"""What a run has shown, as JSON and as Markdown."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.harness.ledger import Book
from tests.faults.harness.proof import Findings

_SHOWN = 40


@dataclass
class Report:
    """One run.

    Attributes
    ----------
    lost : list of str
        Every broken promise; a good run has none.
    faults : dict
        How often each kind was done.
    outcomes : dict
        How the promises ended.
    longest_gap_s : float
        The longest time in which no submit was answered with an id.
    excused : dict
        Answers and broken connections that a client has to expect, by kind.
    """

    setup: str
    seed: int
    seconds: float
    machine: dict[str, Any]
    tasks: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    outcomes: dict[str, int] = field(default_factory=dict)
    attempts: dict[str, int] = field(default_factory=dict)
    unanswered: int = 0
    unanswered_that_made_a_task: int = 0
    orphan_blobs_swept: int = 0
    to_completion_s: dict[str, float] = field(default_factory=dict)
    longest_gap_s: float = 0.0
    slowest_answer_s: float = 0.0
    settled_after_s: float = 0.0
    excused: dict[str, int] = field(default_factory=dict)
    logged: dict[str, int] = field(default_factory=dict)
    traces: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    def tell(self, book: Book, found: Findings, ends: Counter[str]) -> None:
        """Fill in what follows from the ledger and the findings."""
        self.tasks = len(book.promises)
        self.faults = dict(Counter(line["kind"] for line in book.faults).most_common())
        self.outcomes = dict(ends.most_common())
        self.unanswered = len(book.unanswered)
        self.unanswered_that_made_a_task = len(found.rows.keys() - book.promises.keys())
        self.orphan_blobs_swept = found.orphans
        mine = [row for row in found.rows.values() if row.id in book.promises]
        self.attempts = {
            "tasks tried more than once": sum(row.attempt > 1 for row in mine),
            "tasks with an attempt that died": sum(row.failures > 0 for row in mine),
        }
        took = sorted(row.took_s for row in mine if row.took_s is not None)
        if took:
            self.to_completion_s = {
                name: round(took[min(len(took) - 1, int(share * len(took)))], 2)
                for name, share in (("p50", 0.5), ("p99", 0.99), ("longest", 1.0))
            }
        at = sorted(promise.at for promise in book.promises.values())
        self.longest_gap_s = round(max((b - a for a, b in itertools.pairwise(at)), default=0.0), 1)

    def write(self, name: str) -> Path:
        """bench-results/<name>.json and .md; returns the latter."""
        folder = Path("bench-results")
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.json").write_text(json.dumps(asdict(self), indent=1))
        path = folder / f"{name}.md"
        path.write_text(self.markdown())
        return path

    def markdown(self) -> str:
        rows = [
            ("setup", self.setup),
            ("machine", f"{self.machine['cpu']}, {self.machine['cores']} cores"),
            ("seconds of load and faults; seed", f"{self.seconds:g}; {self.seed}"),
            ("tasks answered with an id", self.tasks),
            ("faults", sum(self.faults.values())),
            ("**promises broken**", f"**{len(self.lost)}**"),
            *((f"— {end}", count) for end, count in self.outcomes.items()),
            *((name, count) for name, count in self.attempts.items()),
            ("submits that got no id; of these made a task all the same", self._unanswered()),
            ("blobs left by faults, swept", self.orphan_blobs_swept),
            ("submit → closed, s: p50, p99, longest", ", ".join(f"{v:g}" for v in self.to_completion_s.values())),
            ("longest time without an accepted submit, s", self.longest_gap_s),
            ("slowest answer, s", round(self.slowest_answer_s, 1)),
            ("after the last fault until nothing was open, s", round(self.settled_after_s, 1)),
            ("503, 429 and broken connections that clients saw", sum(self.excused.values())),
        ]
        text = _table(("what", "figure"), rows)
        text += "\n" + _table(("fault", "times"), list(self.faults.items()))
        if self.lost or self.traces:
            shown = [*self.lost[:_SHOWN], *(f"log: {trace}" for trace in self.traces[:_SHOWN])]
            text += "\n" + "".join(f"- {line}\n" for line in shown)
        return text

    def _unanswered(self) -> str:
        return f"{self.unanswered}; {self.unanswered_that_made_a_task}"


def _table(head: tuple[str, str], rows: list[tuple[str, Any]]) -> str:
    lines = [head, ("---", "---"), *rows]
    return "".join(f"| {name} | {value} |\n" for name, value in lines)
