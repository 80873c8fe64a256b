"""The routes of the native API."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request, Security
from starlette.responses import Response

from recto.errors import NotCompletedError, NotFoundError
from recto.service import TASK, Order, Place, Record, TaskState
from recto.web.bodies import in_thread
from recto.web.door import SESSION_SCHEME, OpenDoor
from recto.web.pictures import picture_answer
from recto.web.rooms import Rooms
from recto.web.v1 import batches, described, events, waited, webhooks
from recto.web.v1.answers import NO_STORE, answer, answer_tasks, task_object
from recto.web.v1.catalogue import all_there_is
from recto.web.v1.parameters import (
    limit_of,
    moment_of,
    no_task,
    page_number_of,
    part_of,
    place_of,
    states_of,
    task_id_of,
    wait_s_of,
)
from recto.web.v1.uploads import Upload, idempotency_key_of, read_upload
from recto.web.waiting import wait_for_task

Handler = Callable[..., Awaitable[Response]]


def add_routes(app: FastAPI, rooms: Rooms, door: OpenDoor) -> None:
    """Every route below ``/v1``."""
    _add(app, "GET", "/v1/filters", _filters(door), described.filters())
    _add(app, "POST", "/v1/tasks", _submit(rooms, door), described.submit())
    _add(app, "GET", "/v1/tasks", _list(rooms, door), described.list_tasks())
    _add(app, "GET", "/v1/tasks/{task_id}", _task(rooms, door), described.get_task())
    _add(app, "DELETE", "/v1/tasks/{task_id}", _delete(rooms, door), described.delete_task())
    _add(app, "GET", "/v1/tasks/{task_id}/result/{page}", _result(rooms, door), described.get_result())
    _add(app, "GET", "/v1/tasks/{task_id}/events", _task_events(rooms, door), described.task_events())
    _add(app, "GET", "/v1/events", _all_events(rooms, door), described.all_events())
    for method, path, handler, description in (*batches.routes(rooms, door), *webhooks.routes(rooms, door)):
        _add(app, method, path, handler, description)
    webhooks.describe_messages(app)
    _add(app, "POST", "/v1/pages", waited.page_handler(rooms, door), described.page())
    _add(app, "POST", "/v1/inspect", waited.inspect_handler(rooms, door), described.inspect())


def _add(app: FastAPI, method: str, path: str, handler: Handler, description: dict[str, Any]) -> None:
    session = [Security(SESSION_SCHEME)]
    app.add_api_route(path, handler, methods=[method], response_model=None, dependencies=session, **description)
    if method == "GET":
        app.add_api_route(path, handler, methods=["HEAD"], response_model=None, include_in_schema=False)


def _filters(door: OpenDoor) -> Handler:
    content = all_there_is()

    async def filters(request: Request, client_id: str = Security(door)) -> Response:
        return answer(content)

    return filters


def _submit(rooms: Rooms, door: OpenDoor) -> Handler:
    async def submit(request: Request, client_id: str = Security(door)) -> Response:
        key = idempotency_key_of(request.headers.get("idempotency-key"))
        content_type, query = request.headers.get("content-type", ""), request.query_params
        async with rooms.bodies.read(request) as body:
            upload = await in_thread(rooms.bodies, len(body), lambda: read_upload(content_type, query, body))
            order = await _order(rooms, client_id, upload, key)
            accepted = await rooms.service.accept(client_id, order)
        request.state.task_id = accepted.task_id
        record = await _record(rooms, client_id, accepted.task_id)
        headers = {"Location": f"/v1/tasks/{accepted.task_id}"}
        if accepted.repeated:
            headers["Idempotent-Replayed"] = "true"
        return answer(task_object(record), 202, headers)

    return submit


async def _order(rooms: Rooms, client_id: str, upload: Upload, key: str | None) -> Order:
    """What is asked for; the webhook and the batch that it names are seen to be there."""
    webhook_id = None if upload.webhook is None else await rooms.webhooks.named(client_id, upload.webhook)
    batch = None if upload.batch is None else await batches.batch_of(rooms, client_id, upload.batch)
    return Order(
        TASK,
        batch.recipe if batch is not None and upload.recipe is None else upload.wanted(),
        upload.image,
        upload.name,
        idempotency_key=key,
        webhook_id=webhook_id,
        batch_id=None if batch is None else batch.id,
    )


def _list(rooms: Rooms, door: OpenDoor) -> Handler:
    async def tasks(request: Request, client_id: str = Security(door)) -> Response:
        states, limit = states_of(request), limit_of(request)
        since = moment_of(request.query_params.get("since"), "The query member 'since'")
        after = place_of(request.query_params.get("cursor"))
        of = request.query_params.get("batch")
        batch_id = None if of is None else (await batches.batch_of(rooms, client_id, of)).id
        found = await rooms.service.overview.page(client_id, states, since, after, limit + 1, batch_id)
        return await answer_tasks(*part_of(found, limit, lambda record: Place(record.submitted_at, record.id)))

    return tasks


def _task(rooms: Rooms, door: OpenDoor) -> Handler:
    async def task(request: Request, client_id: str = Security(door)) -> Response:
        task_id, wait_s = task_id_of(request), wait_s_of(request, rooms)
        if wait_s > 0 and await wait_for_task(request, rooms, client_id, task_id, wait_s) is None:
            raise no_task()
        return answer(task_object(await _living(rooms, client_id, task_id)))

    return task


def _delete(rooms: Rooms, door: OpenDoor) -> Handler:
    async def delete(request: Request, client_id: str = Security(door)) -> Response:
        await rooms.service.cancel(client_id, task_id_of(request))
        return Response(status_code=204, headers=NO_STORE)

    return delete


def _result(rooms: Rooms, door: OpenDoor) -> Handler:
    async def result(request: Request, client_id: str = Security(door)) -> Response:
        task_id, number = task_id_of(request), page_number_of(request)
        png = await rooms.service.page(client_id, task_id, number)
        record = await _living(rooms, client_id, task_id)
        if png is None:
            raise _no_result(record)
        named = f"inline; filename*=UTF-8''{quote(_file_name(record, number))}"
        return picture_answer(request, png, {"Content-Disposition": named})

    return result


def _task_events(rooms: Rooms, door: OpenDoor) -> Handler:
    async def task_events(request: Request, client_id: str = Security(door)) -> Response:
        task_id = task_id_of(request)
        await _living(rooms, client_id, task_id)
        events.check_streams(rooms, client_id)
        return events.EventStream(events.one_task(rooms, client_id, task_id))

    return task_events


def _all_events(rooms: Rooms, door: OpenDoor) -> Handler:
    async def all_events(request: Request, client_id: str = Security(door)) -> Response:
        last = request.headers.get("last-event-id") or request.query_params.get("since")
        since = moment_of(last, "The query member 'since', or Last-Event-ID,")
        events.check_streams(rooms, client_id)
        return events.EventStream(events.all_tasks(rooms, client_id, since))

    return all_events


async def _record(rooms: Rooms, client_id: str, task_id: str) -> Record:
    """The task, cancelled or not."""
    found = await rooms.service.overview.records(client_id, [task_id])
    if not found:
        raise no_task()
    return found[0]


async def _living(rooms: Rooms, client_id: str, task_id: str) -> Record:
    """The task, unless it was cancelled."""
    record = await _record(rooms, client_id, task_id)
    if record.state is TaskState.CANCELLED:
        raise no_task()
    return record


def _no_result(record: Record) -> NotFoundError | NotCompletedError:
    if record.state is TaskState.COMPLETED:
        return NotFoundError(f"The task has {record.pages} pages.")
    if record.state is TaskState.FAILED:
        return NotCompletedError(f"The task failed: {record.error}")
    return NotCompletedError(f"The task is {record.state}.")


def _file_name(record: Record, number: int) -> str:
    stem = (record.name or record.id).replace("\\", "/").rpartition("/")[2] or record.id
    head, dot, tail = stem.rpartition(".")
    stem = head if dot and head and len(tail) <= 5 else stem
    return f"{stem}.png" if record.pages == 1 else f"{stem}-{number:03d}.png"
