"""What the OpenAPI document says about the native API, with examples that the tests send."""

from __future__ import annotations

from typing import Any

from recto.web.described import problem_of
from recto.web.v1 import examples
from recto.web.v1.describing import (
    ANY,
    CHANGING,
    Description,
    Responses,
    described,
    header,
    in_path,
    inlined,
    list_members,
    query,
    stream,
    stream_members,
)
from recto.web.v1.models import Filters, Inspection, PageAnswer, Task, TaskBody, TaskList

_NO_TASK = problem_of("There is no such task, any more or for this client")
_UPLOADED = {
    400: problem_of("The body, the picture in it or the recipe cannot be read"),
    408: problem_of("The body took too long"),
    413: problem_of("A limit was exceeded; the detail names it"),
    415: problem_of("A body or a picture of a kind that is not read"),
    **CHANGING,
}


def filters() -> Description:
    """``GET /v1/filters``."""
    responses: Responses = {
        200: {"model": Filters, "description": "Filters, their parameters, and presets"},
        **ANY,
    }
    return described("listFilters", "What a recipe can be made of", responses)


def submit() -> Description:
    """``POST /v1/tasks``."""
    headers = {
        "Location": header("Where the task is"),
        "Idempotent-Replayed": header("`true` when the key came before: this is the task of that time"),
    }
    responses: Responses = {
        202: {"model": Task, "description": "Accepted; nothing can lose it now", "headers": headers},
        409: problem_of("The idempotency key came with another request before"),
        **_UPLOADED,
        503: problem_of("The queue takes no more for now; see Retry-After"),
    }
    parameters = [
        _RECIPE,
        query("name", {"type": "string", "maxLength": 200}, "What you call it; in forms the file's name by default."),
        query("batch", {"type": "string", "format": "uuid"}, "The id of the batch that it belongs to."),
        query("webhook", {"type": "string", "format": "uuid"}, "The id of the webhook that is told of its end."),
        {
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            "schema": {"type": "string", "maxLength": 255},
            "description": "A request that is repeated with the same key makes no second task.",
        },
    ]
    text = "Also for files of several pages. The recipe is in the body or in the query."
    return described(
        "submitTask", "Send a file through a recipe", responses, text, parameters, _body(recipe=True, task=True)
    )


def list_tasks() -> Description:
    """``GET /v1/tasks``."""
    parameters = [
        query("state", {"type": "string"}, "Only these: `pending`, `processing`, `completed`, `failed`, with commas."),
        query("since", {"type": "string", "format": "date-time"}, "Only those submitted then or later."),
        query("batch", {"type": "string", "format": "uuid"}, "Only those of this batch."),
        *list_members(),
    ]
    responses: Responses = {
        200: {"model": TaskList, "description": "A part of the list, newest first"},
        400: problem_of("A member of the query cannot be read"),
        **ANY,
    }
    return described("listTasks", "All tasks of this client", responses, "", parameters)


def get_task() -> Description:
    """``GET /v1/tasks/{task_id}``."""
    wait = query(
        "wait", {"type": "number", "minimum": 0}, "Wait so many seconds for an open task; as `Prefer: wait=n`."
    )
    responses: Responses = {
        200: {"model": Task, "description": "The task as it is"},
        400: problem_of("`wait` is no number"),
        404: _NO_TASK,
        **ANY,
    }
    return described("getTask", "Ask for a task", responses, "", [_TASK_ID, wait])


def delete_task() -> Description:
    """``DELETE /v1/tasks/{task_id}``."""
    responses: Responses = {204: {"description": "Gone; also when it was gone before"}, 404: _NO_TASK, **CHANGING}
    text = "A waiting task is dropped, a running one is stopped, the result of a finished one is thrown away."
    return described("deleteTask", "Cancel a task or throw its result away", responses, text, [_TASK_ID])


def get_result() -> Description:
    """``GET /v1/tasks/{task_id}/result/{page}``."""
    number = in_path("page", {"type": "integer", "minimum": 1}, "Counted from 1.")
    responses: Responses = {
        200: {"description": "The page as PNG, with an ETag", "content": {"image/png": _PNG_CONTENT}},
        304: {"description": "The ETag of If-None-Match still holds"},
        404: problem_of("There is no such task or page"),
        409: problem_of("The task is open or has failed; the detail says which"),
        **ANY,
    }
    return described("getResult", "Fetch a page", responses, "", [_TASK_ID, number])


def task_events() -> Description:
    """``GET /v1/tasks/{task_id}/events``."""
    responses: Responses = {200: _STREAM, 404: _NO_TASK, **ANY}
    text = "Events `task` with the task as data: at once, at each change, the last when it is closed."
    return described("taskEvents", "Be told of a task", responses, text, [_TASK_ID])


