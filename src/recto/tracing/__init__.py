"""Traces of what a request and a task go through, sent to an OpenTelemetry collector when one is named.

Nothing is imported and nothing is done until ``start`` is called with an endpoint in the environment.

References
----------
W3C Trace Context; the OpenTelemetry environment variables ``OTEL_…``.
"""

from recto.tracing.spans import NO_SPAN, Span, carried, past, span
from recto.tracing.starting import missing, started, wanted

__all__ = ["NO_SPAN", "Span", "carried", "missing", "past", "span", "started", "wanted"]
