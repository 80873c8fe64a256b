"""What is counted of tasks, by name; the database adds up what all processes count."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal

from recto.service.operations import INSPECT, PAGE, TASK
from recto.tasks import Claim, Tally

BUCKETS_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)
"""Upper bounds of the histograms' buckets."""

CLASSES = ("compatible", "native", "waiting")
"""Client classes: by the compatible API, by the native API, and whoever waits within the request."""

DEATHS = ("timeout", "memory", "signal", "exit", "crash", "no_child", "worker_fault")
"""What an attempt dies of, apart from the death of its worker."""

OUTCOMES = ("completed", "refused", "died", "handed_back", "lost")
"""What comes of an attempt: ``lost`` is one whose task is somebody else's by now, or cancelled."""


MESSAGE_OUTCOMES = ("delivered", "refused", "absent")
"""What comes of an attempt at a message to a webhook."""


@dataclass(frozen=True)
class Counted:
    """One thing that is counted.

    Attributes
    ----------
    labels : dict
        Label → every value that it can have; none where they are not known beforehand.
    """

    name: str
    kind: Literal["counter", "histogram"]
    help: str
    labels: Mapping[str, tuple[str, ...]]

    def known(self) -> list[dict[str, str]]:
        """Every set of labels that can be named beforehand, so that a count is there before the first event."""
        return [dict(zip(self.labels, values, strict=True)) for values in product(*self.labels.values())]


_FILTER: Mapping[str, tuple[str, ...]] = {"filter": ()}

CATALOGUE = (
    Counted("recto_tasks_submitted", "counter", "Tasks that were accepted.", {"client_class": CLASSES, "filter": ()}),
    Counted("recto_tasks_submitted_bytes", "counter", "Bytes of accepted files.", {"client_class": CLASSES}),
    Counted("recto_tasks_cancelled", "counter", "Tasks that a client or an operator cancelled.", {}),
    Counted(
        "recto_tasks_closed",
        "counter",
        "Tasks that a worker closed.",
        {"client_class": CLASSES, "filter": (), "outcome": ("completed", "failed")},
    ),
    Counted(
        "recto_task_waiting_seconds",
        "histogram",
        "From the submission of a task to its first attempt.",
        {"client_class": CLASSES},
    ),
    Counted("recto_task_seconds", "histogram", "From the submission of a task to its end.", {"client_class": CLASSES}),
    Counted("recto_attempt_seconds", "histogram", "One attempt, from taking to closing the task.", _FILTER),
    Counted("recto_filter_seconds", "histogram", "One step on one page, as its child measured it.", _FILTER),
    Counted("recto_attempts", "counter", "Attempts that ended, by what came of them.", {"outcome": OUTCOMES}),
    Counted("recto_attempt_deaths", "counter", "Attempts that died, by what of.", {"reason": DEATHS}),
    Counted("recto_children_started", "counter", "Child processes that were started.", {}),
    Counted("recto_pages", "counter", "Pages of results.", _FILTER),
    Counted(
        "recto_worker_blob_bytes", "counter", "Bytes between workers and blobs.", {"direction": ("read", "written")}
    ),
    Counted(
        "recto_swept",
        "counter",
        "What the sweep found: tasks of dead workers, expired tasks, blobs that no task wants.",
        {"what": ("recovered_tasks", "expired_tasks", "orphan_blobs")},
    ),
    Counted(
        "recto_webhook_attempts",
        "counter",
        "Attempts at messages to webhooks, by what came of them.",
        {"outcome": MESSAGE_OUTCOMES},
    ),
    Counted("recto_webhook_given_up", "counter", "Messages to webhooks after whose last attempt no more is tried.", {}),
    Counted("recto_unexpected_faults", "counter", "Faults that nobody thought of; each is in the log.", {}),
)
"""Everything that is counted here; the names of counters get ``_total`` when they are shown."""


def class_of(operation: str) -> str:
    """The client class of an operation."""
    return {TASK: "native", PAGE: "waiting", INSPECT: "waiting"}.get(operation, "compatible")


@functools.lru_cache(maxsize=1024)
def filter_of(operation: str, recipe: str) -> str:
    """The one filter of a recipe; ``several`` for more of them, ``none`` for none."""
    if operation == INSPECT:
        return "inspect"
    names = [str(step["filter"]) for step in json.loads(recipe)]
    return names[0] if len(names) == 1 else "several" if names else "none"


class Counting:
    """Counts what one process does with tasks."""

    def __init__(self, tally: Tally | None = None) -> None:
        self.tally = tally or Tally()

    def submitted(self, operation: str, recipe: str, body_bytes: int) -> None:
        client_class = class_of(operation)
        self.tally.add("recto_tasks_submitted", client_class=client_class, filter=filter_of(operation, recipe))
        self.tally.add("recto_tasks_submitted_bytes", body_bytes, client_class=client_class)

    def cancelled(self) -> None:
        self.tally.add("recto_tasks_cancelled")

    def taken(self, claim: Claim) -> None:
        """A task is in our hand."""
        if claim.attempt == 1:
            self._seconds("recto_task_waiting_seconds", claim.age_s, client_class=class_of(claim.operation))

    def ended(self, claim: Claim, outcome: str, seconds: float) -> None:
        """An attempt is over, one of ``OUTCOMES``."""
        self.tally.add("recto_attempts", outcome=outcome)
        self._seconds("recto_attempt_seconds", seconds, filter=filter_of(claim.operation, claim.recipe))

    def closed(self, claim: Claim, outcome: str, seconds: float) -> None:
        """We closed a task: ``completed`` or ``failed``, so long after we took it."""
        client_class = class_of(claim.operation)
        what = filter_of(claim.operation, claim.recipe)
        self.tally.add("recto_tasks_closed", client_class=client_class, filter=what, outcome=outcome)
        self._seconds("recto_task_seconds", claim.age_s + seconds, client_class=client_class)

    def died(self, reason: str) -> None:
        """One of ``DEATHS``."""
        self.tally.add("recto_attempt_deaths", reason=reason)

    def child_started(self) -> None:
        self.tally.add("recto_children_started")

    def moved(self, direction: str, count: int) -> None:
        """Bytes were ``read`` from or ``written`` to the blobs."""
        self.tally.add("recto_worker_blob_bytes", count, direction=direction)

    def made(self, claim: Claim, pages: int, reports: Iterable[Mapping[str, Any]]) -> None:
        """What a child answered."""
        if pages:
            self.tally.add("recto_pages", pages, filter=filter_of(claim.operation, claim.recipe))
        for report in reports:
            for step in report.get("steps", ()):
                self._seconds("recto_filter_seconds", step["elapsed_ms"] / 1000, filter=step["filter"])

    def swept(self, what: str, count: int) -> None:
        if count:
            self.tally.add("recto_swept", count, what=what)

    def message(self, outcome: str) -> None:
        """An attempt at a message to a webhook had one of ``MESSAGE_OUTCOMES``, or was the last in vain: any other."""
        if outcome in MESSAGE_OUTCOMES:
            self.tally.add("recto_webhook_attempts", outcome=outcome)
        else:
            self.tally.add("recto_webhook_given_up")

    def surprised(self) -> None:
        """Something went wrong that nobody thought of."""
        self.tally.add("recto_unexpected_faults")

    def _seconds(self, name: str, seconds: float, **labels: str) -> None:
        self.tally.observe(name, max(0.0, seconds), BUCKETS_S, **labels)
