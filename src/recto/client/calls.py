"""The native API without the wire: what to send, and what an answer means. Both clients are made of these."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Generic, TypeVar

import httpx

from recto.client.values import Batch, Delivery, Filter, Inspection, Preset, ProcessedPage, Recipe, Task, Webhook
from recto.errors import RemoteError

T = TypeVar("T")

Data = bytes | str | Path
"""The bytes of a file, or where it is."""

MAX_WAIT_S = 25.0
"""Longer waits are asked for in parts, so that nothing between here and there gives up on them."""

PAUSE_MAX_S = 30.0


@dataclass(frozen=True)
class Call(Generic[T]):
    """A request that may be repeated, and how to read its answer."""

    method: str
    path: str
    read: Callable[[httpx.Response], T]
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None
    wait_s: float = 0.0
    save_to: Path | None = None


def filters() -> Call[tuple[Filter, ...]]:
    return Call("GET", "/v1/filters", lambda answer: tuple(_filter(told) for told in answer.json()["filters"]))


def presets() -> Call[tuple[Preset, ...]]:
    return Call(
        "GET",
        "/v1/filters",
        lambda answer: tuple(Preset(told["name"], tuple(told["recipe"])) for told in answer.json()["presets"]),
    )


def submit(
    data: Data,
    recipe: Recipe | None,
    name: str | None,
    idempotency_key: str | None,
    webhook: str | None = None,
    batch: str | None = None,
) -> Call[Task]:
    """Repeated after a lost answer it makes no second task: it carries a key of its own."""
    shown = name if name is not None or isinstance(data, bytes) else Path(data).name
    return Call(
        "POST",
        "/v1/tasks",
        _task,
        _said(recipe=None if recipe is None else _recipe(recipe), name=shown, webhook=webhook, batch=batch),
        {"Idempotency-Key": idempotency_key or uuid.uuid4().hex, **_BYTES},
        _content(data),
    )


def task(task_id: str, wait_s: float) -> Call[Task]:
    wait_s = min(wait_s, MAX_WAIT_S)
    return Call("GET", f"/v1/tasks/{task_id}", _task, {"wait": f"{wait_s:g}"}, wait_s=wait_s)


def tasks(
    states: Iterable[str], since: datetime | None, cursor: str | None, batch: str | None = None
) -> Call[tuple[list[Task], str | None]]:
    moment = None if since is None else since.isoformat()
    params = _said(state=",".join(states), limit="100", since=moment, cursor=cursor, batch=batch)
    return Call("GET", "/v1/tasks", lambda answer: _part(answer, "tasks", Task.of), params)


def open_batch(recipe: Recipe, name: str | None, webhook: str | None = None) -> Call[Batch]:
    body = {"recipe": recipe if isinstance(recipe, str) else list(recipe), "name": name, "webhook": webhook}
    return _json("POST", "/v1/batches", body, _batch)


def batch(batch_id: str, wait_s: float) -> Call[Batch]:
    wait_s = min(wait_s, MAX_WAIT_S)
    return Call("GET", f"/v1/batches/{batch_id}", _batch, {"wait": f"{wait_s:g}"}, wait_s=wait_s)


def batches(cursor: str | None) -> Call[tuple[list[Batch], str | None]]:
    params = _said(limit="100", cursor=cursor)
    return Call("GET", "/v1/batches", lambda answer: _part(answer, "batches", Batch.of), params)


def close_batch(batch_id: str) -> Call[Batch]:
    return Call("POST", f"/v1/batches/{batch_id}/close", _batch)


def delete_batch(batch_id: str) -> Call[None]:
    return Call("DELETE", f"/v1/batches/{batch_id}", lambda answer: None)


def save_batch(batch_id: str, path: Path) -> Call[None]:
    form = "pdf" if path.suffix.lower() == ".pdf" else "zip"
    return Call("GET", f"/v1/batches/{batch_id}/result", lambda answer: None, {"format": form}, save_to=path)


def add_webhook(url: str, every_task: bool, secret: str | None) -> Call[Webhook]:
    body: dict[str, Any] = {"url": url, "tasks": "all" if every_task else "named"}
    if secret is not None:
        body["secret"] = secret
    return _json("POST", "/v1/webhooks", body, lambda answer: Webhook.of(answer.json()))


def webhooks() -> Call[tuple[Webhook, ...]]:
    return Call("GET", "/v1/webhooks", lambda answer: tuple(Webhook.of(told) for told in answer.json()["webhooks"]))


def change_webhook(webhook_id: str, enabled: bool) -> Call[Webhook]:
    body = {"state": "enabled" if enabled else "disabled"}
    return _json("PATCH", f"/v1/webhooks/{webhook_id}", body, lambda answer: Webhook.of(answer.json()))


def delete_webhook(webhook_id: str) -> Call[None]:
    return Call("DELETE", f"/v1/webhooks/{webhook_id}", lambda answer: None)


def deliveries(webhook_id: str, cursor: str | None) -> Call[tuple[list[Delivery], str | None]]:
    path, params = f"/v1/webhooks/{webhook_id}/deliveries", _said(limit="100", cursor=cursor)
    return Call("GET", path, lambda answer: _part(answer, "deliveries", Delivery.of), params)


def send_again(webhook_id: str, delivery_id: str) -> Call[Delivery]:
    path = f"/v1/webhooks/{webhook_id}/deliveries/{delivery_id}"
    return Call("POST", path, lambda answer: Delivery.of(answer.json()))


def delete(task_id: str) -> Call[None]:
    return Call("DELETE", f"/v1/tasks/{task_id}", lambda answer: None)


def result(task_id: str, page: int) -> Call[bytes]:
    return Call("GET", f"/v1/tasks/{task_id}/result/{page}", lambda answer: answer.content)


def page(data: Data, recipe: Recipe) -> Call[ProcessedPage]:
    params, headers = {"recipe": _recipe(recipe)}, {"Accept": "application/json", **_BYTES}
    return Call("POST", "/v1/pages", lambda answer: ProcessedPage.of(answer.json()), params, headers, _content(data))


def inspect(data: Data) -> Call[Inspection]:
    return Call(
        "POST", "/v1/inspect", lambda answer: Inspection.of(answer.json()), headers=_BYTES, content=_content(data)
    )


def token(client_id: str, client_secret: str) -> dict[str, str]:
    """The form for ``/connect/token``."""
    return {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}


def id_of(thing: str | Task | Batch | Webhook | Delivery) -> str:
    """The id of what is given as itself or by its id."""
    return thing if isinstance(thing, str) else thing.id


def check(answer: httpx.Response) -> None:
    """See that an answer, read to its end, is a good one.

    Raises
    ------
    RemoteError
    """
    if answer.is_success:
        return
    try:
        told = answer.json()
        detail = told.get("detail") or told.get("error_description") or answer.text
        code = told.get("code") or told.get("error") or ""
    except (ValueError, AttributeError):
        detail, code = f"The server answered {answer.status_code}.", ""
    raise RemoteError(str(detail), answer.status_code, str(code))


def pause_s(answer: httpx.Response | None, attempt: int) -> float:
    """How long to wait before a call is repeated: what the server says, or longer each time."""
    told = "" if answer is None else answer.headers.get("retry-after", "")
    return min(float(told) if told.isdigit() else 0.5 * 2.0**attempt, PAUSE_MAX_S)


class Events:
    """Server-sent events, line by line, over any number of connections.

    Parameters
    ----------
    last_id : str
        Where to go on; empty for what comes from now on.

    Attributes
    ----------
    attempt : int
        Connections since the last one that worked.
    """

    def __init__(self, last_id: str = "") -> None:
        self.attempt = 0
        self._last_id = last_id
        self._data: list[str] = []

    @property
    def headers(self) -> dict[str, str]:
        """For the next connection; what an earlier one left unfinished is forgotten."""
        self._data = []
        return {"Last-Event-ID": self._last_id} if self._last_id else {}

    def feed(self, line: str) -> Iterator[Task]:
        """One line; the task that it ends, if it ends one."""
        self.attempt = 0
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "id":
            self._last_id = value
        elif name == "data":
            self._data.append(value)
        elif not line and self._data:
            text = "\n".join(self._data)
            self._data = []
            yield Task.of(json.loads(text))


_BYTES = {"Content-Type": "application/octet-stream"}


def _task(answer: httpx.Response) -> Task:
    return Task.of(answer.json())


def _batch(answer: httpx.Response) -> Batch:
    return Batch.of(answer.json())


def _part(answer: httpx.Response, name: str, of: Callable[[Mapping[str, Any]], T]) -> tuple[list[T], str | None]:
    told: dict[str, Any] = answer.json()
    return [of(entry) for entry in told[name]], told["next"]


def _said(**members: str | None) -> dict[str, str]:
    return {name: text for name, text in members.items() if text is not None}


def _json(method: str, path: str, body: Any, read: Callable[[httpx.Response], T]) -> Call[T]:
    return Call(method, path, read, headers={"Content-Type": "application/json"}, content=json.dumps(body).encode())


def _filter(told: Mapping[str, Any]) -> Filter:
    return Filter(told["name"], told["summary"], told["kind"], told["parameters"])


def _recipe(recipe: Recipe) -> str:
    return recipe if isinstance(recipe, str) else json.dumps(list(recipe))


def _content(data: Data) -> bytes:
    return data if isinstance(data, bytes) else Path(data).read_bytes()
