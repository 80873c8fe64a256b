"""One log line, span and count per request, a request id on every answer, and refused bodies read to their end."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import time
import uuid
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from recto import tracing
from recto.web.metrics.meter import Meter
from recto.web.metrics.routed import NO_ROUTE

DRAIN_S = 5.0
"""How long the rest of a refused body is read and thrown away, so that the client sees the answer and not a reset."""

_NOT_TRACED = ("/health/", "/metrics")
MAX_PATH_CHARS = 200
MAX_METHOD_CHARS = 20
"""What is logged of the longest ones."""

_SOUND_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_log = logging.getLogger("recto.requests")


class JsonLines(logging.Formatter):
    """Each record as one JSON object on one line."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "facts", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        # ASCII alone: neither a terminal nor a reader of lines finds anything in it to obey.
        return json.dumps(line, default=str)


class Journal:
    """ASGI middleware around everything else."""

    def __init__(self, app: ASGIApp, meter: Meter) -> None:
        self._app = app
        self._meter = meter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(scope, receive, send)
        with exchange.span() as span, self._meter.in_progress.track_inprogress():
            try:
                await self._app(scope, exchange.receive, exchange.send)
            except Exception as error:
                exchange.surprise = error
                _log.exception("unexpected error", extra={"facts": {"request_id": exchange.request_id}})
            finally:
                exchange.log()
                exchange.count(self._meter, span)


class _Exchange:
    """One request and its answer."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope, self._receive, self._send = scope, receive, send
        self._headers = Headers(scope=scope)
        given = self._headers.get("x-request-id", "")
        self.request_id = given if _SOUND_ID.fullmatch(given) else uuid.uuid4().hex
        self.surprise: Exception | None = None
        self._state: dict[str, Any] = scope.setdefault("state", {})
        self._state["request_id"] = self.request_id
        self._path = scope["path"]
        self._started = time.perf_counter()
        self._status = 0
        self._bytes_in = 0
        self._bytes_out = 0
        self._asked = False
        self._body_ended = False

    async def receive(self) -> Message:
        self._asked = True
        message = await self._receive()
        if message["type"] == "http.request":
            self._bytes_in += len(message.get("body", b""))
            self._body_ended = not message.get("more_body", False)
        else:
            self._body_ended = True
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["X-Request-ID"] = self.request_id
            headers["X-Content-Type-Options"] = "nosniff"
            if self._status >= 400:
                await self._drain()
        elif message["type"] == "http.response.body":
            self._bytes_out += len(message.get("body", b""))
        await self._send(message)

    def span(self) -> AbstractContextManager[tracing.Span]:
        """The span of this request; it goes on with the trace that the client is in."""
        if self._path.startswith(_NOT_TRACED):
            return nullcontext(tracing.NO_SPAN)
        return tracing.span(self._scope["method"], "server", self._headers.get("traceparent"))

    def count(self, meter: Meter, span: tracing.Span) -> None:
        """Tell those who watch."""
        method, route = self._scope["method"], self._state.get("route", NO_ROUTE)
        seconds = time.perf_counter() - self._started
        meter.answered(method, route, self.status, seconds, self._bytes_in, self._bytes_out)
        if "problem" in self._state:
            meter.refused(self._state["problem"], self._state.get("limit"))
        span.rename(f"{method} {route}")
        span.set(request=self.request_id, status=self.status)
        if self.status >= 500:
            span.fail(str(self._state.get("problem", "")))

    @property
    def status(self) -> int:
        """What was answered."""
        return 500 if self.surprise is not None and not self._status else self._status

    def log(self) -> None:
        client = self._scope.get("client")
        facts: dict[str, Any] = {
            "request_id": self.request_id,
            "method": self._scope["method"][:MAX_METHOD_CHARS],
            "path": self._path[:MAX_PATH_CHARS],
            "status": self.status,
            "duration_ms": round((time.perf_counter() - self._started) * 1000, 1),
            "bytes_in": self._bytes_in,
            "bytes_out": self._bytes_out,
            "remote": client[0] if client else None,
            "agent": self._headers.get("user-agent", "")[:MAX_PATH_CHARS],
            **{name: self._state[name] for name in ("client_id", "task_id") if name in self._state},
        }
        _log.info("request", extra={"facts": facts})

    async def _drain(self) -> None:
        """Read on for a while, unless there is no body or the client still waits to be asked for it."""
        has_body = self._headers.get("content-length", "0") != "0" or "transfer-encoding" in self._headers
        waits = "100-continue" in self._headers.get("expect", "").lower() and not self._asked
        if not has_body or waits or self._body_ended:
            return
        try:
            async with asyncio.timeout(DRAIN_S):
                while not self._body_ended:
                    await self.receive()
        except TimeoutError:
            pass
