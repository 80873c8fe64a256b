"""The words in which the OpenAPI document describes the native API."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from recto.web.described import problem_of
from recto.web.v1.parameters import DEFAULT_LIMIT, MAX_LIMIT

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


def in_path(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    """A piece of the path."""
    return {"name": name, "in": "path", "required": True, "schema": schema, "description": description}


def header(description: str) -> dict[str, Any]:
    """A header of an answer."""
    return {"description": description, "schema": {"type": "string"}}


def stream_members(since: str) -> list[dict[str, Any]]:
    """What says where a stream of events begins."""
    return [
        query("since", {"type": "string", "format": "date-time"}, since),
        {
            "name": "Last-Event-ID",
            "in": "header",
            "required": False,
            "schema": {"type": "string"},
            "description": "What browsers send when they come again; goes before `since`.",
        },
    ]


def list_members() -> list[dict[str, Any]]:
    """The members of the query of every list."""
    limits = {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}
    return [
        query("cursor", {"type": "string"}, "Go on where the last part ended."),
        query("limit", limits, "How many at once."),
    ]


def json_body(model: type[BaseModel], shown: dict[str, Any]) -> dict[str, Any]:
    """A body that is a small JSON object, with examples that the tests send."""
    content = {"schema": inlined(model.model_json_schema()), "examples": shown}
    return {"requestBody": {"required": True, "content": {"application/json": content}}}


def inlined(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema without definitions of its own, which a document has no place for."""
    known = schema.pop("$defs", {})

    def resolve(found: Any) -> Any:
        if isinstance(found, list):
            return [resolve(entry) for entry in found]
        if not isinstance(found, dict):
            return found
        if "$ref" in found:
            return resolve(known[found["$ref"].rpartition("/")[2]])
        return {name: resolve(entry) for name, entry in found.items()}

    found: dict[str, Any] = resolve(schema)
    return found


def stream(example: str) -> dict[str, Any]:
    """An answer that is a stream of events."""
    content = {"text/event-stream": {"schema": {"type": "string"}, "example": example}}
    return {"description": "A stream of server-sent events", "content": content}


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
