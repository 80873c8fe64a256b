"""What the native API reads from queries and headers."""

from __future__ import annotations

import base64
import binascii
import json
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from fastapi import Request

from recto.errors import NotFoundError, RequestError
from recto.service import Place, TaskState, normal_task_id
from recto.web.rooms import Rooms
from recto.web.v1.answers import moment
from recto.web.waiting import preferred_wait_s

MAX_LIMIT = 200
DEFAULT_LIMIT = 50
LISTED_STATES = (TaskState.PENDING, TaskState.PROCESSING, TaskState.COMPLETED, TaskState.FAILED)

T = TypeVar("T")


def task_id_of(request: Request) -> str:
    """The task's id in the path, as it is kept.

    Raises
    ------
    NotFoundError
        It can be none.
    """
    known = normal_task_id(str(request.path_params["task_id"]))
    if known is None:
        raise no_task()
    request.state.task_id = known
    return known


def no_task() -> NotFoundError:
    """Never was, expired, cancelled, or another client's: which of these is not said."""
    return NotFoundError("There is no such task.")


def page_number_of(request: Request) -> int:
    """The page's number in the path."""
    text = str(request.path_params["page"])
    if not text.isdecimal() or not int(text[:9]) >= 1:
        raise NotFoundError("Pages are numbered from 1.")
    return int(text[:9])


def wait_s_of(request: Request, rooms: Rooms) -> float:
    """How long to wait for an open task: ``wait`` of the query, or ``Prefer: wait=n``; 0 when nothing is said.

    Raises
    ------
    RequestError
        It is no number of seconds.
    """
    text = request.query_params.get("wait")
    if text is None:
        return min(float(preferred_wait_s(request) or 0), rooms.config.prefer_wait_max_s)
    try:
        wait_s = float(text)
    except ValueError:
        wait_s = -1.0
    if not 0 <= wait_s < float("inf"):
        raise RequestError("The query member 'wait' is a number of seconds from 0.")
    return min(wait_s, rooms.config.prefer_wait_max_s)


def states_of(request: Request) -> tuple[TaskState, ...]:
    """The query member ``state``: one or several, comma separated; every listed one when nothing is said."""
    text = request.query_params.get("state", "").strip().lower()
    if not text:
        return LISTED_STATES
    wanted = [part.strip() for part in text.split(",")]
    known = {str(state): state for state in LISTED_STATES}
    for part in wanted:
        if part not in known:
            raise RequestError(f"There is no state {part!r} in lists. The states are: {', '.join(known)}.")
    return tuple(known[part] for part in wanted)


def moment_of(text: str | None, what: str) -> datetime | None:
    """A moment as RFC 3339 writes it; UTC when no offset is said."""
    if text is None or not text.strip():
        return None
    try:
        when = datetime.fromisoformat(text.strip().replace(" ", "+"))
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise RequestError(f"{what} is a moment such as 2026-01-31T12:00:00Z.") from None


def limit_of(request: Request) -> int:
    """The query member ``limit``."""
    text = request.query_params.get("limit", str(DEFAULT_LIMIT))
    if not text.isdecimal() or not 1 <= int(text[:9]) <= MAX_LIMIT:
        raise RequestError(f"The query member 'limit' is a number from 1 to {MAX_LIMIT}.")
    return int(text)


def cursor_to(place: Place) -> str:
    """Where a list goes on, as one word."""
    text = json.dumps([moment(place.submitted_at), place.task_id])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def part_of(found: Sequence[T], limit: int, place: Callable[[T], Place]) -> tuple[Sequence[T], str | None]:
    """The part of a list that is shown and its cursor, of what was found when one more than ``limit`` was asked for."""
    shown = found[:limit]
    return shown, cursor_to(place(shown[-1])) if len(found) > limit else None


def place_of(cursor: str | None) -> Place | None:
    """What ``cursor_to`` was given.

    Raises
    ------
    RequestError
        It is no cursor of ours.
    """
    if cursor is None or not cursor:
        return None
    try:
        when, task_id = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
        return Place(datetime.fromisoformat(when), str(uuid.UUID(task_id)))
    except (binascii.Error, ValueError, TypeError, AttributeError, RecursionError):
        raise RequestError("The query member 'cursor' is not one that this server gave.") from None
