"""From a request's body and query to a file, its recipe and its name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from recto.errors import LimitError, RequestError
from recto.pipeline import Recipe
from recto.web.forms import media_type, read_multipart
from recto.web.lenient import read_base64, read_json_object

MAX_NAME_CHARS = 200
MAX_KEY_CHARS = 255

_MEMBERS = ("image", "recipe", "name", "webhook", "batch")
MAX_TEXT_BYTES = 65_536
"""Of a recipe, and of each part of a form that is no file."""


@dataclass(frozen=True)
class Upload:
    """What was sent.

    Attributes
    ----------
    image : bytes
    recipe : Recipe or None
        None when nothing was said.
    name : str or None
    webhook : str, mapping or None
        The webhook that is told of the task's end: its id, or its url and secret.
    batch : str or None
        The id of the batch that it belongs to.
    """

    image: bytes
    recipe: Recipe | None
    name: str | None
    webhook: str | Mapping[str, Any] | None = None
    batch: str | None = None

    def wanted(self) -> Recipe:
        """The recipe.

        Raises
        ------
        RequestError
            There is none.
        """
        if self.recipe is None:
            raise RequestError("There is no recipe; say for example recipe=deskew,binarize.")
        return self.recipe


def read_upload(content_type: str, query: Mapping[str, str], body: bytes) -> Upload:
    """JSON, a form, or the bytes themselves; what the body does not say, the query may. Takes a moment.

    Raises
    ------
    RequestError
        Nothing was sent, or it cannot be read.
    """
    kind = media_type(content_type)
    if kind in ("application/json", "text/json") or kind.endswith("+json"):
        upload = _of_json(body)
    elif kind == "multipart/form-data":
        upload = _of_form(content_type, body)
    else:
        upload = Upload(body, None, None)
    if not upload.image:
        raise RequestError("No file was sent: the body, or the file in it, is empty.")
    recipe = query.get("recipe") if upload.recipe is None else upload.recipe
    if isinstance(recipe, str) and len(recipe) > MAX_TEXT_BYTES:
        raise LimitError("characters of a recipe", MAX_TEXT_BYTES, len(recipe))
    name = name_of(query.get("name") if upload.name is None else upload.name)
    webhook = query.get("webhook") if upload.webhook is None else upload.webhook
    return Upload(upload.image, recipe, name, webhook, query.get("batch") if upload.batch is None else upload.batch)


def name_of(text: str | None) -> str | None:
    """A name that can be stored and shown; None for an empty one.

    Raises
    ------
    RequestError
        It is too long.
    """
    if text is not None and len(text) > 10 * MAX_NAME_CHARS:
        raise RequestError(f"A name has at most {MAX_NAME_CHARS} characters.")
    shown = "".join(c if c.isprintable() else " " for c in text or "").encode("utf-8", "replace").decode().strip()
    if len(shown) > MAX_NAME_CHARS:
        raise RequestError(f"A name has at most {MAX_NAME_CHARS} characters.")
    return shown or None


def idempotency_key_of(text: str | None) -> str | None:
    """The header ``Idempotency-Key``.

    Raises
    ------
    RequestError
        It is empty, too long, or not printable ASCII.
    """
    if text is None:
        return None
    key = text.strip()
    if not 0 < len(key) <= MAX_KEY_CHARS or not key.isascii() or not key.isprintable():
        raise RequestError(f"An Idempotency-Key has 1 to {MAX_KEY_CHARS} printable ASCII characters.")
    return key


def _of_json(body: bytes) -> Upload:
    given = read_json_object(body)
    image, recipe, name, webhook, batch = (given.get(member) for member in _MEMBERS)
    if not isinstance(image, str):
        raise RequestError("The member 'image' must be there, as base64 text.")
    if recipe is not None and not isinstance(recipe, str | list):
        raise RequestError("The member 'recipe' must be text or a list of steps.")
    if name is not None and not isinstance(name, str):
        raise RequestError("The member 'name' must be text.")
    if webhook is not None and not isinstance(webhook, str | dict):
        raise RequestError("The member 'webhook' must be the id of one, or its url and secret.")
    if batch is not None and not isinstance(batch, str):
        raise RequestError("The member 'batch' must be the id of one.")
    return Upload(read_base64(image), recipe, name, webhook, batch)


def _of_form(content_type: str, body: bytes) -> Upload:
    parts = {part.name.lower(): part for part in reversed(read_multipart(content_type, body))}
    if "file" not in parts:
        raise RequestError("The form has no part named 'file'.")
    texts = {name: part.data for name, part in parts.items() if name != "file"}
    for name, data in texts.items():
        if len(data) > MAX_TEXT_BYTES:
            raise LimitError(f"bytes of the part {name[:MAX_NAME_CHARS]!r}", MAX_TEXT_BYTES, len(data))
    said = {name: data.decode("utf-8", "replace") for name, data in texts.items()}
    file_name = (parts["file"].file_name or "")[:MAX_NAME_CHARS]
    named = said.get("webhook")
    webhook = _object(named) if named is not None and named.lstrip().startswith("{") else named
    return Upload(parts["file"].data, said.get("recipe"), said.get("name", file_name), webhook, said.get("batch"))


def _object(text: str) -> Mapping[str, Any]:
    try:
        found: Mapping[str, Any] = json.loads(text)
    except (ValueError, RecursionError):
        raise RequestError("The part 'webhook' is not JSON.") from None
    return found
