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
    "recipe": [
        {"filter": "deskew", "max_angle_deg": 15.0, "canvas": "expand", "min_confidence": 0.5},
        {"filter": "binarize", "method": "auto", "window_px": None, "k": None},
    ],
    "error": None,
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

ANSWERS: dict[str, dict[str, Any]] = {
    "Task": _TASK,
    "TaskList": {"tasks": [_TASK], "next": None},
    "PageAnswer": {**_LOOKS, "input": _INPUT, "estimates": _ESTIMATES, "steps": _STEPS, "image": PICTURE},
    "Inspection": {**_INPUT, "estimates": _ESTIMATES},
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

EVENT = 'id: 2026-01-31T12:00:00.000000Z\nevent: task\ndata: {"id":"6f1c2d34-…","state":"processing",…}\n\n'


def bodies(*, recipe: bool) -> dict[str, Any]:
    """Bodies to send, by name."""
    if not recipe:
        return {"picture": {"summary": "A picture", "value": {"image": PICTURE}}}
    steps = [{"filter": "deskew", "max_angle_deg": 10}, "binarize"]
    return {
        "names": {
            "summary": "Filters by name",
            "value": {"image": PICTURE, "recipe": "deskew,binarize", "name": "page 1"},
        },
        "parameters": {"summary": "Filters with parameters", "value": {"image": PICTURE, "recipe": steps}},
    }
