"""What the OpenAPI document says about webhooks."""

from __future__ import annotations

from recto.web.described import problem_of
from recto.web.v1 import examples
from recto.web.v1.describing import (
    ANY,
    CHANGING,
    TAG,
    Description,
    Responses,
    described,
    header,
    in_path,
    json_body,
    list_members,
)
from recto.web.v1.models import ChangedWebhook, Delivery, DeliveryList, NewWebhook, RegisteredWebhook, Webhook
from recto.web.v1.models import WebhookList as Webhooks

_NONE = problem_of("There is no such webhook, or no such message, for this client")
_BAD = problem_of("The body cannot be read, or messages must not go there")


def add() -> Description:
    """``POST /v1/webhooks``."""
    responses: Responses = {
        201: {
            "model": RegisteredWebhook,
            "description": "The webhook with its secret, which is told this once",
            "headers": {"Location": header("Where the webhook is")},
        },
        400: _BAD,
        413: problem_of("The client has too many"),
        **CHANGING,
    }
    text = "It gets a signed message (Standard Webhooks) when a task is completed or has failed, or a batch is done."
    return described("addWebhook", "Register a receiver", responses, text, [], json_body(NewWebhook, examples.WEBHOOKS))


def list_webhooks() -> Description:
    """``GET /v1/webhooks``."""
    responses: Responses = {200: {"model": Webhooks, "description": "All, oldest first, without secrets"}, **ANY}
    return described("listWebhooks", "All webhooks of this client", responses)


def change() -> Description:
    """``PATCH /v1/webhooks/{webhook_id}``."""
    responses: Responses = {
        200: {"model": Webhook, "description": "The webhook as it is now"},
        400: _BAD,
        404: _NONE,
        **CHANGING,
    }
    text = "What waits when it is disabled is kept, and sent when it is enabled again."
    body = json_body(ChangedWebhook, {})
    return described("changeWebhook", "Disable it or enable it again", responses, text, [_WEBHOOK_ID], body)


def delete() -> Description:
    """``DELETE /v1/webhooks/{webhook_id}``."""
    responses: Responses = {204: {"description": "Gone; also when it was gone before"}, 404: _NONE, **CHANGING}
    return described("deleteWebhook", "Forget a webhook and its messages", responses, "", [_WEBHOOK_ID])


def deliveries() -> Description:
    """``GET /v1/webhooks/{webhook_id}/deliveries``."""
    parameters = [_WEBHOOK_ID, *list_members()]
    responses: Responses = {
        200: {"model": DeliveryList, "description": "A part of the list, newest first"},
        400: problem_of("A member of the query cannot be read"),
        404: _NONE,
        **ANY,
    }
    return described("listDeliveries", "What was sent, and what came of it", responses, "", parameters)


def again() -> Description:
    """``POST /v1/webhooks/{webhook_id}/deliveries/{delivery_id}``."""
    responses: Responses = {
        202: {"model": Delivery, "description": "It is sent as soon as may be"},
        404: _NONE,
        **CHANGING,
    }
    parameters = [_WEBHOOK_ID, in_path("delivery_id", {"type": "string"}, "The message's id.")]
    return described("sendAgain", "Send a message once more", responses, "", parameters)


def message() -> Description:
    """What a receiver gets of a task."""
    return _told("task", "A task was completed or has failed")


def batch_message() -> Description:
    """What a receiver gets of a batch."""
    return _told("batch", "A batch is done, whatever of it has failed")


def _told(operation_id: str, summary: str) -> Description:
    text = "Anything but a 2xx has it sent again. Signed as Standard Webhooks says."
    parameters = [
        {
            "name": f"webhook-{name}",
            "in": "header",
            "required": True,
            "schema": {"type": "string"},
            "description": about,
        }
        for name, about in _HEADERS.items()
    ]
    return {
        "operation_id": operation_id,
        "summary": summary,
        "description": text,
        "tags": [TAG],
        "openapi_extra": {"parameters": parameters},
    }


_HEADERS = {
    "id": "The same for every attempt at a message.",
    "timestamp": "The moment of the attempt, in seconds since 1970.",
    "signature": "`v1,` and the base64 of the HMAC-SHA256 of id, timestamp and body, with points between them.",
}
_WEBHOOK_ID = in_path("webhook_id", {"type": "string", "format": "uuid"}, "The webhook's id.")
