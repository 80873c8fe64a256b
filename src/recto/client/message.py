"""Messages that a Recto service sends to a webhook: whether one is genuine, and what it says.

References
----------
Standard Webhooks 1.0, https://github.com/standard-webhooks/standard-webhooks
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from recto.errors import InvalidMessageError

TOLERANCE_S = 300.0


@dataclass(frozen=True)
class Message:
    """A task was closed, or a batch is done.

    Attributes
    ----------
    id : str
        The same when the message is sent again.
    type : str
        ``task.completed``, ``task.failed`` or ``batch.completed``.
    task_id, batch_id : str or None
        What it is about; one of them.
    name, error : str or None
    page_count : int
        Of the task, or of the completed tasks of the batch.
    closed_at : datetime
    tasks : mapping
        Of a batch: how many are ``completed`` and ``failed``.
    """

    id: str
    type: str
    task_id: str | None
    name: str | None
    error: str | None
    page_count: int
    closed_at: datetime
    batch_id: str | None = None
    tasks: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, message_id: str, said: Mapping[str, Any]) -> Message:
        data, is_batch = said["data"], str(said["type"]).startswith("batch.")
        return cls(
            message_id,
            said["type"],
            None if is_batch else data["id"],
            data["name"],
            data.get("error"),
            data["page_count"],
            datetime.fromisoformat(said["timestamp"]),
            data["id"] if is_batch else None,
            data.get("tasks", {}),
        )


def verify_message(
    secret: str, headers: Mapping[str, str], body: bytes, *, tolerance_s: float = TOLERANCE_S
) -> Message:
    """What a message says, once it is known to be genuine.

    Parameters
    ----------
    secret : str
        ``whsec_…``, as it was told when the webhook was registered.
    headers : mapping
        Of the request, in any case.
    body : bytes
        Of the request, exactly as it came.
    tolerance_s : float
        How far the clocks may be apart, and how old a message may be.

    Raises
    ------
    InvalidMessageError
        It is not signed with this secret, was changed on its way, or is an old one that somebody sends again.
    """
    given = {name.lower(): value for name, value in headers.items()}
    try:
        message_id, timestamp, signatures = (given[f"webhook-{name}"] for name in ("id", "timestamp", "signature"))
        moment_s = int(timestamp)
    except (KeyError, ValueError):
        raise InvalidMessageError("A header of the signature is missing or cannot be read.") from None
    digest = hmac.new(_key(secret), f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    expected = "v1," + base64.b64encode(digest).decode()
    matches = [hmac.compare_digest(expected.encode(), found.encode()) for found in signatures.split()]
    if not any(matches):
        raise InvalidMessageError("The signature does not match.")
    if abs(time.time() - moment_s) > tolerance_s:
        raise InvalidMessageError("The message is too old, or the clocks are apart.")
    return Message.of(message_id, json.loads(body))


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        raise InvalidMessageError("The secret is none.") from None
