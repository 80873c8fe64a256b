"""The routes of batches: several files as one piece of work."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from datetime import datetime
from typing import Any
from urllib.parse import quote

from fastapi import Request, Security
from starlette.responses import Response, StreamingResponse

from recto.errors import NotCompletedError, NotFoundError, RequestError
from recto.pipeline import plan
from recto.service import Batch, Place, normal_task_id
from recto.web.door import OpenDoor
from recto.web.rooms import Rooms
from recto.web.v1 import described_batches, events
from recto.web.v1.answers import NO_STORE, answer, json_text, moment
from recto.web.v1.describing import Description
from recto.web.v1.parameters import limit_of, moment_of, part_of, place_of, wait_s_of
from recto.web.v1.uploads import name_of
from recto.web.v1.webhooks import json_object

Handler = Callable[..., Awaitable[Response]]

MAX_BODY_MB = 0.1
_LOOK_AGAIN_S = 0.25
"""Of a batch whose tasks change all the time, it is asked no more often than this."""

_FORMS = {"zip": "application/zip", "pdf": "application/pdf"}


def routes(rooms: Rooms, door: OpenDoor) -> list[tuple[str, str, Handler, Description]]:
    """Method, path, handler and description of each."""
    one = "/v1/batches/{batch_id}"
    return [
        ("POST", "/v1/batches", _open(rooms, door), described_batches.open_batch()),
        ("GET", "/v1/batches", _list(rooms, door), described_batches.list_batches()),
        ("GET", one, _batch(rooms, door), described_batches.get_batch()),
        ("POST", one + "/close", _close(rooms, door), described_batches.close_batch()),
        ("DELETE", one, _delete(rooms, door), described_batches.delete_batch()),
        ("GET", one + "/events", _events(rooms, door), described_batches.batch_events()),
        ("GET", one + "/result", _result(rooms, door), described_batches.get_bundle()),
    ]


def _open(rooms: Rooms, door: OpenDoor) -> Handler:
    async def open_batch(request: Request, client_id: str = Security(door)) -> Response:
        given = await json_object(request, rooms, MAX_BODY_MB)
        recipe, name, named = given.get("recipe"), given.get("name"), given.get("webhook")
        if not isinstance(recipe, str | list) or not isinstance(name, str | None):
            raise RequestError('The body is {"recipe": "deskew,binarize"}, and "name" is text.')
        if not isinstance(named, str | dict | None):
            raise RequestError('The webhook is the id of one, or {"url": "https://…", "secret": "whsec_…"}.')
        steps = plan(recipe).as_json()
        webhook_id = None if named is None else await rooms.webhooks.named(client_id, named)
        batch_id = await rooms.service.batches.open(client_id, steps, name_of(name), webhook_id)
        found = await _found(rooms, client_id, batch_id)
        return answer(batch_object(found), 201, {"Location": f"/v1/batches/{batch_id}"})

    return open_batch


def _list(rooms: Rooms, door: OpenDoor) -> Handler:
    async def batches(request: Request, client_id: str = Security(door)) -> Response:
        limit = limit_of(request)
        found = await rooms.service.batches.page(client_id, place_of(request.query_params.get("cursor")), limit + 1)
        shown, cursor = part_of(found, limit, lambda batch: Place(batch.submitted_at, batch.id))
        return answer({"batches": [batch_object(batch) for batch in shown], "next": cursor})

    return batches


def _batch(rooms: Rooms, door: OpenDoor) -> Handler:
    async def batch(request: Request, client_id: str = Security(door)) -> Response:
        batch_id, wait_s = batch_id_of(request), wait_s_of(request, rooms)
        found = await _found(rooms, client_id, batch_id)
        if wait_s > 0 and not found.is_done:
            found = await _waited(rooms, client_id, batch_id, wait_s)
        return answer(batch_object(found))

    return batch


def _close(rooms: Rooms, door: OpenDoor) -> Handler:
    async def close(request: Request, client_id: str = Security(door)) -> Response:
        batch_id = batch_id_of(request)
        await rooms.service.batches.close(client_id, batch_id)
        return answer(batch_object(await _found(rooms, client_id, batch_id)))

    return close


def _delete(rooms: Rooms, door: OpenDoor) -> Handler:
    async def delete(request: Request, client_id: str = Security(door)) -> Response:
        await rooms.service.batches.cancel(client_id, batch_id_of(request))
        return Response(status_code=204, headers=NO_STORE)

    return delete


def _events(rooms: Rooms, door: OpenDoor) -> Handler:
    async def batch_events(request: Request, client_id: str = Security(door)) -> Response:
        batch_id = batch_id_of(request)
        await _found(rooms, client_id, batch_id)
        events.check_streams(rooms, client_id)
        last = request.headers.get("last-event-id") or request.query_params.get("since")
        since = moment_of(last, "The query member 'since', or Last-Event-ID,")
        return events.EventStream(_told(rooms, client_id, batch_id, since))

    return batch_events


def _result(rooms: Rooms, door: OpenDoor) -> Handler:
    async def result(request: Request, client_id: str = Security(door)) -> Response:
        batch_id, form = batch_id_of(request), request.query_params.get("format", "zip").lower()
        if form not in _FORMS:
            raise RequestError(f"The query member 'format' is one of: {', '.join(_FORMS)}.")
        found = await _found(rooms, client_id, batch_id)
        if not found.is_done:
            raise NotCompletedError(f"The batch is {found.state}.")
        if not found.completed:
            raise NotCompletedError("No task of the batch was completed.")
        named = f"attachment; filename*=UTF-8''{quote(found.name or found.id, safe='')}.{form}"
        headers = {**NO_STORE, "Content-Disposition": named}
        if request.method == "HEAD":
            return Response(headers=headers, media_type=_FORMS[form])
        pieces = await rooms.service.batches.bundle(client_id, batch_id, is_pdf=form == "pdf")
        return StreamingResponse(_in_turn(rooms, pieces), headers=headers, media_type=_FORMS[form])

    return result


async def _in_turn(rooms: Rooms, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Make a piece only when one of the slots for heavy work is free; it is not held while the client reads."""
    while True:
        async with rooms.bodies.slots:
            piece = await anext(pieces, None)
        if piece is None:
            return
        yield piece


