"""From a request's body to the bytes of the picture in it."""

from __future__ import annotations

from fastapi import Request
from starlette.exceptions import HTTPException

from recto.errors import RequestError
from recto.web.forms import media_type, read_multipart
from recto.web.lenient import read_base64, read_json_object


def check_multipart_type(request: Request) -> None:
    """Refuse what is not a form with a file; 415."""
    kind = media_type(request.headers.get("content-type"))
    if kind != "multipart/form-data":
        raise HTTPException(415, f"The body must be multipart/form-data with a part 'file', not {kind or 'untyped'}.")


def image_in_json(body: bytes) -> bytes:
    """The picture of ``{"image": "<base64>"}``."""
    if not body.strip():
        raise RequestError('The body is empty; it must be {"image": "<base64>"}.')
    image = read_json_object(body).get("image")
    if image is None:
        raise RequestError("The body has no member 'image'.")
    if not isinstance(image, str):
        raise RequestError("The member 'image' must be base64 text.")
    return read_base64(image)


def image_in_multipart(content_type: str, body: bytes) -> bytes:
    """The part named ``file``, whatever it says of itself: its bytes decide what it is."""
    parts = read_multipart(content_type, body)
    named = [part for part in parts if part.name.lower() == "file"]
    if not named:
        raise RequestError("The form has no part named 'file'.")
    if not named[0].data:
        raise RequestError("The part 'file' is empty.")
    return named[0].data
