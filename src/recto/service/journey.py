"""What is told of one attempt to those who watch: counts, and spans of its task's trace."""

from __future__ import annotations

import time
from contextlib import ExitStack
from types import TracebackType

from recto import tracing
from recto.child import Answer
from recto.service.counting import Counting, filter_of
from recto.tasks import Claim


class Journey:
    """A context around everything that is done with a claim.

    Attributes
    ----------
    outcome : str
        One of ``counting.OUTCOMES``; ``lost`` until something else is said.
    """

    def __init__(self, counting: Counting, claim: Claim) -> None:
        self._counting = counting
        self._claim = claim
        self._open = ExitStack()
        self._began = time.monotonic()
        self.outcome = "lost"

    def __enter__(self) -> Journey:
        claim, now_s = self._claim, time.time()
        self._counting.taken(claim)
        tracing.past("wait in queue", now_s - claim.age_s, now_s, parent=claim.trace_context, task=claim.id)
        what = filter_of(claim.operation, claim.recipe)
        self._span = self._open.enter_context(
            tracing.span(f"attempt {what}", "consumer", claim.trace_context, task=claim.id, attempt=claim.attempt)
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._counting.ended(self._claim, self.outcome, self._elapsed_s)
        self._span.set(outcome=self.outcome)
        self._open.__exit__(kind, error, trace)

    def read(self, size_bytes: int) -> None:
        """What was sent is here."""
        self._counting.moved("read", size_bytes)

    def wrote(self, size_bytes: int) -> None:
        """A page of the result is stored."""
        self._counting.moved("written", size_bytes)

    def answered(self, answer: Answer, began_s: float) -> None:
        """The child is done. Its steps are drawn one behind the other from where it began, with a gap for the rest."""
        self._counting.made(self._claim, len(answer.pages), answer.reports)
        at_s = began_s
        for number, report in enumerate(answer.reports, start=1):
            for step in report.get("steps", ()):
                until_s = at_s + step["elapsed_ms"] / 1000
                tracing.past(f"filter {step['filter']}", at_s, until_s, page=number, changed=step["changed"])
                at_s = until_s

    def closed(self, outcome: str) -> None:
        """We closed the task: ``completed`` or ``refused``."""
        self.outcome = outcome
        self._counting.closed(self._claim, "completed" if outcome == "completed" else "failed", self._elapsed_s)

    def died(self, reason: str, why: str, *, given_up: bool) -> None:
        """The attempt died of one of ``counting.DEATHS``, and perhaps the task with it."""
        self.outcome = "died"
        self._counting.died(reason)
        self._span.fail(why)
        if given_up:
            self._counting.closed(self._claim, "failed", self._elapsed_s)

    @property
    def _elapsed_s(self) -> float:
        return time.monotonic() - self._began
