"""The routes of a client's webhooks."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI, Request, Security
from starlette.responses import Response

from recto.errors import RequestError
from recto.service import Place
from recto.web.door import OpenDoor
from recto.web.forms import media_type
from recto.web.rooms import Rooms
from recto.web.v1 import described_webhooks
from recto.web.v1.answers import NO_STORE, answer, moment
from recto.web.v1.describing import Description
from recto.web.v1.models import BatchMessage, Message
from recto.web.v1.parameters import limit_of, part_of, place_of
from recto.webhooks import Delivery, Webhook

Handler = Callable[..., Awaitable[Response]]

MAX_BODY_MB = 0.02
_STATES = {"enabled": True, "disabled": False}
_WHICH = {"all": True, "named": False}


def routes(rooms: Rooms, door: OpenDoor) -> list[tuple[str, str, Handler, Description]]:
    """Method, path, handler and description of each."""
    one, deliveries = "/v1/webhooks/{webhook_id}", "/v1/webhooks/{webhook_id}/deliveries"
    return [
        ("POST", "/v1/webhooks", add_handler(rooms, door), described_webhooks.add()),
        ("GET", "/v1/webhooks", list_handler(rooms, door), described_webhooks.list_webhooks()),
        ("PATCH", one, change_handler(rooms, door), described_webhooks.change()),
        ("DELETE", one, delete_handler(rooms, door), described_webhooks.delete()),
        ("GET", deliveries, deliveries_handler(rooms, door), described_webhooks.deliveries()),
        ("POST", deliveries + "/{delivery_id}", again_handler(rooms, door), described_webhooks.again()),
    ]


def describe_messages(app: FastAPI) -> None:
    """Put what receivers get into the OpenAPI document."""

    def task(message: Message) -> None: ...

    def batch(message: BatchMessage) -> None: ...

    for told, description in ((task, described_webhooks.message()), (batch, described_webhooks.batch_message())):
        app.webhooks.add_api_route(told.__name__, told, methods=["POST"], status_code=204, **description)


def add_handler(rooms: Rooms, door: OpenDoor) -> Handler:
    """``POST /v1/webhooks``."""

    async def add(request: Request, client_id: str = Security(door)) -> Response:
        given = await json_object(request, rooms, MAX_BODY_MB)
        url, secret = given.get("url"), given.get("secret")
        if not isinstance(url, str) or not isinstance(secret, str | None):
            raise RequestError('The body is {"url": "https://…"}, and "secret" is text.')
        every_task = _one_of(given, "tasks", _WHICH, "all")
        made, secret = await rooms.webhooks.add(client_id, url, secret, every_task=every_task)
        location = {"Location": f"/v1/webhooks/{made.id}"}
        return answer({**webhook_object(made), "secret": secret}, 201, location)

    return add


def list_handler(rooms: Rooms, door: OpenDoor) -> Handler:
    """``GET /v1/webhooks``."""

    async def webhooks(request: Request, client_id: str = Security(door)) -> Response:
        return answer({"webhooks": [webhook_object(found) for found in await rooms.webhooks.webhooks(client_id)]})

    return webhooks


def change_handler(rooms: Rooms, door: OpenDoor) -> Handler:
    """``PATCH /v1/webhooks/{webhook_id}``."""

    async def change(request: Request, client_id: str = Security(door)) -> Response:
        enabled = _one_of(await json_object(request, rooms, MAX_BODY_MB), "state", _STATES, None)
        found = await rooms.webhooks.enable(client_id, request.path_params["webhook_id"], enabled=enabled)
        return answer(webhook_object(found))

    return change


def delete_handler(rooms: Rooms, door: OpenDoor) -> Handler:
    """``DELETE /v1/webhooks/{webhook_id}``."""

    async def delete(request: Request, client_id: str = Security(door)) -> Response:
        await rooms.webhooks.delete(client_id, request.path_params["webhook_id"])
        return Response(status_code=204, headers=NO_STORE)

    return delete


def deliveries_handler(rooms: Rooms, door: OpenDoor) -> Handler:
    """``GET /v1/webhooks/{webhook_id}/deliveries``."""

    async def deliveries(request: Request, client_id: str = Security(door)) -> Response:
        limit, after = limit_of(request), place_of(request.query_params.get("cursor"))
        place = None if after is None else (after.submitted_at, after.task_id)
        found = await rooms.webhooks.deliveries(client_id, request.path_params["webhook_id"], place, limit + 1)
        shown, cursor = part_of(found, limit, lambda delivery: Place(delivery.created_at, delivery.id))
        return answer({"deliveries": [delivery_object(delivery) for delivery in shown], "next": cursor})

    return deliveries


def again_handler(rooms: Rooms, door: OpenDoor) -> Handler:
    """``POST /v1/webhooks/{webhook_id}/deliveries/{delivery_id}``."""

    async def again(request: Request, client_id: str = Security(door)) -> Response:
        path = request.path_params
        delivery_id = str(path["delivery_id"]).removeprefix("msg_")
        return answer(delivery_object(await rooms.webhooks.again(client_id, path["webhook_id"], delivery_id)), 202)

    return again


def webhook_object(webhook: Webhook) -> dict[str, Any]:
    """The webhook as clients see it, without its secret."""
    return {
        "id": webhook.id,
        "url": webhook.url,
        "tasks": "all" if webhook.every_task else "named",
        "state": "enabled" if webhook.disabled_at is None else "disabled",
        "disabled_why": webhook.disabled_why,
        "failing_since": None if webhook.failing_since is None else moment(webhook.failing_since),
        "created_at": moment(webhook.created_at),
    }


def delivery_object(delivery: Delivery) -> dict[str, Any]:
    """The message as clients see it."""
    is_open = delivery.state == "pending"
    return {
        "id": f"msg_{delivery.id}",
        "task": delivery.task_id,
        "batch": delivery.batch_id,
        "type": delivery.event,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "answered_status": delivery.answered_status,
        "error": delivery.error,
        "created_at": moment(delivery.created_at),
        "tried_at": None if delivery.tried_at is None else moment(delivery.tried_at),
        "next_at": moment(delivery.due_at) if is_open else None,
    }


async def json_object(request: Request, rooms: Rooms, limit_mb: float) -> dict[str, Any]:
    """The small JSON object that a request holds.

    Raises
    ------
    RequestError
        It holds none.
    LimitError
    """
    kind = media_type(request.headers.get("content-type"))
    if kind not in ("", "application/json") and not kind.endswith("+json"):
        raise RequestError(f"The body must be JSON, not {kind}.")
    async with rooms.bodies.read(request, limit_mb) as body:
        try:
            given = json.loads(body)
        except (ValueError, RecursionError):
            given = None
    if not isinstance(given, dict):
        raise RequestError("The body must be a JSON object.")
    return given


def _one_of(given: dict[str, Any], name: str, known: dict[str, bool], default: str | None) -> bool:
    word = given.get(name, default)
    if not isinstance(word, str) or word not in known:
        raise RequestError(f"The member {name!r} is one of: {', '.join(known)}.")
    return known[word]
