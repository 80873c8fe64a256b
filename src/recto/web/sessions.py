"""``/session``: what the web page has instead of a bearer token."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response

from recto.access import IssuedToken
from recto.errors import ForbiddenError, RequestError
from recto.web.bodies import check_json_type
from recto.web.described import problem_of
from recto.web.door import SESSION_COOKIE
from recto.web.lenient import read_json_object
from recto.web.origin import check_foreign_origin, check_local, check_origin
from recto.web.rooms import Rooms

MAX_BODY_MB = 0.1
TAG = "Access"
NO_STORE = {"Cache-Control": "no-store"}

_BODY = {
    "type": "object",
    "required": ["client_id", "client_secret"],
    "properties": {"client_id": {"type": "string"}, "client_secret": {"type": "string"}},
}
_OPENED = {
    "description": "`{expires_in}` and the cookie `recto_session`",
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["expires_in"],
                "properties": {"expires_in": {"type": "integer", "description": "In seconds."}},
            }
        }
    },
}
_FORBIDDEN = problem_of("Sent by a page of another server, or not allowed here")


def add_routes(app: FastAPI, rooms: Rooms) -> None:
    """Open a session, by the client's secret or by sitting at the machine; close it."""

    async def open_session(request: Request) -> Response:
        check_foreign_origin(request)
        check_json_type(request)
        async with rooms.bodies.read(request, MAX_BODY_MB) as body:
            given = read_json_object(body)
        client_id, secret = given.get("client_id"), given.get("client_secret")
        if not isinstance(client_id, str) or not isinstance(secret, str) or not client_id or not secret:
            raise RequestError("client_id and client_secret are needed.")
        source = request.client.host if request.client else ""
        return _opened(request, await rooms.access.open_session(client_id, secret, source))

    async def open_local_session(request: Request) -> Response:
        if not (rooms.is_local and rooms.config.local_session):
            raise ForbiddenError("This server gives sessions only for a client id and secret.")
        check_local(request)
        return _opened(request, await rooms.access.open_first_session())

    async def close_session(request: Request) -> Response:
        check_origin(request)
        answer = Response(status_code=204, headers=NO_STORE)
        answer.delete_cookie(SESSION_COOKIE, path="/", httponly=True, samesite="strict")
        return answer

    answers: dict[int | str, dict[str, Any]] = {
        200: _OPENED,
        400: problem_of("The client id or secret is missing or wrong"),
        403: _FORBIDDEN,
        415: problem_of("The body is not JSON"),
        429: problem_of("Too many wrong secrets; see Retry-After"),
    }
    _add(app, "/session", open_session, "POST", "Open a session for the web page", answers, _BODY)
    _add(
        app,
        "/session/local",
        open_local_session,
        "POST",
        "Open a session of the first client, on the machine itself",
        {200: _OPENED, 403: _FORBIDDEN},
    )
    _add(
        app,
        "/session",
        close_session,
        "DELETE",
        "Throw the session's cookie away",
        {204: {"description": "Done; no body"}, 403: _FORBIDDEN},
    )


def _add(
    app: FastAPI,
    path: str,
    handler: Any,
    method: str,
    summary: str,
    answers: dict[int | str, dict[str, Any]],
    body: dict[str, Any] | None = None,
) -> None:
    content = None if body is None else {"requestBody": {"content": {"application/json": {"schema": body}}}}
    app.add_api_route(
        path,
        handler,
        methods=[method],
        summary=summary,
        tags=[TAG],
        responses=answers,
        response_class=Response,
        response_model=None,
        status_code=204 if method == "DELETE" else 200,
        openapi_extra=content,
    )


def _opened(request: Request, issued: IssuedToken) -> Response:
    answer = JSONResponse({"expires_in": issued.expires_in_s}, headers=NO_STORE)
    answer.set_cookie(
        SESSION_COOKIE,
        issued.token,
        max_age=issued.expires_in_s,
        path="/",
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return answer
