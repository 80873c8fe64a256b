"""From a task of ours to what the native API says about it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from starlette.responses import Response

from recto.service import Record, TaskState

JSON = "application/json; charset=utf-8"
NO_STORE = {"Cache-Control": "no-store"}

_MANY_PAGES = 200
_NOTHING_KNOWN: dict[str, Any] = {
    **dict.fromkeys(("width_px", "height_px", "kind", "dpi", "input", "grid")),
    "estimates": {},
    "steps": [],
}


def task_object(record: Record) -> dict[str, Any]:
    """The task as clients see it."""
    pages = record.pages if record.state is TaskState.COMPLETED else 0
    return {
        "id": record.id,
        "name": record.name,
        "state": str(record.state),
        "batch": record.batch_id,
        "recipe": list(record.recipe),
        "error": record.error,
        "progress": _progress(record),
        "submitted_at": moment(record.submitted_at),
        "expires_at": moment(record.expires_at),
        "pages": [_page(record, number) for number in range(1, pages + 1)],
    }


def moment(when: datetime) -> str:
    """RFC 3339 in UTC, to the microsecond."""
    return when.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def json_text(content: Any) -> str:
    """Short JSON on one line."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


async def answer_tasks(records: Sequence[Record], next_cursor: str | None) -> Response:
    """A part of the list; put together in a thread when it is long."""

    def content() -> dict[str, Any]:
        return {"tasks": [task_object(record) for record in records], "next": next_cursor}

    if sum(len(record.reports) for record in records) <= _MANY_PAGES:
        return answer(content())
    return await asyncio.to_thread(lambda: answer(content()))


def answer(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer that nobody keeps."""
    return Response(json_text(content).encode(), status, {**NO_STORE, **(headers or {})}, JSON)


def _progress(record: Record) -> dict[str, int] | None:
    if record.state is not TaskState.PROCESSING or not record.pages_in_hand:
        return None
    return {"pages_done": record.pages_done, "page_count": record.pages_in_hand}


def _page(record: Record, number: int) -> dict[str, Any]:
    report = record.reports[number - 1] if number <= len(record.reports) else _NOTHING_KNOWN
    return {"page": number, **report, "result": f"/v1/tasks/{record.id}/result/{number}"}
