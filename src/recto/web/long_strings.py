"""A JSON body without its long strings, so that what parses it never has much in its hands.

A JSON parser, once called, holds Python's lock until it is done, and every other request waits. A picture as base64 is
nearly all of a body and has no structure to parse: it is found by its quotes and taken out whole. What remains
is small and stays so by a limit.
"""

from __future__ import annotations

import json
import secrets

from recto.errors import LimitError, RequestError

LONG_BYTES = 65_536
"""Strings up to this length stay where they are, and so do bodies."""

MAX_STRUCTURE_BYTES = 1_000_000
MAX_QUOTES = 20_000

_MAX_BACKSLASHES = 1000
_PIECE_BYTES = 1 << 20
_LONGEST_ESCAPE = 6
_ESCAPES = {
    b"\\/": b"/",
    b"\\u002b": b"+", b"\\u002B": b"+", b"\\u002f": b"/", b"\\u002F": b"/", b"\\u003d": b"=", b"\\u003D": b"=",
    b"\\r": b"", b"\\n": b"", b"\\t": b"",
    b"\\u000d": b"", b"\\u000D": b"", b"\\u000a": b"", b"\\u000A": b"",
}  # fmt: skip
"""What writers of JSON escape in base64; line breaks mean nothing there."""


def cut_out(body: bytes) -> tuple[bytes, dict[str, str]]:
    """A body in which each long string is replaced by a name for it.

    Returns
    -------
    body : bytes
        At most ``MAX_STRUCTURE_BYTES``.
    cut : dict
        Name → the string, its escapes undone.

    Raises
    ------
    RequestError
        A string does not end, or a long one is not what base64 can be; or a large body is not UTF-8.
    LimitError
        There is too much beside the long strings.
    """
    if len(body) <= LONG_BYTES:
        return body, {}
    if json.detect_encoding(body) not in ("utf-8", "utf-8-sig"):
        if len(body) <= MAX_STRUCTURE_BYTES:
            return body, {}
        raise RequestError("A large JSON body must be UTF-8.")
    nonce = secrets.token_hex(16)  # or a body could name a string that it does not have
    kept: list[bytes] = []
    cut: dict[str, str] = {}
    room = MAX_STRUCTURE_BYTES
    at = quotes = 0
    while (opening := body.find(b'"', at)) >= 0:
        closing, seen = _closing_quote(body, opening, MAX_QUOTES - quotes)
        quotes += seen + 1
        end = closing + 1
        if closing - opening > LONG_BYTES:
            name = f"{nonce}-{len(cut)}"
            cut[name] = _text(body, opening + 1, closing)
            room = _with_room(room, opening - at)
            kept += [body[at:opening], f'"{name}"'.encode()]
        else:
            room = _with_room(room, end - at)
            kept.append(body[at:end])
        at = end
    _with_room(room, len(body) - at)
    return b"".join((*kept, body[at:])), cut


def _with_room(room: int, taken: int) -> int:
    if taken > room:
        raise LimitError("bytes of a JSON body beside its long strings", MAX_STRUCTURE_BYTES, None)
    return room - taken


def _closing_quote(body: bytes, opening: int, allowed: int) -> tuple[int, int]:
    """Where the string ends that begins at ``opening``, and how many quotes were looked at."""
    at = opening
    for seen in range(1, allowed + 1):
        at = body.find(b'"', at + 1)
        if at < 0:
            raise RequestError("The body is not JSON: a string does not end.")
        before = body[max(opening + 1, at - _MAX_BACKSLASHES) : at]
        backslashes = len(before) - len(before.rstrip(b"\\"))
        if backslashes == _MAX_BACKSLASHES:
            raise RequestError("The body holds absurdly many backslashes.")
        if backslashes % 2 == 0:
            return at, seen
    raise LimitError("quotes in a JSON body", MAX_QUOTES, None)


def _text(body: bytes, start: int, end: int) -> str:
    view = memoryview(body)
    try:
        if body.find(b"\\", start, end) < 0:
            return str(view[start:end], "utf-8")
        if body.find(b"\\\\", start, end) >= 0:
            raise RequestError("A long string of the body has escapes that base64 has not.")
        return b"".join(_unescaped(body, start, end)).decode()
    except UnicodeDecodeError as error:
        raise RequestError(f"The body is not valid {error.encoding} text.") from None


def _unescaped(body: bytes, start: int, end: int) -> list[bytes]:
    pieces: list[bytes] = []
    while start < end:
        stop = min(start + _PIECE_BYTES, end)
        if stop < end:
            last = body.rfind(b"\\", stop - _LONGEST_ESCAPE, stop)
            stop = last if last > start else stop
        piece = body[start:stop]
        for escape, plain in _ESCAPES.items():
            piece = piece.replace(escape, plain)
        if b"\\" in piece:
            raise RequestError("A long string of the body has escapes that base64 has not.")
        pieces.append(piece)
        start = stop
    return pieces
