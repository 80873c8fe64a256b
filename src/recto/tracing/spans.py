"""Spans: as a context around what is done now, or written down for what is over."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal, Protocol

Kind = Literal["internal", "server", "producer", "consumer"]
Value = str | int | float | bool


class Span(Protocol):
    """What is under way."""

    def rename(self, name: str) -> None:
        """Give it the name that is known only now."""

    def set(self, **attributes: Value) -> None:
        """Say more of it; a name ``a_b`` is written ``recto.a_b``."""

    def fail(self, why: str) -> None:
        """It did not end well."""


class Spans(Protocol):
    """Whoever writes spans down."""

    def begin(self, name: str, kind: Kind, parent: str | None, attributes: dict[str, Value]) -> Any:
        """A context that gives the span."""

    def past(
        self, name: str, kind: Kind, began_s: float, ended_s: float, parent: str | None, attributes: dict[str, Value]
    ) -> None: ...

    def carried(self) -> str | None: ...


class _NoSpan:
    def rename(self, name: str) -> None:
        pass

    def set(self, **attributes: Value) -> None:
        pass

    def fail(self, why: str) -> None:
        pass


NO_SPAN: Span = _NoSpan()
_spans: Spans | None = None


def write_with(spans: Spans | None) -> None:
    """Who writes spans down from now on; None: nobody."""
    global _spans
    _spans = spans


@contextmanager
def span(name: str, kind: Kind = "internal", parent: str | None = None, **attributes: Value) -> Iterator[Span]:
    """A span around a block; an exception that leaves the block makes it a failure.

    Parameters
    ----------
    name : str
    kind : {"internal", "server", "producer", "consumer"}
    parent : str, optional
        A ``traceparent`` from elsewhere; the span that is under way here when None.
    **attributes
        A name ``a_b`` is written ``recto.a_b``.
    """
    if _spans is None:
        yield NO_SPAN
        return
    with _spans.begin(name, kind, parent, attributes) as under_way:
        yield under_way


def past(
    name: str,
    began_s: float,
    ended_s: float,
    parent: str | None = None,
    kind: Kind = "internal",
    **attributes: Value,
) -> None:
    """Write down what is over; the times are seconds since 1970 on this machine's clock."""
    if _spans is not None:
        _spans.past(name, kind, began_s, ended_s, parent, attributes)


def carried() -> str | None:
    """The ``traceparent`` of the span that is under way here, to be kept with a task; None when there is none."""
    return None if _spans is None else _spans.carried()
