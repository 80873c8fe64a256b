"""Every error as ``application/problem+json`` (RFC 9457), with nothing in it that is not meant for the caller."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import Route

from recto.errors import InvalidTokenError, LimitError, QueueFullError, RectoError, TooManyAttemptsError

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 5
MAX_DETAIL_CHARS = 1000
MAX_PATH_CHARS = 200
"""A client is told what is wrong with its request; it need not get all of it back."""

_SETTING = re.compile(r"RECTO_([A-Z_]+)")
_log = logging.getLogger("recto.web")


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    request: Request | None = None,
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> Response:
    """A problem document.

    Parameters
    ----------
    status : int
    code : str
        A short stable name for programs.
    detail : str
        A sentence for people.
    request : Request, optional
        Its id goes in as ``traceId``.
    headers, **more
        Further headers and members.
    """
    body: dict[str, Any] = {
        "type": f"urn:recto:problem:{code}",
        "title": _title(status),
        "status": status,
        "detail": shortened(detail),
        "code": code,
        **more,
    }
    if request is not None:
        body["instance"] = shortened(request.url.path, MAX_PATH_CHARS)
        body["traceId"] = getattr(request.state, "request_id", None)
    content = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
    return Response(content, status, headers={"Cache-Control": "no-store", **(headers or {})}, media_type=MEDIA_TYPE)


def shortened(text: str, most: int = MAX_DETAIL_CHARS) -> str:
    """The text; of a long one its beginning and its end."""
    half = most // 2 - 3
    return text if len(text) <= most else f"{text[:half]} ... {text[-half:]}"


def of_error(error: RectoError, request: Request) -> Response:
    """The problem that one of our own errors is."""
    if error.report:
        # A part that is away is away for every request; where in our code each noticed helps nobody.
        trace = None if error.status == 503 else error
        _log.error("%s: %s", type(error).__name__, error.message, exc_info=trace)
    request.state.problem = error.code
    request.state.limit = _limit_of(error)
    headers: dict[str, str] = {}
    more: dict[str, Any] = {}
    detail = shortened(error.message)
    if error.status == 401:
        headers["WWW-Authenticate"] = _challenge(error)
    if isinstance(error, TooManyAttemptsError | QueueFullError):
        headers["Retry-After"] = str(error.retry_after_s)
    elif error.status == 503:
        headers["Retry-After"] = str(RETRY_AFTER_S)
    if error.report:
        detail = "The service cannot answer right now." if error.status == 503 else "Something went wrong on our side."
    if error.status == 400:
        more["errors"] = {"request": [detail]}
    return problem(error.status, error.code, detail, request=request, headers=headers, **more)


def install(app: FastAPI) -> None:
    """Answer every error of an app with a problem."""
    app.add_exception_handler(RectoError, _on_recto_error)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(ClientDisconnect, _on_disconnect)
    app.add_exception_handler(Exception, _on_surprise)


async def _on_recto_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RectoError)
    return of_error(error, request)


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    detail, code = str(error.detail), _title(error.status_code).lower().replace(" ", "-")
    if error.status_code == 404 and detail == HTTPStatus.NOT_FOUND.phrase:
        path = shortened(request.url.path, MAX_PATH_CHARS)
        detail = f"There is nothing at {path}. What there is, is listed at /docs."
    if error.status_code == 405:
        headers["Allow"] = ", ".join(_methods_at(request))
        detail = f"{request.url.path} takes {headers['Allow']}, not {request.method}."
    return problem(error.status_code, code, detail, request=request, headers=headers)


async def _on_validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = {shortened(".".join(map(str, fault["loc"]))): [shortened(str(fault["msg"]))] for fault in error.errors()}
    return problem(400, "bad-request", "The request is malformed.", request=request, errors=faults)


async def _on_disconnect(request: Request, error: Exception) -> Response:
    """Nobody reads this; the status is for the log (nginx's number for a client that left)."""
    return Response(status_code=499)


async def _on_surprise(request: Request, error: Exception) -> Response:
    return problem(500, "internal", "Something went wrong on our side.", request=request)


def _limit_of(error: RectoError) -> str | None:
    """The setting whose limit was hit, for those who count."""
    if isinstance(error, LimitError):
        named = _SETTING.search(error.advice)
        return named[1].lower() if named else re.sub(r"\W+", "_", error.limit.lower()).strip("_")
    return "wrong_secrets_max" if isinstance(error, TooManyAttemptsError) else None


def _challenge(error: RectoError) -> str:
    if not isinstance(error, InvalidTokenError):
        return 'Bearer realm="recto"'
    said = shortened(error.message).replace("\\", "").replace('"', "'")
    return f'Bearer realm="recto", error="invalid_token", error_description="{said}"'


def _methods_at(request: Request) -> list[str]:
    """The methods of every route that has this path."""
    path = request.scope["path"]
    routes = [route for route in request.app.routes if isinstance(route, Route) and route.path_regex.match(path)]
    return sorted({method for route in routes for method in route.methods or ()})


def _title(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"
