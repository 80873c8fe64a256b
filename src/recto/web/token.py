"""``/connect/token``: OAuth 2 client credentials (RFC 6749), and the public keys."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_plus

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from recto.errors import InvalidClientError, LimitError, RequestError, TooManyAttemptsError
from recto.web.forms import read_form
from recto.web.problems import shortened
from recto.web.rooms import Rooms

MAX_FORM_MB = 0.1
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}

_FORM_SCHEMA = {
    "type": "object",
    "required": ["grant_type"],
    "properties": {
        "grant_type": {"type": "string", "enum": ["client_credentials"]},
        "client_id": {"type": "string"},
        "client_secret": {"type": "string"},
        "scope": {"type": "string", "description": "Ignored."},
    },
}
_REQUEST_BODY = {
    "requestBody": {
        "content": {
            "application/x-www-form-urlencoded": {"schema": _FORM_SCHEMA},
            "multipart/form-data": {"schema": _FORM_SCHEMA},
        }
    }
}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "`{access_token, expires_in, token_type}`"},
    400: {"description": "`{error, error_description}`: invalid_request, unsupported_grant_type or invalid_client"},
    401: {"description": "invalid_client, when the client proved itself by HTTP Basic"},
    413: {"description": "invalid_request: the form is far too large"},
    429: {"description": "Too many wrong secrets; see Retry-After"},
    503: {"description": "Not ready; see Retry-After"},
}


def add_routes(app: FastAPI, rooms: Rooms) -> None:
    """The token endpoint and the key set."""

    async def token(request: Request) -> JSONResponse:
        try:
            async with rooms.bodies.read(request, MAX_FORM_MB) as body:
                form = read_form(request.headers.get("content-type"), body)
        except LimitError as error:
            return _refusal(error.status, "invalid_request", error.message)
        except HTTPException as error:
            return _refusal(error.status_code, "invalid_request", str(error.detail), error.headers)
        except RequestError as error:
            return _refusal(400, "invalid_request", error.message)
        grant = form.get("grant_type")
        if not grant:
            return _refusal(400, "invalid_request", "grant_type is missing.")
        if grant != "client_credentials":
            return _refusal(400, "unsupported_grant_type", "The grant type is client_credentials.")
        return await _issue(request, form, rooms)

    async def jwks(request: Request) -> JSONResponse:
        return JSONResponse(rooms.access.jwks(), headers={"Cache-Control": "public, max-age=300"})

    app.add_api_route(
        "/connect/token",
        token,
        methods=["POST"],
        summary="Get an access token",
        tags=["Access"],
        responses=_ANSWERS,
        response_model=None,
        openapi_extra=_REQUEST_BODY,
    )
    app.add_api_route(
        "/.well-known/jwks.json",
        jwks,
        methods=["GET"],
        summary="The public keys of the tokens",
        tags=["Access"],
        response_model=None,
    )
    for path, methods in (("/.well-known/jwks.json", ["HEAD"]), ("/connect/jwks", ["GET", "HEAD"])):
        app.add_api_route(path, jwks, methods=methods, include_in_schema=False, response_model=None)


async def _issue(request: Request, form: Mapping[str, str], rooms: Rooms) -> JSONResponse:
    header = request.headers.get("authorization", "")
    by_basic = header.lower().startswith("basic ") and "client_id" not in form
    try:
        client_id, secret = _basic(header) if by_basic else (form.get("client_id"), form.get("client_secret"))
    except ValueError:
        return _refusal(400, "invalid_request", "The Authorization header is damaged.")
    if not client_id or not secret:
        return _refusal(400, "invalid_request", "client_id and client_secret are needed.")
    source = request.client.host if request.client else ""
    try:
        issued = await rooms.access.issue(client_id, secret, source)
    except InvalidClientError as error:
        challenge = {"WWW-Authenticate": 'Basic realm="recto"'} if by_basic else {}
        return _refusal(401 if by_basic else 400, "invalid_client", error.message, challenge)
    except TooManyAttemptsError as error:
        return _refusal(429, "invalid_client", error.message, {"Retry-After": str(error.retry_after_s)})
    request.state.client_id = client_id
    content = {"access_token": issued.token, "expires_in": issued.expires_in_s, "token_type": "Bearer"}
    return JSONResponse(content, headers=NO_STORE)


def _basic(header: str) -> tuple[str, str]:
    """RFC 6749, 2.3.1: both parts are form-encoded before they are joined."""
    try:
        text = base64.b64decode(header[6:].strip(), validate=True).decode()
    except binascii.Error as error:
        raise ValueError from error
    client_id, colon, secret = text.partition(":")
    if not colon:
        raise ValueError("no colon")
    return unquote_plus(client_id), unquote_plus(secret)


def _refusal(status: int, error: str, description: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    ascii_only = shortened(description).encode("ascii", "replace").decode().replace('"', "'").replace("\\", "/")
    content = {"error": error, "error_description": ascii_only}
    return JSONResponse(content, status, {**NO_STORE, **(headers or {})})
