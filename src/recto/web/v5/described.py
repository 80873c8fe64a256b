"""What the OpenAPI document says about the compatible API: real behaviour, in one place."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse, PlainTextResponse, Response

from recto.web.described import problem_of
from recto.web.v5.models import OCRImageBody, OCRResponse
from recto.web.v5.operations import GET_RESULT_FILE, GET_RESULT_TASK, Operation

TAG = "Compatible API (v5)"

_ID = {"name": "id", "in": "query", "required": True, "schema": {"type": "string"}, "description": "The task's id."}
_PREFER = {
    "name": "Prefer",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "`wait=n`: wait at most n seconds for an open task; `wait=0` answers at once.",
}


_ANY = {
    401: problem_of("No token, or one that is not good; see WWW-Authenticate"),
    503: problem_of("Not ready; see Retry-After"),
}
_SUBMITTED = {
    200: {
        "description": "The bare id of the task, in lower case, without quotes",
        "content": {"text/plain": {"schema": {"type": "string", "format": "uuid"}}},
    },
    400: problem_of("The body or the picture in it cannot be read"),
    408: problem_of("The body took too long"),
    413: problem_of("A limit was exceeded; the detail names it"),
    415: problem_of("A body or a picture of a kind that is not read"),
    **_ANY,
    503: problem_of("The queue takes no more for now; see Retry-After"),
}
_RESULT = {
    200: {
        "model": OCRResponse,
        "description": "Always when the id is there: also for open, failed, unknown and expired tasks",
        "headers": {
            "X-Recto-Notes": {"description": "What the filters have to say", "schema": {"type": "string"}},
            "X-Recto-Pages": {"description": "Number of pages", "schema": {"type": "string"}},
            "X-Task-Status": {"description": "As in the body", "schema": {"type": "string"}},
        },
    },
    400: problem_of("The id is missing"),
    **_ANY,
}


def post_json(operation: Operation) -> dict[str, Any]:
    """``POST X`` with a JSON body."""
    schema = OCRImageBody.model_json_schema()
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    return {
        "operation_id": f"Post{operation.name}",
        "summary": operation.summary,
        "description": "Gives the id of a task at once; GET the same path with it for the result.",
        "tags": [TAG],
        "responses": _SUBMITTED,
        "response_class": PlainTextResponse,
        "openapi_extra": {"requestBody": body},
    }


def post_file(operation: Operation) -> dict[str, Any]:
    """``POST ImageProcessing/Post…File`` with a form."""
    name = operation.name.rpartition("/")[2]
    file = {"type": "string", "contentMediaType": "application/octet-stream", "description": "Any name and type."}
    schema = {"type": "object", "required": ["file"], "properties": {"file": file}}
    return {
        "operation_id": name,
        "summary": operation.summary,
        "description": f"Fetch the result from `{GET_RESULT_TASK}` or `{GET_RESULT_FILE}`.",
        "tags": [TAG],
        "deprecated": True,
        "responses": _SUBMITTED,
        "response_class": PlainTextResponse,
        "openapi_extra": {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}},
    }


def get_result(operation: Operation) -> dict[str, Any]:
    """``GET X?id``."""
    return {
        "operation_id": f"Get{operation.name}",
        "summary": "Fetch the result",
        "description": "Waits for an open task. Results can be fetched until the task expires.",
        "tags": [TAG],
        "responses": _RESULT,
        "response_class": JSONResponse,
        "openapi_extra": {"parameters": [_ID, _PREFER]},
    }


def get_result_task() -> dict[str, Any]:
    """``GET ImageProcessing/GetResultTask?id``."""
    return {
        "operation_id": "GetResultTask",
        "summary": "Fetch the result of any task as JSON",
        "tags": [TAG],
        "deprecated": True,
        "responses": _RESULT,
        "response_class": JSONResponse,
        "openapi_extra": {"parameters": [_ID, _PREFER]},
    }


def get_result_file() -> dict[str, Any]:
    """``GET ImageProcessing/GetResultFile?id``."""
    page = {
        "name": "page",
        "in": "query",
        "required": False,
        "schema": {"type": "integer", "minimum": 1, "default": 1},
        "description": "Which page of a document with several; X-Recto-Pages says how many there are.",
    }
    png = {"schema": {"type": "string", "contentMediaType": "image/png"}}
    responses = {
        200: {"description": "One page as PNG, with an ETag", "content": {"image/png": png}},
        204: {"description": "There is no such page (yet, or any more); X-Task-Status says why"},
        304: {"description": "The ETag of If-None-Match still holds"},
        400: problem_of("The id is missing"),
        **_ANY,
    }
    return {
        "operation_id": "GetResultFile",
        "summary": "Fetch the result of any task as a PNG file",
        "tags": [TAG],
        "deprecated": True,
        "responses": responses,
        "response_class": Response,
        "openapi_extra": {"parameters": [_ID, page, _PREFER]},
    }


def get_task_status() -> dict[str, Any]:
    """``GET Utilities/GetTaskStatus?id``."""
    return {
        "operation_id": "GetTaskStatus",
        "summary": "Ask where a task is",
        "description": "Answers at once and never with results.",
        "tags": [TAG],
        "responses": _RESULT,
        "response_class": JSONResponse,
        "openapi_extra": {"parameters": [_ID]},
    }


def delete(operation: Operation) -> dict[str, Any]:
    """``DELETE X?id``."""
    return {
        "operation_id": f"Cancel{operation.name}",
        "summary": "Cancel a task or throw its result away",
        "description": "Also 200 for a task that does not exist.",
        "tags": [TAG],
        "response_class": Response,
        "responses": {200: {"description": "Done; no body"}, 400: problem_of("The id is missing"), **_ANY},
        "openapi_extra": {"parameters": [_ID]},
    }
