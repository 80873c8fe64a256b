"""The words in which the OpenAPI document describes the native API."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse, Response

from recto.web.described import problem_of

TAG = "Native API (v1)"

Description = dict[str, Any]
Responses = dict[int, dict[str, Any]]

ANY = {
    401: problem_of("No token and no session, or one that is not good; see WWW-Authenticate"),
    503: problem_of("Not ready; see Retry-After"),
}
CHANGING = {**ANY, 403: problem_of("A session's cookie, sent by a page of another server")}


def query(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    """A member of the query that need not be there."""
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": description}


def header(description: str) -> dict[str, Any]:
    """A header of an answer."""
    return {"description": description, "schema": {"type": "string"}}


def described(
    name: str,
    summary: str,
    responses: Responses,
    text: str = "",
    parameters: list[dict[str, Any]] | None = None,
    body: dict[str, Any] | None = None,
) -> Description:
    """What FastAPI is told of a route; the lowest status is the good one."""
    good = min(responses)
    model = responses[good].get("model")
    return {
        "operation_id": name,
        "summary": summary,
        "description": text,
        "tags": [TAG],
        "status_code": good,
        "responses": responses,
        "response_class": JSONResponse if model is not None else Response,
        "openapi_extra": {"parameters": parameters or [], **(body or {})},
    }
