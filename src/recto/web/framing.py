"""Requests that say their length in two ways are refused, and their connection is closed.

References
----------
RFC 9112, HTTP/1.1, section 6.3: such a message may be an attempt to smuggle a second request in the body of a first,
past a proxy that divides them in another way.
"""

from __future__ import annotations

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from recto.web.problems import problem


class OneLength:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        names = [name for name, _ in scope["headers"]] if scope["type"] == "http" else []
        if b"transfer-encoding" in names and b"content-length" in names:
            said = "The request has both a Transfer-Encoding and a Content-Length."
            answer = problem(400, "bad-request", said, request=Request(scope), headers={"Connection": "close"})
            await answer(scope, receive, send)
            return
        await self._app(scope, receive, send)
