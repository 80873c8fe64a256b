"""What the OpenAPI document says about batches."""

from __future__ import annotations

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
    json_body,
    list_members,
    query,
    stream,
    stream_members,
)
from recto.web.v1.models import Batch, BatchList, NewBatch

_NONE = problem_of("There is no such batch, any more or for this client")


def open_batch() -> Description:
    """``POST /v1/batches``."""
    responses: Responses = {
        201: {
            "model": Batch,
            "description": "The batch, open for files",
            "headers": {"Location": header("Where the batch is")},
        },
        400: problem_of("The body or the recipe cannot be read"),
        **CHANGING,
    }
    text = "Send its files to `/v1/tasks` with its id as `batch`, then close it."
    body = json_body(NewBatch, examples.BATCHES)
    return described("openBatch", "Begin a batch of files", responses, text, [], body)


def list_batches() -> Description:
    """``GET /v1/batches``."""
    responses: Responses = {
        200: {"model": BatchList, "description": "A part of the list, newest first"},
        400: problem_of("A member of the query cannot be read"),
        **ANY,
    }
    return described("listBatches", "All batches of this client", responses, "", list_members())


def get_batch() -> Description:
    """``GET /v1/batches/{batch_id}``."""
    wait = query(
        "wait", {"type": "number", "minimum": 0}, "Wait so many seconds until it is done; as `Prefer: wait=n`."
    )
    responses: Responses = {
        200: {"model": Batch, "description": "The batch as it is"},
        400: problem_of("`wait` is no number"),
        404: _NONE,
        **ANY,
    }
    return described("getBatch", "Ask for a batch", responses, "", [_BATCH_ID, wait])


def close_batch() -> Description:
    """``POST /v1/batches/{batch_id}/close``."""
    responses: Responses = {200: {"model": Batch, "description": "The batch as it is"}, 404: _NONE, **CHANGING}
    return described("closeBatch", "Say that no more files are to come", responses, "", [_BATCH_ID])


def delete_batch() -> Description:
    """``DELETE /v1/batches/{batch_id}``."""
    responses: Responses = {204: {"description": "Gone; also when it was gone before"}, 404: _NONE, **CHANGING}
    return described("deleteBatch", "Cancel all its tasks and throw its results away", responses, "", [_BATCH_ID])


def batch_events() -> Description:
    """``GET /v1/batches/{batch_id}/events``."""
    parameters = [_BATCH_ID, *stream_members("Begin with the tasks that changed since then.")]
    text = (
        "Events `batch` with the batch as data, at once and whenever it changes, and `task` for each of its tasks "
        "that changes; the last is a `batch` that is done."
    )
    responses: Responses = {
        200: stream(examples.BATCH_EVENT),
        400: problem_of("The moment cannot be read"),
        404: _NONE,
        **ANY,
    }
    return described("batchEvents", "Be told of a batch", responses, text, parameters)


def get_bundle() -> Description:
    """``GET /v1/batches/{batch_id}/result``."""
    form = query("format", {"type": "string", "enum": ["zip", "pdf"], "default": "zip"}, "What to make of the pages.")
    binary = {"schema": {"type": "string", "contentMediaType": "application/octet-stream"}}
    responses: Responses = {
        200: {
            "description": "All pages: PNGs in a ZIP, with `failed.txt` when files failed, or one PDF",
            "content": {"application/zip": binary, "application/pdf": binary},
        },
        400: problem_of("There is no such format"),
        404: _NONE,
        409: problem_of("It is not done, or nothing was completed"),
        **ANY,
    }
    return described("getBatchResult", "Fetch all pages as one file", responses, "", [_BATCH_ID, form])


_BATCH_ID = in_path("batch_id", {"type": "string", "format": "uuid"}, "The batch's id.")