def batch_id_of(request: Request) -> str:
    """The batch's id in the path.

    Raises
    ------
    NotFoundError
    """
    known = normal_task_id(str(request.path_params["batch_id"]))
    if known is None:
        raise _no_batch()
    return known


def batch_object(batch: Batch) -> dict[str, Any]:
    """The batch as clients see it."""
    states = ("pending", "processing", "completed", "failed")
    return {
        "id": batch.id,
        "name": batch.name,
        "state": batch.state,
        "recipe": list(batch.recipe),
        "tasks": {state: getattr(batch, state) for state in states},
        "page_count": batch.pages,
        "pages_done": batch.pages + batch.pages_under_way,
        "submitted_at": moment(batch.submitted_at),
        "expires_at": moment(batch.expires_at),
    }


async def batch_of(rooms: Rooms, client_id: str, text: str) -> Batch:
    """The batch that a task names.

    Raises
    ------
    RequestError
    """
    known = normal_task_id(text)
    found = None if known is None else await rooms.service.batches.find(client_id, known)
    if found is None:
        raise RequestError(f"There is no batch {text!r}; POST /v1/batches makes one.")
    return found


async def _found(rooms: Rooms, client_id: str, batch_id: str) -> Batch:
    found = await rooms.service.batches.find(client_id, batch_id)
    if found is None:
        raise _no_batch()
    return found


async def _waited(rooms: Rooms, client_id: str, batch_id: str, wait_s: float) -> Batch:
    """The batch once it is done, when the wait is over, or when the server stops."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + wait_s
    with rooms.service.changes.subscribe(client_id) as news:
        while True:
            news.take()
            found = await _found(rooms, client_id, batch_id)
            left_s = deadline - loop.time()
            if found.is_done or left_s <= 0 or rooms.closing.is_set():
                return found
            heard, closing = asyncio.ensure_future(news.wait()), asyncio.ensure_future(rooms.closing.wait())
            either: set[asyncio.Future[Any]] = {heard, closing}
            try:
                await asyncio.wait(either, timeout=left_s, return_when=asyncio.FIRST_COMPLETED)
            finally:
                heard.cancel()
                closing.cancel()
            await asyncio.sleep(min(_LOOK_AGAIN_S, max(0.0, deadline - loop.time())))


async def _told(rooms: Rooms, client_id: str, batch_id: str, since: datetime | None) -> AsyncGenerator[str, None]:
    """The batch at once and whenever it changes, and each of its tasks that has changed; ends when it is done."""
    service, said, empty_turns = rooms.service, "", 0
    yield events.hello()
    async with aclosing(events.changed_tasks(rooms, client_id, since)) as turns:
        async for records in turns:
            if records is None:
                yield events.STILL_HERE
                continue
            for record in records:
                if record.batch_id == batch_id:
                    yield events.task_event(record)
            empty_turns += not records
            if empty_turns < 2:  # what has changed since a moment is still to come
                continue
            found = await service.batches.find(client_id, batch_id)
            if found is None:
                return
            told = json_text(batch_object(found))
            if told != said:
                said = told
                yield f"event: batch\ndata: {told}\n\n"
            if found.is_done:
                return
            await asyncio.sleep(_LOOK_AGAIN_S)


def _no_batch() -> NotFoundError:
    return NotFoundError("There is no such batch.")
