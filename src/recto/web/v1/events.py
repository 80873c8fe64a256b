"""Server-sent events: news of tasks on a connection that stays open.

References
----------
WHATWG HTML, section 9.2 (server-sent events).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing, suppress
from datetime import datetime, timedelta

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from recto.errors import DatabaseUnavailableError, QueueFullError
from recto.service import Overview, Record, Subscription
from recto.web.rooms import Rooms
from recto.web.v1.answers import json_text, moment, task_object

MAX_STREAM_S = 3600.0
"""A stream ends after so long, because a token that was good at its beginning may not be any more."""

_OVERLAP = timedelta(seconds=5)
"""News are told again for so long before a moment: of two changes, the earlier may be seen later."""

_AT_ONCE = 100
STILL_HERE = ": still here\n\n"
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
        yield hello()
        async with aclosing(_turns(rooms, news, at_once=True)) as turns:
            async for changed, missed in turns:
                if changed is None:
                    yield STILL_HERE
                    continue
                if told is not None and task_id not in changed and not missed:
                    continue
                found = await rooms.service.overview.records(client_id, [task_id])
                if not found:
                    return
                if found[0].changed_at != told:
                    told = found[0].changed_at
                    yield task_event(found[0])
                if not found[0].state.is_open:
                    return


async def all_tasks(rooms: Rooms, client_id: str, since: datetime | None) -> AsyncGenerator[str, None]:
    """Every change of a client's tasks, first those since a moment; ends when the server does."""
    is_first = True
    async with aclosing(changed_tasks(rooms, client_id, since)) as turns:
        async for records in turns:
            if is_first:
                yield hello()
                is_first = False
            elif records is None:
                yield STILL_HERE
            for record in records or ():
                yield task_event(record)


async def changed_tasks(
    rooms: Rooms, client_id: str, since: datetime | None
) -> AsyncGenerator[Sequence[Record] | None, None]:
    """Tasks of a client that have changed, whenever some may have; None when nothing has for a while.

    First comes nothing, as soon as nothing can fall between; then what has changed since a moment, and nothing again.
    """
    overview = rooms.service.overview
    with rooms.service.changes.subscribe(client_id) as news:
        yield ()
        reached = await overview.now()
        if since is not None:
            async for part in _catch_up(overview, client_id, since - _OVERLAP):
                yield part
        yield ()
        async with aclosing(_turns(rooms, news)) as turns:
            async for changed, missed in turns:
                if changed is None:
                    yield None
                    continue
                if missed:
                    async for part in _catch_up(overview, client_id, reached - _OVERLAP):
                        yield part
                for ids in _parts(changed):
                    records = await overview.records(client_id, ids)
                    reached = max([reached, *[record.changed_at for record in records]])
                    yield records


def check_streams(rooms: Rooms, client_id: str) -> None:
    """See that a client may open one more stream.

    Raises
    ------
    QueueFullError
    """
    allowed = rooms.config.event_streams_per_client
    found = rooms.service.changes.listeners(client_id) + 1
    if found > allowed:
        raise QueueFullError("event_streams_per_client", allowed, found, "Close one.")


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


async def _catch_up(overview: Overview, client_id: str, since: datetime) -> AsyncGenerator[Sequence[Record], None]:
    while found := await overview.changed_since(client_id, since):
        yield found
        since = found[-1].changed_at


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _parts(ids: list[str]) -> Iterable[list[str]]:
    return (ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE))


def hello() -> str:
    """What every stream begins with."""
    return f"retry: {_AGAIN_MS}\n: here you are told of tasks\n\n"


def task_event(record: Record) -> str:
    """An event with a task."""
    return f"id: {moment(record.changed_at)}\nevent: task\ndata: {json_text(task_object(record))}\n\n"