def all_events() -> Description:
    """``GET /v1/events``."""
    parameters = stream_members("Begin with what has changed since then.")
    responses: Responses = {200: _STREAM, 400: problem_of("The moment cannot be read"), **ANY}
    text = (
        "Events `task` with the task as data, at each change of any task of this client. Open the stream, then ask "
        "for the list: nothing falls between. A task may be told of twice; the later word is the true one."
    )
    return described("allEvents", "Be told of all tasks", responses, text, parameters)


def page() -> Description:
    """``POST /v1/pages``."""
    headers = {
        "X-Recto-Estimates": header("What was found, as JSON"),
        "X-Recto-Notes": header("What the filters have to say"),
    }
    found = {
        "description": "The page as PNG; as JSON, or the JSON and the PNG in two parts, when Accept asks for it",
        "model": PageAnswer,
        "content": {
            "image/png": _PNG_CONTENT,
            "multipart/mixed": {
                "schema": {
                    "type": "object",
                    "description": "First what was found, as JSON without `image`, then the page as PNG.",
                    "properties": {"page.json": {"type": "object"}, "page.png": _PNG_CONTENT["schema"]},
                }
            },
        },
        "headers": headers,
    }
    responses: Responses = {
        200: found,
        406: problem_of("Accept names neither PNG nor JSON nor multipart/mixed"),
        **_UPLOADED,
        503: _NOT_IN_TIME,
    }
    text = "For one page within `sync_max_mb` and `sync_max_megapixels`; everything else goes to `/v1/tasks`."
    return described("processPage", "Send a small page and wait", responses, text, [_RECIPE], _body(recipe=True))


def inspect() -> Description:
    """``POST /v1/inspect``."""
    responses: Responses = {
        200: {"model": Inspection, "description": "What every filter finds"},
        **_UPLOADED,
        503: _NOT_IN_TIME,
    }
    text = "Nothing is changed and nothing is kept. Limits as for `/v1/pages`."
    return described("inspectPage", "Only look at a small page", responses, text, [], _body(recipe=False))


_TASK_ID = in_path("task_id", {"type": "string", "format": "uuid"}, "The task's id.")
_PNG_CONTENT = {"schema": {"type": "string", "contentMediaType": "image/png"}}
_NOT_IN_TIME = problem_of("It took longer than `sync_wait_s`, or the queue takes no more; see Retry-After")
_STREAM = stream(examples.EVENT)


_RECIPE = query("recipe", {"type": "string"}, "Names with commas, or a JSON list of steps; when the body has none.")


def _body(*, recipe: bool, task: bool = False) -> dict[str, Any]:
    """Of what is uploaded; only a task that is not waited for has a name and tells a webhook."""
    schema = TaskBody.model_json_schema()
    left_out = [*([] if recipe else ["recipe"]), *([] if task else ["name", "webhook", "batch"])]
    members = {name: member for name, member in schema["properties"].items() if name not in left_out}
    if not task:
        schema.pop("$defs")
    schema = {**schema, "properties": members, "required": [name for name in ("image", "recipe") if name in members]}
    file = {"type": "string", "contentMediaType": "application/octet-stream", "description": "Any name and type."}
    form = {"file": file, **{name: {"type": "string"} for name in members if name != "image"}}
    content = {
        "application/json": {"schema": inlined(schema), "examples": examples.bodies(recipe=recipe, task=task)},
        "multipart/form-data": {"schema": {"type": "object", "required": ["file"], "properties": form}},
        "application/octet-stream": {
            "schema": {"type": "string", "contentMediaType": "application/octet-stream", "description": "The file."}
        },
    }
    return {"requestBody": {"required": True, "content": content}}


def add_examples(document: dict[str, Any]) -> None:
    """Put the examples of answers into a finished document; FastAPI would leave every null in them out."""
    for operations in document["paths"].values():
        for operation in operations.values():
            for found in operation["responses"].values():
                content = found.get("content", {}).get("application/json", {})
                example = examples.ANSWERS.get(content.get("schema", {}).get("$ref", "").rpartition("/")[2])
                if example is not None:
                    content["example"] = example
    for operations in document.get("webhooks", {}).values():
        for operation in operations.values():
            content = operation["requestBody"]["content"]["application/json"]
            content["example"] = examples.ANSWERS[content["schema"]["$ref"].rpartition("/")[2]]
            # Not what FastAPI says of an operation of its own.
            operation["responses"] = {"204": {"description": "It has arrived; any other 2xx means the same"}}
