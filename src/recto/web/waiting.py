"""Hold a GET until its task is done, without a thread and for nobody who has left."""

from __future__ import annotations

import asyncio
import re

from fastapi import Request
from starlette.requests import ClientDisconnect

from recto.service import TaskView
from recto.web.rooms import Rooms

_WAIT = re.compile(r"(?:^|,)\s*wait\s*=\s*\"?(\d{1,6})\"?\s*(?=,|;|$)", re.IGNORECASE)


def preferred_wait_s(request: Request) -> int | None:
    """``n`` of the request header ``Prefer: wait=n`` (RFC 7240), or None."""
    found = _WAIT.search(", ".join(request.headers.getlist("prefer")))
    return int(found[1]) if found else None


async def wait_for_task(request: Request, rooms: Rooms, client_id: str, task_id: str, wait_s: float) -> TaskView | None:
    """The task when it is done, when the wait is over, or when the server stops; whichever is first.

    Raises
    ------
    ClientDisconnect
        Nobody is there any more.
    """
    if wait_s <= 0 or rooms.closing.is_set():
        return await rooms.service.fetch(client_id, task_id)
    fetching = asyncio.ensure_future(rooms.service.fetch(client_id, task_id, wait_s))
    leaving = asyncio.ensure_future(_gone(request))
    closing = asyncio.ensure_future(rooms.closing.wait())
    waits = {fetching, leaving, closing}
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        if fetching.done():
            return fetching.result()
    finally:
        for wait in waits:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)
    if leaving.done() and not leaving.cancelled():
        raise ClientDisconnect
    return await rooms.service.fetch(client_id, task_id)


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
