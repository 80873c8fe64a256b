"""A collector of traces: takes OTLP over HTTP, as a real one does, and keeps what comes."""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)


class Received:
    """One span, in plain values."""

    def __init__(self, span: Any, part: str) -> None:
        self.name: str = span.name
        self.part = part
        self.trace_id: str = span.trace_id.hex()
        self.span_id: str = span.span_id.hex()
        self.parent_id: str = span.parent_span_id.hex()
        self.began_s = span.start_time_unix_nano / 1e9
        self.ended_s = span.end_time_unix_nano / 1e9
        self.failed = span.status.code == 2
        self.attributes = {a.key: getattr(a.value, a.value.WhichOneof("value")) for a in span.attributes}

    def __repr__(self) -> str:
        return f"{self.part}: {self.name}"


class Collector:
    """Listens on a free port of this machine.

    Attributes
    ----------
    endpoint : str
        For ``OTEL_EXPORTER_OTLP_ENDPOINT``.
    """

    def __init__(self) -> None:
        self._spans: list[Received] = []
        self._lock = threading.Lock()
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                if self.path == "/v1/traces":
                    collector._take(ExportTraceServiceRequest.FromString(body))
                self.send_response(200)
                self.send_header("Content-Type", "application/x-protobuf")
                self.end_headers()
                self.wfile.write(ExportTraceServiceResponse().SerializeToString())

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{self.server.server_port}"

    def _take(self, request: ExportTraceServiceRequest) -> None:
        with self._lock:
            for resource in request.resource_spans:
                named = {a.key: a.value.string_value for a in resource.resource.attributes}
                for scope in resource.scope_spans:
                    self._spans += [Received(span, named.get("recto.part", "")) for span in scope.spans]

    def spans(self, trace_id: str) -> list[Received]:
        """What has come of a trace, in the order of the beginnings."""
        with self._lock:
            return sorted((s for s in self._spans if s.trace_id == trace_id), key=lambda s: s.began_s)

    def wait_for(self, trace_id: str, *names: str) -> list[Received]:
        """The spans of a trace, once these have come."""
        deadline = time.monotonic() + 60
        while True:
            spans = self.spans(trace_id)
            if set(names) <= {span.name for span in spans} or time.monotonic() > deadline:
                return spans
            time.sleep(0.1)


@contextmanager
def collecting() -> Iterator[Collector]:
    """A collector for as long as the block runs."""
    collector = Collector()
    thread = threading.Thread(target=collector.server.serve_forever, daemon=True)
    thread.start()
    try:
        yield collector
    finally:
        collector.server.shutdown()
        collector.server.server_close()
        thread.join()
