"""What one server process counts of the requests that it answers."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
LIMITS = (
    *("max_waiting_tasks", "max_waiting_tasks_per_client", "max_waiting_mb", "max_waiting_mb_per_client"),
    *("min_free_mb", "max_body_mb", "max_bodies_mb", "max_bytes", "max_megapixels", "max_frames"),
    *("sync_max_mb", "sync_max_megapixels", "sync_wait_s", "event_streams_per_client", "wrong_secrets_max"),
)
"""Named beforehand, so that each is there with a zero; others come up when they are hit."""

BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)

disable_created_metrics()  # type: ignore[no-untyped-call]  # a series for each series, and nobody asks for them


class Meter:
    """Counts in a registry of its own.

    Parameters
    ----------
    held_bytes : callable
        What all open request bodies hold right now.
    """

    def __init__(self, held_bytes: Callable[[], int]) -> None:
        self.registry = registry = CollectorRegistry(auto_describe=True)
        ProcessCollector(registry=registry)
        GCCollector(registry=registry)
        self._requests = Counter(
            "recto_http_requests", "Requests that were answered.", ("method", "route", "status"), registry=registry
        )
        self._seconds = Histogram(
            "recto_http_request_seconds",
            "From a request to the end of its answer, waiting included.",
            ("method", "route"),
            buckets=BUCKETS_S,
            registry=registry,
        )
        self._bytes = Counter("recto_http_bytes", "Bytes of bodies.", ("direction",), registry=registry)
        self._problems = Counter("recto_http_problems", "Answers that are problems.", ("code",), registry=registry)
        self._limits = Counter("recto_limits_hit", "Requests that a limit refused.", ("limit",), registry=registry)
        self.in_progress = Gauge("recto_http_in_progress", "Requests that are being answered.", registry=registry)
        held = Gauge("recto_http_bodies_held_bytes", "Request bodies in memory.", registry=registry)
        held.set_function(held_bytes)
        for limit in LIMITS:
            self._limits.labels(limit)
        for direction in ("in", "out"):
            self._bytes.labels(direction)

    def answered(self, method: str, route: str, status: int, duration_s: float, bytes_in: int, bytes_out: int) -> None:
        """A request has its answer, or its client has left."""
        method = method if method in METHODS else "other"
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(duration_s)
        self._bytes.labels("in").inc(bytes_in)
        self._bytes.labels("out").inc(bytes_out)

    def refused(self, code: str, limit: str | None) -> None:
        """The answer was a problem; with the name of the limit that it is for, when there is one."""
        self._problems.labels(code).inc()
        if limit is not None:
            self._limits.labels(limit).inc()
