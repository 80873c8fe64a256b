"""Server-sent events: news of tasks on a connection that stays open.

References
----------
WHATWG HTML, section 9.2 (server-sent events).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing, suppress
from datetime import datetime, timedelta

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from recto.errors import DatabaseUnavailableError
from recto.service import Overview, Record, Subscription
from recto.web.rooms import Rooms
from recto.web.v1.answers import json_text, moment, task_object

MAX_STREAM_S = 3600.0
"""A stream ends after so long, because a token that was good at its beginning may not be any more."""

_OVERLAP = timedelta(seconds=5)
"""News are told again for so long before a moment: of two changes, the earlier may be seen later."""

_AT_ONCE = 100
_STILL_HERE = ": still here\n\n"
_AGAIN_MS = 2000


class EventStream(Response):
    """Sends events until there are no more or the client leaves; either way the generator is closed at once."""

    def __init__(self, events: AsyncGenerator[str, None]) -> None:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(headers=headers, media_type="text/event-stream")
        del self.headers["content-length"]
        self._events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        telling = asyncio.create_task(self._tell(send, wanted=scope["method"] != "HEAD"))
        leaving = asyncio.create_task(_gone(receive))
        try:
            await asyncio.wait({telling, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            left = leaving.done()
            for task in (telling, leaving):
                task.cancel()
            await asyncio.gather(telling, leaving, return_exceptions=True)
        if not telling.cancelled() and (fault := telling.exception()) is not None:
            raise fault
        if not left:
            await send({"type": "http.response.body", "body": b""})

    async def _tell(self, send: Send, *, wanted: bool) -> None:
        async with aclosing(self._events) as events:
            if not wanted:
                return
            with suppress(DatabaseUnavailableError):  # the stream ends and the client comes again
                async for event in events:
                    await send({"type": "http.response.body", "body": event.encode(), "more_body": True})


async def one_task(rooms: Rooms, client_id: str, task_id: str) -> AsyncGenerator[str, None]:
    """A task now and at each change, until it is closed."""
    told: datetime | None = None
    with rooms.service.changes.subscribe(client_id) as news:
        yield _hello()
        async with aclosing(_turns(rooms, news, at_once=True)) as turns:
            async for changed, missed in turns:
                if changed is None:
                    yield _STILL_HERE
                    continue
                if told is not None and task_id not in changed and not missed:
                    continue
                found = await rooms.service.overview.records(client_id, [task_id])
                if not found:
                    return
                if found[0].changed_at != told:
                    told = found[0].changed_at
                    yield _event(found[0])
                if not found[0].state.is_open:
                    return


async def all_tasks(rooms: Rooms, client_id: str, since: datetime | None) -> AsyncGenerator[str, None]:
    """Every change of a client's tasks, first those since a moment; ends when the server does."""
    overview = rooms.service.overview
    with rooms.service.changes.subscribe(client_id) as news:
        yield _hello()
        reached = await overview.now()
        if since is not None:
            async for record in _catch_up(overview, client_id, since - _OVERLAP):
                yield _event(record)
        async with aclosing(_turns(rooms, news)) as turns:
            async for changed, missed in turns:
                if changed is None:
                    yield _STILL_HERE
                    continue
                if missed:
                    async for record in _catch_up(overview, client_id, reached - _OVERLAP):
                        yield _event(record)
                for ids in _parts(changed):
                    for record in await overview.records(client_id, ids):
                        reached = max(reached, record.changed_at)
                        yield _event(record)


async def _turns(
    rooms: Rooms, news: Subscription, *, at_once: bool = False
) -> AsyncGenerator[tuple[list[str] | None, bool], None]:
    """What has changed, whenever something has; None when nothing has for a while; the end when the server stops."""
    deadline = time.monotonic() + MAX_STREAM_S
    if at_once:
        yield news.take()
    closing = asyncio.ensure_future(rooms.closing.wait())
    try:
        while not closing.done() and time.monotonic() < deadline:
            heard = asyncio.ensure_future(news.wait())
            either: set[asyncio.Future[object]] = {heard, closing}  # type: ignore[arg-type]
            try:
                await asyncio.wait(either, timeout=rooms.config.event_keepalive_s, return_when=asyncio.FIRST_COMPLETED)
            finally:
                heard.cancel()
            ids, missed = news.take()
            yield (ids, missed) if ids or missed else (None, False)
    finally:
        closing.cancel()


async def _catch_up(overview: Overview, client_id: str, since: datetime) -> AsyncGenerator[Record, None]:
    while found := await overview.changed_since(client_id, since):
        for record in found:
            yield record
        since = found[-1].changed_at


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _parts(ids: list[str]) -> Iterable[list[str]]:
    return (ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE))


def _hello() -> str:
    return f"retry: {_AGAIN_MS}\n: here you are told of tasks\n\n"


def _event(record: Record) -> str:
    return f"id: {moment(record.changed_at)}\nevent: task\ndata: {json_text(task_object(record))}\n\n"
