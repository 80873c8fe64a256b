"""Which route a request took: its template, never the path, which a client chooses."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

NO_ROUTE = "none"


class Routed:
    """ASGI middleware right around the routes: leaves the template where the journal finds it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        finally:
            if scope["type"] == "http":
                route = getattr(scope.get("route"), "path", NO_ROUTE)
                scope.setdefault("state", {})["route"] = route
