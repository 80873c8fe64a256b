"""One small page at a time, waited for: a task that is in no list and is thrown away once it is answered."""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from fastapi import Request, Security
from starlette.responses import Response

from recto.errors import AttemptFailedError, InputError, LimitError, QueueFullError
from recto.service import INSPECT, PAGE, Order, Record, TaskState
from recto.web.bodies import in_thread
from recto.web.door import OpenDoor
from recto.web.headers import header_text
from recto.web.rooms import Rooms
from recto.web.v1 import kinds
from recto.web.v1.answers import NO_STORE, answer, json_text
from recto.web.v1.uploads import Upload, read_upload
from recto.web.waiting import wait_for_task

Handler = Callable[..., Awaitable[Response]]


def page_handler(rooms: Rooms, door: OpenDoor) -> Handler:
    """``POST /v1/pages``."""

    async def page(request: Request, client_id: str = Security(door)) -> Response:
        kind = kinds.accepted_kind(request.headers.get("accept", ""))
        upload = await _read(request, rooms)
        order = Order(PAGE, upload.wanted(), upload.image)
        return await _answered(request, rooms, client_id, order, lambda record, png: _page_answer(kind, record, png))

    return page


def inspect_handler(rooms: Rooms, door: OpenDoor) -> Handler:
    """``POST /v1/inspect``."""

    async def inspect(request: Request, client_id: str = Security(door)) -> Response:
        upload = await _read(request, rooms)
        order = Order(INSPECT, [], upload.image)
        return await _answered(request, rooms, client_id, order, lambda record, png: answer(record.reports[0]))

    return inspect


async def _read(request: Request, rooms: Rooms) -> Upload:
    content_type, query = request.headers.get("content-type", ""), request.query_params
    async with rooms.bodies.read(request, min(rooms.config.max_body_mb, rooms.config.sync_max_mb * 1.4 + 1)) as body:
        upload = await in_thread(rooms.bodies, len(body), lambda: read_upload(content_type, query, body))
    found_mb = len(upload.image) / 1e6
    if found_mb > rooms.config.sync_max_mb:
        raise LimitError("sync_max_mb", rooms.config.sync_max_mb, found_mb, "Send it to /v1/tasks.")
    return upload


async def _answered(
    request: Request, rooms: Rooms, client_id: str, order: Order, telling: Callable[[Record, bytes], Response]
) -> Response:
    """Have it done and wait; the task is cancelled whatever comes of it, also when the client leaves."""
    config = rooms.config
    small = replace(order, listed=False, one_page_megapixels=config.sync_max_megapixels)
    task_id = (await rooms.service.accept(client_id, small)).task_id
    try:
        view = await wait_for_task(request, rooms, client_id, task_id, config.sync_wait_s)
        if view is None or view.state.is_open:
            raise QueueFullError("sync_wait_s", config.sync_wait_s, None, "Send it to /v1/tasks.")
        if view.state is TaskState.FAILED:
            raise _failure(view.error or "The page cannot be processed.", view.failures)
        (record,) = await rooms.service.overview.records(client_id, [task_id])
        png = None if order.operation == INSPECT else await rooms.service.page(client_id, task_id, 1)
        if png is None and order.operation != INSPECT:
            raise AttemptFailedError(f"The result of {task_id} is lost.")
        return await in_thread(rooms.bodies, len(png or b""), lambda: telling(record, png or b""))
    finally:
        await rooms.service.cancel(client_id, task_id)


def _failure(why: str, failures: int) -> InputError | AttemptFailedError:
    """The page's fault, unless every attempt at it died: then it may be ours."""
    return AttemptFailedError(why) if failures > 0 else InputError(why)


def _page_answer(kind: str, record: Record, png: bytes) -> Response:
    report: dict[str, Any] = record.reports[0]
    headers = {"X-Recto-Estimates": json.dumps(report["estimates"])}
    if record.notes:
        headers["X-Recto-Notes"] = header_text("; ".join(record.notes))
    if kind == kinds.JSON:
        return answer({**report, "image": base64.b64encode(png).decode("ascii")}, headers=headers)
    if kind == kinds.PNG:
        return Response(png, headers={**NO_STORE, **headers}, media_type=kinds.PNG)
    said = json_text(report).encode()
    content_type, body = kinds.mixed([(kinds.JSON, "page.json", said), (kinds.PNG, "page.png", png)])
    return Response(body, headers={**NO_STORE, **headers}, media_type=content_type)
