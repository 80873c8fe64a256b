"""The examples of the OpenAPI document; the tests send the bodies and hold the answers to their models."""

from __future__ import annotations

from typing import Any

PICTURE = (
    "iVBORw0KGgoAAAANSUhEUgAAACAAAAAgAQAAAABbAUdZAAAAPElEQVR4AQ3BgRGAIBDAsFIczNEdDO5t4kQikUgkEolEIpF413ol7plPIpF4"
    "14PEPQeJRCKRSCQSiUTyA6uQCz1xjaEtAAAAAElFTkSuQmCC"
)
"""A white page of 32 by 32 pixels with two strokes."""

_LOOKS = {"width_px": 2480, "height_px": 3508, "kind": "binary", "dpi": [300.0, 300.0]}
_INPUT = {**_LOOKS, "kind": "grey"}
_ESTIMATES = {
    "skew": {"confidence": 0.97, "angle_deg": 1.2},
    "ink": {"confidence": 0.88, "threshold": 141, "ink_share": 0.05},
}
_STEPS = [
    {"filter": "deskew", "changed": True, "notes": [], "elapsed_ms": 48.0},
    {"filter": "binarize", "changed": True, "notes": [], "elapsed_ms": 71.5},
]
_TASK = {
    "id": "6f1c2d34-0a5b-4c6d-8e7f-9a0b1c2d3e4f",
    "name": "page.jpg",
    "state": "completed",
    "batch": None,
    "recipe": [
        {"filter": "deskew", "max_angle_deg": 15.0, "canvas": "expand", "min_confidence": 0.5},
        {"filter": "binarize", "method": "auto", "window_px": None, "k": None},
    ],
    "error": None,
    "progress": None,
    "submitted_at": "2026-01-31T12:00:00.000000Z",
    "expires_at": "2026-02-01T12:00:00.000000Z",
    "pages": [
        {
            "page": 1,
            **_LOOKS,
            "input": _INPUT,
            "estimates": _ESTIMATES,
            "steps": _STEPS,
            "result": "/v1/tasks/6f1c2d34-0a5b-4c6d-8e7f-9a0b1c2d3e4f/result/1",
        }
    ],
}

_BATCH = {
    "id": "9f3e2b10-7c64-4d7b-9a58-1e2d3c4b5a69",
    "name": "volume 1",
    "state": "processing",
    "recipe": _TASK["recipe"],
    "tasks": {"pending": 12, "processing": 2, "completed": 25, "failed": 1},
    "page_count": 25,
    "pages_done": 31,
    "submitted_at": "2026-01-31T12:00:00.000000Z",
    "expires_at": "2026-02-01T12:00:09.000000Z",
}
_WEBHOOK = {
    "id": "0b6f5a0e-3f55-4d2e-9d7c-2f3c1f1b7a11",
    "url": "https://www.example.com/recto",
    "tasks": "all",
    "state": "enabled",
    "disabled_why": None,
    "failing_since": None,
    "created_at": "2026-01-31T11:00:00.000000Z",
}
_DELIVERY = {
    "id": "msg_5d3c7c2e-8a43-4b0e-a8f6-0d5a3c1e9b20",
    "task": _TASK["id"],
    "batch": None,
    "type": "task.completed",
    "state": "pending",
    "attempts": 2,
    "answered_status": 502,
    "error": "it answered 502",
    "created_at": "2026-01-31T12:00:01.000000Z",
    "tried_at": "2026-01-31T12:00:06.000000Z",
    "next_at": "2026-01-31T12:00:26.000000Z",
}

ANSWERS: dict[str, dict[str, Any]] = {
    "Task": _TASK,
    "TaskList": {"tasks": [_TASK], "next": None},
    "PageAnswer": {**_LOOKS, "input": _INPUT, "estimates": _ESTIMATES, "steps": _STEPS, "image": PICTURE},
    "Inspection": {**_INPUT, "estimates": _ESTIMATES},
    "Batch": _BATCH,
    "BatchList": {"batches": [_BATCH], "next": None},
    "RegisteredWebhook": {**_WEBHOOK, "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"},
    "Webhook": _WEBHOOK,
    "WebhookList": {"webhooks": [_WEBHOOK]},
    "Delivery": _DELIVERY,
    "DeliveryList": {"deliveries": [_DELIVERY], "next": None},
    "Message": {
        "type": "task.completed",
        "timestamp": "2026-01-31T12:00:01.000000Z",
        "data": {
            "id": _TASK["id"],
            "name": "page.jpg",
            "state": "completed",
            "error": None,
            "page_count": 1,
            "submitted_at": _TASK["submitted_at"],
            "expires_at": _TASK["expires_at"],
            "task": f"/v1/tasks/{_TASK['id']}",
        },
    },
    "BatchMessage": {
        "type": "batch.completed",
        "timestamp": "2026-01-31T12:04:00.000000Z",
        "data": {
            "id": _BATCH["id"],
            "name": "volume 1",
            "state": "completed",
            "tasks": {"completed": 39, "failed": 1},
            "page_count": 45,
            "submitted_at": _BATCH["submitted_at"],
            "expires_at": _BATCH["expires_at"],
            "batch": f"/v1/batches/{_BATCH['id']}",
        },
    },
    "Filters": {
        "filters": [
            {
                "name": "deskew",
                "summary": "Straighten a page that was scanned at an angle.",
                "kind": "geometry",
                "parameters": {"max_angle_deg": {"type": "number", "default": 15.0, "maximum": 45.0}},
            }
        ],
        "presets": [{"name": "scan", "recipe": [{"filter": "orient"}, {"filter": "deskew"}, {"filter": "binarize"}]}],
    },
}
"""Model → an answer."""

WEBHOOKS = {
    "every task": {"summary": "Told of every task", "value": {"url": "https://www.example.com/recto"}},
    "named": {
        "summary": "Told of the tasks that name it, with a secret of one's own",
        "value": {
            "url": "https://www.example.com/recto",
            "tasks": "named",
            "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        },
    },
}

BATCHES = {"names": {"summary": "A batch", "value": {"recipe": "deskew,binarize", "name": "volume 1"}}}

BATCH_EVENT = """id: 2026-01-31T12:00:05.000000Z
event: task
data: {"id":"6f1c2d34-…","state":"completed","batch":"9f3e2b10-…",…}

event: batch
data: {"id":"9f3e2b10-…","state":"processing","tasks":{"pending":12,…},…}

"""

EVENT = 'id: 2026-01-31T12:00:00.000000Z\nevent: task\ndata: {"id":"6f1c2d34-…","state":"processing",…}\n\n'


def bodies(*, recipe: bool, task: bool) -> dict[str, Any]:
    """Bodies to send, by name."""
    if not recipe:
        return {"picture": {"summary": "A picture", "value": {"image": PICTURE}}}
    steps = [{"filter": "deskew", "max_angle_deg": 10}, "binarize"]
    named = {"name": "page 1"} if task else {}
    return {
        "names": {
            "summary": "Filters by name",
            "value": {"image": PICTURE, "recipe": "deskew,binarize", **named},
        },
        "parameters": {"summary": "Filters with parameters", "value": {"image": PICTURE, "recipe": steps}},
    }
