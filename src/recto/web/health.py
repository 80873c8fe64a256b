"""Whether the service lives, and whether it can do its work."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import JSONResponse

from recto.errors import EngineError
from recto.web.problems import RETRY_AFTER_S
from recto.web.rooms import Rooms

NO_STORE = {"Cache-Control": "no-store"}


def add_routes(app: FastAPI, rooms: Rooms) -> None:
    """``/health/live``, ``/health/serving`` and ``/health/ready``; none needs a token."""

    async def live(request: Request) -> JSONResponse:
        return JSONResponse({"status": "ok"}, headers=NO_STORE)

    async def ready(request: Request) -> JSONResponse:
        return answer(await checks())

    async def serving(request: Request) -> JSONResponse:
        """For whoever sends requests here: without workers this server still takes tasks in, and they wait."""
        return answer({name: well for name, well in (await checks()).items() if name != "workers"})

    async def checks() -> dict[str, bool]:
        found = {"serving": not rooms.closing.is_set()}
        try:
            return found | await rooms.service.ready()
        except EngineError:
            return found | {"database": False}

    def answer(checks: dict[str, bool]) -> JSONResponse:
        if all(checks.values()):
            return JSONResponse({"status": "ok", "checks": checks}, headers=NO_STORE)
        headers = {**NO_STORE, "Retry-After": str(RETRY_AFTER_S)}
        return JSONResponse({"status": "not ready", "checks": checks}, 503, headers)

    answers: dict[int | str, dict[str, Any]] = {503: {"description": "`checks` says what is missing"}}
    described: tuple[tuple[str, Any, str, dict[int | str, dict[str, Any]]], ...] = (
        ("/health/live", live, "The process answers", {}),
        ("/health/serving", serving, "Database and blobs can be used, and the server does not stop", answers),
        ("/health/ready", ready, "Database, blobs and queue can be used", answers),
    )
    for path, handler, summary, responses in described:
        app.add_api_route(
            path, handler, methods=["GET"], summary=summary, tags=["Health"], responses=responses, response_model=None
        )
        app.add_api_route(path, handler, methods=["HEAD"], include_in_schema=False, response_model=None)
