"""What the OpenAPI document says about the native API, with examples that the tests send."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse, Response

from recto.web.described import problem_of
from recto.web.v1 import examples
from recto.web.v1.models import Filters, Inspection, PageAnswer, Task, TaskBody, TaskList
from recto.web.v1.parameters import DEFAULT_LIMIT, MAX_LIMIT

TAG = "Native API (v1)"

Description = dict[str, Any]
Responses = dict[int, dict[str, Any]]

_ANY = {
    401: problem_of("No token and no session, or one that is not good; see WWW-Authenticate"),
    503: problem_of("Not ready; see Retry-After"),
}
_CHANGING = {**_ANY, 403: problem_of("A session's cookie, sent by a page of another server")}
_NO_TASK = problem_of("There is no such task, any more or for this client")
_UPLOADED = {
    400: problem_of("The body, the picture in it or the recipe cannot be read"),
    408: problem_of("The body took too long"),
    413: problem_of("A limit was exceeded; the detail names it"),
    415: problem_of("A body or a picture of a kind that is not read"),
    **_CHANGING,
}


def filters() -> Description:
    """``GET /v1/filters``."""
    responses: Responses = {
        200: {"model": Filters, "description": "Filters, their parameters, and presets"},
        **_ANY,
    }
    return _described("listFilters", "What a recipe can be made of", responses)


def submit() -> Description:
    """``POST /v1/tasks``."""
    headers = {
        "Location": _header("Where the task is"),
        "Idempotent-Replayed": _header("`true` when the key came before: this is the task of that time"),
    }
    responses: Responses = {
        202: {"model": Task, "description": "Accepted; nothing can lose it now", "headers": headers},
        409: problem_of("The idempotency key came with another request before"),
        **_UPLOADED,
        503: problem_of("The queue takes no more for now; see Retry-After"),
    }
    parameters = [
        _RECIPE,
        _query("name", {"type": "string", "maxLength": 200}, "What you call it; in forms the file's name by default."),
        {
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            "schema": {"type": "string", "maxLength": 255},
            "description": "A request that is repeated with the same key makes no second task.",
        },
    ]
    text = "Also for files of several pages. The recipe is in the body or in the query."
    return _described("submitTask", "Send a file through a recipe", responses, text, parameters, _body(recipe=True))


def list_tasks() -> Description:
    """``GET /v1/tasks``."""
    limits = {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}
    parameters = [
        _query("state", {"type": "string"}, "Only these: `pending`, `processing`, `completed`, `failed`, with commas."),
        _query("since", {"type": "string", "format": "date-time"}, "Only those submitted then or later."),
        _query("cursor", {"type": "string"}, "Go on where the last part ended."),
        _query("limit", limits, "How many at once."),
    ]
    responses: Responses = {
        200: {"model": TaskList, "description": "A part of the list, newest first"},
        400: problem_of("A member of the query cannot be read"),
        **_ANY,
    }
    return _described("listTasks", "All tasks of this client", responses, "", parameters)


def get_task() -> Description:
    """``GET /v1/tasks/{task_id}``."""
    wait = _query(
        "wait", {"type": "number", "minimum": 0}, "Wait so many seconds for an open task; as `Prefer: wait=n`."
    )
    responses: Responses = {
        200: {"model": Task, "description": "The task as it is"},
        400: problem_of("`wait` is no number"),
        404: _NO_TASK,
        **_ANY,
    }
    return _described("getTask", "Ask for a task", responses, "", [_TASK_ID, wait])


def delete_task() -> Description:
    """``DELETE /v1/tasks/{task_id}``."""
    responses: Responses = {204: {"description": "Gone; also when it was gone before"}, 404: _NO_TASK, **_CHANGING}
    text = "A waiting task is dropped, a running one is stopped, the result of a finished one is thrown away."
    return _described("deleteTask", "Cancel a task or throw its result away", responses, text, [_TASK_ID])


def get_result() -> Description:
    """``GET /v1/tasks/{task_id}/result/{page}``."""
    page = {"name": "page", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}}
    responses: Responses = {
        200: {"description": "The page as PNG, with an ETag", "content": {"image/png": _PNG_CONTENT}},
        304: {"description": "The ETag of If-None-Match still holds"},
        404: problem_of("There is no such task or page"),
        409: problem_of("The task is open or has failed; the detail says which"),
        **_ANY,
    }
    described_page = {**page, "description": "Counted from 1."}
    return _described("getResult", "Fetch a page", responses, "", [_TASK_ID, described_page])


def task_events() -> Description:
    """``GET /v1/tasks/{task_id}/events``."""
    responses: Responses = {200: _STREAM, 404: _NO_TASK, **_ANY}
    text = "Events `task` with the task as data: at once, at each change, the last when it is closed."
    return _described("taskEvents", "Be told of a task", responses, text, [_TASK_ID])


def all_events() -> Description:
    """``GET /v1/events``."""
    parameters = [
        _query("since", {"type": "string", "format": "date-time"}, "Begin with what has changed since then."),
        {
            "name": "Last-Event-ID",
            "in": "header",
            "required": False,
            "schema": {"type": "string"},
            "description": "What browsers send when they come again; goes before `since`.",
        },
    ]
    responses: Responses = {200: _STREAM, 400: problem_of("The moment cannot be read"), **_ANY}
    text = (
        "Events `task` with the task as data, at each change of any task of this client. Open the stream, then ask "
        "for the list: nothing falls between. A task may be told of twice; the later word is the true one."
    )
    return _described("allEvents", "Be told of all tasks", responses, text, parameters)


def page() -> Description:
    """``POST /v1/pages``."""
    headers = {
        "X-Recto-Estimates": _header("What was found, as JSON"),
        "X-Recto-Notes": _header("What the filters have to say"),
    }
    found = {
        "description": "The page as PNG, or as JSON when Accept asks for it",
        "model": PageAnswer,
        "content": {"image/png": _PNG_CONTENT},
        "headers": headers,
    }
    responses: Responses = {
        200: found,
        406: problem_of("Accept names neither PNG nor JSON"),
        **_UPLOADED,
        503: _NOT_IN_TIME,
    }
    text = "For one page within `sync_max_mb` and `sync_max_megapixels`; everything else goes to `/v1/tasks`."
    return _described("processPage", "Send a small page and wait", responses, text, [_RECIPE], _body(recipe=True))


def inspect() -> Description:
    """``POST /v1/inspect``."""
    responses: Responses = {
        200: {"model": Inspection, "description": "What every filter finds"},
        **_UPLOADED,
        503: _NOT_IN_TIME,
    }
    text = "Nothing is changed and nothing is kept. Limits as for `/v1/pages`."
    return _described("inspectPage", "Only look at a small page", responses, text, [], _body(recipe=False))


_TASK_ID = {
    "name": "task_id",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "format": "uuid"},
    "description": "The task's id.",
}
_PNG_CONTENT = {"schema": {"type": "string", "contentMediaType": "image/png"}}
_NOT_IN_TIME = problem_of("It took longer than `sync_wait_s`, or the queue takes no more; see Retry-After")
_STREAM = {
    "description": "A stream of server-sent events",
    "content": {"text/event-stream": {"schema": {"type": "string"}, "example": examples.EVENT}},
}


def _query(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": description}


_RECIPE = _query("recipe", {"type": "string"}, "Names with commas, or a JSON list of steps; when the body has none.")


def _header(description: str) -> dict[str, Any]:
    return {"description": description, "schema": {"type": "string"}}


def _body(*, recipe: bool) -> dict[str, Any]:
    schema = TaskBody.model_json_schema()
    file = {"type": "string", "contentMediaType": "application/octet-stream", "description": "Any name and type."}
    form = {"file": file, "recipe": {"type": "string"}, "name": {"type": "string"}}
    needed = ["image", "recipe"]
    if not recipe:
        schema = {**schema, "properties": {"image": schema["properties"]["image"]}}
        form, needed = {"file": file}, ["image"]
    content = {
        "application/json": {"schema": {**schema, "required": needed}, "examples": examples.bodies(recipe=recipe)},
        "multipart/form-data": {"schema": {"type": "object", "required": ["file"], "properties": form}},
        "application/octet-stream": {
            "schema": {"type": "string", "contentMediaType": "application/octet-stream", "description": "The file."}
        },
    }
    return {"requestBody": {"required": True, "content": content}}


def _described(
    name: str,
    summary: str,
    responses: Responses,
    text: str = "",
    parameters: list[dict[str, Any]] | None = None,
    body: dict[str, Any] | None = None,
) -> Description:
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


def add_examples(document: dict[str, Any]) -> None:
    """Put the examples of answers into a finished document; FastAPI would leave every null in them out."""
    for operations in document["paths"].values():
        for operation in operations.values():
            for found in operation["responses"].values():
                content = found.get("content", {}).get("application/json", {})
                example = examples.ANSWERS.get(content.get("schema", {}).get("$ref", "").rpartition("/")[2])
                if example is not None:
                    content["example"] = example
