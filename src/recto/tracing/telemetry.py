"""Spans by OpenTelemetry, sent in batches over HTTP by a thread of its own."""

from __future__ import annotations

import importlib.metadata
import os
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from recto.tracing.spans import Kind, Span, Value

_KINDS = {
    "internal": SpanKind.INTERNAL,
    "server": SpanKind.SERVER,
    "producer": SpanKind.PRODUCER,
    "consumer": SpanKind.CONSUMER,
}
_PROPAGATOR = TraceContextTextMapPropagator()
_FLUSH_MS = 3000
"""A collector that does not answer must not hold up a stop."""


class Telemetry:
    """Writes spans down and sends them; endpoint, sampler, name and limits come from the ``OTEL_…`` variables."""

    def __init__(self, part: str) -> None:
        version = importlib.metadata.version("recto")
        named = {"service.version": version, "service.instance.id": f"{part}-{os.getpid()}", "recto.part": part}
        if not os.environ.get("OTEL_SERVICE_NAME"):
            named["service.name"] = "recto"
        self._provider = TracerProvider(resource=Resource.create(named), shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("recto", version)

    def close(self) -> None:
        """Send what is left, for a few seconds at most."""
        self._provider.force_flush(_FLUSH_MS)
        self._provider.shutdown()

    @contextmanager
    def begin(self, name: str, kind: Kind, parent: str | None, attributes: dict[str, Value]) -> Iterator[Span]:
        with self._tracer.start_as_current_span(
            name, context=_context(parent), kind=_KINDS[kind], attributes=_named(attributes)
        ) as span:
            yield _UnderWay(span)

    def past(
        self, name: str, kind: Kind, began_s: float, ended_s: float, parent: str | None, attributes: dict[str, Value]
    ) -> None:
        span = self._tracer.start_span(
            name,
            context=_context(parent),
            kind=_KINDS[kind],
            attributes=_named(attributes),
            start_time=int(began_s * 1e9),
        )
        span.end(int(ended_s * 1e9))

    def carried(self) -> str | None:
        carrier: dict[str, str] = {}
        _PROPAGATOR.inject(carrier)
        return carrier.get("traceparent")


class _UnderWay:
    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def rename(self, name: str) -> None:
        self._span.update_name(name)

    def set(self, **attributes: Value) -> None:
        self._span.set_attributes(_named(attributes))

    def fail(self, why: str) -> None:
        self._span.set_status(Status(StatusCode.ERROR, why))


def _context(parent: str | None) -> Context | None:
    """That of a span elsewhere, or None for the one of this place; what is no ``traceparent`` starts a new trace."""
    return None if parent is None else _PROPAGATOR.extract({"traceparent": parent}, Context())


def _named(attributes: dict[str, Value]) -> dict[str, Value]:
    return {f"recto.{name}": value for name, value in attributes.items()}
