"""What clients of the compatible API really send: JSON with trailing commas, base64 in many dresses.

All functions here are pure, hold the whole body in memory and may take a moment; call them in a thread.
"""

from __future__ import annotations

import binascii
import json
import re
from typing import Any

from recto.errors import LimitError, RequestError
from recto.web.long_strings import cut_out

MAX_JSON_MARKS = 20_000
"""Most commas, quotes and brackets in a body: an image in base64 has none, so more of them is an attack on memory."""

_TRAILING_COMMA = re.compile(r",(?=\s*[}\]])")
_DATA_URI = re.compile(r"\s*data:[^,]{0,200};base64,", re.IGNORECASE)
_PREFIX_CHARS = 512
_WHITE = " \t\r\n\v\f"
_WIDE_WHITE = "\u00a0\ufeff"
_MAX_DIGITS = 1000
_URL_SAFE = str.maketrans("-_", "+/", _WHITE)
_PIECE_CHARS = 1 << 20
"""Base64 is decoded piece by piece: the decoder holds Python's lock, and other requests want it in between."""


def read_json_object(body: bytes) -> dict[str, Any]:
    """A JSON object, its keys in lower case at every depth.

    Trailing commas, a byte-order mark, raw line breaks in strings and unknown members are accepted.

    Raises
    ------
    RequestError
        The body is not a JSON object.
    LimitError
        It has absurdly many members, or absurdly much beside its long strings.
    """
    short, cut = cut_out(body)
    try:
        text = short.decode(json.detect_encoding(short))
    except UnicodeDecodeError as error:
        raise RequestError(f"The body is not valid {error.encoding} text.") from None
    marks = sum(text.count(mark) for mark in ',"[{')
    if marks > MAX_JSON_MARKS:
        raise LimitError("marks (commas, quotes, brackets) in a JSON body", MAX_JSON_MARKS, marks)
    try:
        found = _parse(text)
    except RecursionError:
        raise RequestError("The JSON body is nested too deeply.") from None
    except ValueError as error:
        raise RequestError(f"The body is not JSON: {error}.") from None
    if not isinstance(found, dict):
        raise RequestError('The body must be a JSON object such as {"image": "<base64>"}.')
    return {name: cut.get(value, value) if isinstance(value, str) else value for name, value in found.items()}


def read_base64(text: str) -> bytes:
    """Bytes from base64 with or without padding, white space, the URL-safe alphabet or a ``data:`` prefix.

    Raises
    ------
    RequestError
        Anything else.
    """
    prefix = _DATA_URI.match(text[:_PREFIX_CHARS])
    start = prefix.end() if prefix else 0
    pieces: list[bytes] = []
    rest, ended = "", False
    for place in range(start, len(text), _PIECE_CHARS):
        digits, padding, beyond = _without_white(text[place : place + _PIECE_CHARS]).partition("=")
        if (ended and digits) or beyond.strip("="):
            raise RequestError("The image is not base64.")
        ended = ended or bool(padding)
        digits = rest + digits
        whole = len(digits) - len(digits) % 4
        pieces.append(_decoded(digits[:whole]))
        rest = digits[whole:]
    if len(rest) == 1:
        raise RequestError("The image is not base64: its length cannot be right, it may be cut off.")
    pieces.append(_decoded(rest, "=" * (-len(rest) % 4)))
    data = b"".join(pieces)
    if not data:
        raise RequestError("The image is empty.")
    return data


def _without_white(text: str) -> str:
    if not text.isascii():
        for white in _WIDE_WHITE:
            text = text.replace(white, "")
        if not text.isascii():
            raise RequestError("The image is not base64.")
    return text.translate(_URL_SAFE)


def _decoded(digits: str, padding: str = "") -> bytes:
    try:
        return binascii.a2b_base64(digits + padding, strict_mode=True)
    except ValueError:
        raise RequestError("The image is not base64.") from None


def _parse(text: str) -> object:
    decoder = json.JSONDecoder(
        strict=False, object_pairs_hook=_lower_keys, parse_constant=_refuse_constant, parse_int=_integer
    )
    try:
        return decoder.decode(text)
    except json.JSONDecodeError as error:
        mended = _without_trailing_commas(text)
        if mended == text:
            raise
        try:
            return decoder.decode(mended)
        except json.JSONDecodeError:
            raise error from None


def _lower_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return {key.lower(): value for key, value in pairs}


def _integer(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        raise ValueError(f"a number of {len(digits):,} digits")
    return int(digits)


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not a JSON number")


def _without_trailing_commas(text: str) -> str:
    """Drop commas before a closing bracket, outside strings; hops from quote to quote, so long strings cost nothing."""
    kept: list[str] = []
    at = 0
    while True:
        opening = text.find('"', at)
        if opening < 0:
            kept.append(_TRAILING_COMMA.sub("", text[at:]))
            return "".join(kept)
        closing = _closing_quote(text, opening)
        kept.append(_TRAILING_COMMA.sub("", text[at:opening]))
        kept.append(text[opening : closing + 1])
        at = closing + 1


def _closing_quote(text: str, opening: int) -> int:
    """The index of the quote that ends a string, or the last index when it never ends."""
    at = opening
    while True:
        at = text.find('"', at + 1)
        if at < 0:
            return len(text)
        before = at
        while text[before - 1] == "\\":
            before -= 1
        if (at - before) % 2 == 0:
            return at
