"""How a page of a result is sent as a PNG file, by either API."""

from __future__ import annotations

import hashlib

from fastapi import Request, Response


def picture_answer(request: Request, png: bytes, headers: dict[str, str]) -> Response:
    """The file with an ETag of its content, or 304 when the caller has it already."""
    tag = f'"{hashlib.sha256(png).hexdigest()[:32]}"'
    headers = {**headers, "ETag": tag, "Cache-Control": "private, no-cache"}
    known = [one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")]
    if tag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return Response(png, headers=headers, media_type="image/png")
