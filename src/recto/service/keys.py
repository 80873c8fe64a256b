"""The keys of a task's blobs, made of its id alone."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_KEY = re.compile(rf"({_UUID.pattern})-(?:(in)|a(\d+)-p(\d+))", re.IGNORECASE)


def new_task_id() -> str:
    """A random, lower-case UUID."""
    return str(uuid.uuid4())


def normal_task_id(text: str) -> str | None:
    """The id that a client's text means, None when it can be none."""
    return text.lower() if _UUID.fullmatch(text) else None


def input_key(task_id: str) -> str:
    """What was sent."""
    return f"{task_id}-in"


def result_key(task_id: str, attempt: int, page: int) -> str:
    """Page 1, 2, … as one attempt made it."""
    return f"{task_id}-a{attempt}-p{page}"


def result_keys(task_id: str, attempt: int, pages: int) -> list[str]:
    """All pages that one attempt made."""
    return [result_key(task_id, attempt, page) for page in range(1, pages + 1)]


def parse_keys(keys: Iterable[str]) -> dict[str, tuple[str, int | None]]:
    """Key → task id and attempt (None for an input); what is no task's key is left out."""
    found = {}
    for key in keys:
        match = _KEY.fullmatch(key)
        if match:
            found[key] = match[1], None if match[2] else int(match[3])
    return found
