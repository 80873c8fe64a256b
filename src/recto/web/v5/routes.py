"""The routes of the compatible API."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI, Request, Security
from starlette.responses import PlainTextResponse, Response

from recto.errors import BlobMissingError, RequestError
from recto.web import problems
from recto.web.bodies import check_json_type, in_thread
from recto.web.door import Door
from recto.web.pictures import picture_answer
from recto.web.rooms import Rooms
from recto.web.v5 import described
from recto.web.v5.answers import Found, headers_of, result_answer, status_answer, status_of
from recto.web.v5.models import TaskStatus
from recto.web.v5.operations import (
    CANONICAL_PREFIX,
    CURRENT,
    DEPRECATED,
    ELSEWHERE,
    GET_RESULT_FILE,
    GET_RESULT_TASK,
    GET_TASK_STATUS,
    Operation,
    names_here,
    recipe_of,
)
from recto.web.v5.uploads import check_multipart_type, image_in_json, image_in_multipart
from recto.web.waiting import preferred_wait_s, wait_for_task

JSON = "application/json; charset=utf-8"
MAX_ID_CHARS = 200
NO_STORE = {"Cache-Control": "no-store"}

_log = logging.getLogger("recto.web")

Handler = Callable[..., Awaitable[Response]]


def add_routes(app: FastAPI, rooms: Rooms, door: Door) -> None:
    """Every operation of the compatible API, in its canonical spelling."""
    result = _result_handler(rooms, door)
    for operation in CURRENT:
        post = _post_handler(rooms, door, operation, multipart=False)
        _add(app, "POST", operation.name, post, described.post_json(operation))
        _add(app, "GET", operation.name, result, described.get_result(operation))
        _add(app, "DELETE", operation.name, _delete_handler(rooms, door), described.delete(operation))
    for operation in DEPRECATED:
        post = _post_handler(rooms, door, operation, multipart=True)
        _add(app, "POST", operation.name, post, described.post_file(operation))
    _add(app, "GET", GET_RESULT_TASK, result, described.get_result_task())
    _add(app, "GET", GET_RESULT_FILE, _file_handler(rooms, door), described.get_result_file())
    _add(app, "GET", GET_TASK_STATUS, _status_handler(rooms, door), described.get_task_status())
    for name in ELSEWHERE:
        methods = ["GET", "HEAD", "POST", "DELETE"]
        app.add_api_route(
            CANONICAL_PREFIX + name, _not_here, methods=methods, include_in_schema=False, response_model=None
        )


def _add(app: FastAPI, method: str, name: str, handler: Handler, description: dict[str, Any]) -> None:
    path = CANONICAL_PREFIX + name
    app.add_api_route(path, handler, methods=[method], response_model=None, **description)
    if method == "GET":
        app.add_api_route(path, handler, methods=["HEAD"], response_model=None, include_in_schema=False)


def _post_handler(rooms: Rooms, door: Door, operation: Operation, *, multipart: bool) -> Handler:
    recipe = recipe_of(operation, rooms.config.upscale_factor)

    async def post(request: Request, client_id: str = Security(door)) -> Response:
        (check_multipart_type if multipart else check_json_type)(request)
        content_type = request.headers.get("content-type", "")
        async with rooms.bodies.read(request) as body:
            image = await in_thread(
                rooms.bodies,
                len(body),
                lambda: image_in_multipart(content_type, body) if multipart else image_in_json(body),
            )
            task_id = await rooms.service.submit(client_id, operation.name, recipe, image)
        request.state.task_id = task_id
        return PlainTextResponse(task_id, headers=NO_STORE)

    return post


def _result_handler(rooms: Rooms, door: Door) -> Handler:
    async def result(request: Request, client_id: str = Security(door)) -> Response:
        found, headers = await _wait_and_find(request, rooms, client_id)
        size_bytes = sum(map(len, found.pages or ()))
        notes = rooms.config.notes_in_messages
        content = await in_thread(
            rooms.bodies,
            size_bytes,
            lambda: result_answer(found, notes_in_messages=notes).model_dump_json().encode(),
        )
        return Response(content, headers=headers, media_type=JSON)

    return result


def _file_handler(rooms: Rooms, door: Door) -> Handler:
    async def file(request: Request, client_id: str = Security(door)) -> Response:
        page = _page_number(request)
        found, headers = await _wait_and_find(request, rooms, client_id)
        if not found.pages or page > len(found.pages):
            return Response(status_code=204, headers=headers)
        png = found.pages[page - 1]
        assert found.view is not None
        name = found.view.id if len(found.pages) == 1 else f"{found.view.id}-{page:03d}"
        return picture_answer(request, png, {**headers, "Content-Disposition": f'attachment; filename="{name}.png"'})

    return file


def _status_handler(rooms: Rooms, door: Door) -> Handler:
    async def status(request: Request, client_id: str = Security(door)) -> Response:
        task_id = _task_id(request)
        found = Found(task_id, await rooms.service.fetch(client_id, task_id))
        content = status_answer(found).model_dump_json()
        return Response(content, headers={**NO_STORE, **headers_of(found)}, media_type=JSON)

    return status


def _delete_handler(rooms: Rooms, door: Door) -> Handler:
    async def delete(request: Request, client_id: str = Security(door)) -> Response:
        await rooms.service.cancel(client_id, _task_id(request))
        return Response(status_code=200, headers=NO_STORE)

    return delete


async def _not_here(request: Request) -> Response:
    name = request.url.path.removeprefix(CANONICAL_PREFIX)
    return problems.problem(
        501,
        "not-here",
        f"Recto does not do {name}. It does: {', '.join(names_here())}.",
        request=request,
        operations=names_here(),
    )


async def _wait_and_find(request: Request, rooms: Rooms, client_id: str) -> tuple[Found, dict[str, str]]:
    """The task, after the wait, with its pages if it has any; and the headers that every answer about it has."""
    task_id = _task_id(request)
    wanted_s = preferred_wait_s(request)
    wait_s = rooms.config.long_poll_s if wanted_s is None else min(wanted_s, rooms.config.prefer_wait_max_s)
    view = await wait_for_task(request, rooms, client_id, task_id, wait_s)
    found = Found(task_id, view)
    if status_of(found)[0] is TaskStatus.COMPLETED:
        pages = await _pages(rooms, client_id, task_id)
        found = Found(task_id, view, pages, lost=pages is None)
    headers = {**NO_STORE, **headers_of(found)}
    if wanted_s is not None:
        headers["Preference-Applied"] = f"wait={wait_s:g}"
    return found, headers


async def _pages(rooms: Rooms, client_id: str, task_id: str) -> tuple[bytes, ...] | None:
    """The result, or None when it is gone; a lost blob is our fault and is logged as such."""
    try:
        return await rooms.service.result(client_id, task_id)
    except BlobMissingError as error:
        _log.error("the result of %s is lost: %s", task_id, error.message)
        return None


def _task_id(request: Request) -> str:
    """The query member ``id`` in any case; opaque, and never refused for its looks."""
    values = [value for key, value in request.query_params.multi_items() if key.lower() == "id"]
    task_id = values[0].strip().strip('"').lower() if values else ""
    if not task_id:
        raise RequestError("The query member 'id' is missing.")
    task_id = task_id[:MAX_ID_CHARS]
    request.state.task_id = task_id
    return task_id


def _page_number(request: Request) -> int:
    for key, value in request.query_params.multi_items():
        if key.lower() == "page":
            if value.isdecimal() and int(value[:9]) >= 1:
                return int(value[:9])
            raise RequestError("The query member 'page' is a number from 1.")
    return 1
