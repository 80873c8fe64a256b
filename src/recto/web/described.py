"""What the OpenAPI document says of problems, for every API alike."""

from __future__ import annotations

from typing import Any

_PROBLEM = {
    "application/problem+json": {
        "schema": {
            "type": "object",
            "required": ["type", "title", "status", "detail", "code"],
            "properties": {
                "type": {"type": "string"},
                "title": {"type": "string"},
                "status": {"type": "integer"},
                "detail": {"type": "string"},
                "code": {"type": "string"},
                "instance": {"type": "string"},
                "traceId": {"type": "string"},
                "errors": {"type": "object"},
            },
        }
    }
}


def problem_of(description: str) -> dict[str, Any]:
    """An answer that is a problem."""
    return {"description": description, "content": _PROBLEM}
