"""The kinds of answer that a client may choose from, and several parts in one body.

References
----------
RFC 9110, section 12.5.1 (Accept); RFC 2046, section 5.1.3 (multipart/mixed).
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence

from starlette.exceptions import HTTPException

PNG, JSON, MIXED = "image/png", "application/json", "multipart/mixed"
KINDS = (PNG, JSON, MIXED)


def accepted_kind(accept: str, kinds: Sequence[str] = KINDS) -> str:
    """The kind that the client would rather have; the first when it has no wish.

    Of a kind, the range that names it most closely decides. Among kinds that are wanted alike, the one that is named
    most closely goes first, then the one that is named first.

    Raises
    ------
    HTTPException
        406: none of them is wanted.
    """
    wishes = [_wish(part) for part in accept.split(",") if part.strip()] or [("*/*", 1.0)]
    offers = []
    for kind in kinds:
        ranges = (kind, kind.partition("/")[0] + "/*", "*/*")
        named = [(-ranges.index(wish), -place, share) for place, (wish, share) in enumerate(wishes) if wish in ranges]
        if named:
            closeness, place, share = max(named)
            offers.append((share, closeness, place, kind))
    best = max(offers, key=lambda offer: offer[:3], default=(0.0, 0, 0, ""))
    if best[0] <= 0:
        raise HTTPException(406, f"The answer is {', '.join(kinds[:-1])} or {kinds[-1]}.")
    return best[3]


def _wish(part: str) -> tuple[str, float]:
    kind, *parameters = [piece.strip().lower() for piece in part.split(";")]
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return kind, float(parameter[2:])
            except ValueError:
                return kind, 0.0
    return kind, 1.0


def mixed(parts: Iterable[tuple[str, str, bytes]]) -> tuple[str, bytes]:
    """A body of several parts.

    Parameters
    ----------
    parts : iterable of (str, str, bytes)
        Content type, file name and content of each.

    Returns
    -------
    str
        The content type with the boundary, which cannot be guessed and so is in no part.
    bytes
    """
    boundary = f"recto-{secrets.token_hex(16)}"
    pieces: list[bytes] = []
    for kind, name, content in parts:
        head = f'--{boundary}\r\nContent-Type: {kind}\r\nContent-Disposition: inline; filename="{name}"\r\n'
        pieces += [f"{head}Content-Length: {len(content)}\r\n\r\n".encode("ascii"), content, b"\r\n"]
    return f"{MIXED}; boundary={boundary}", b"".join([*pieces, f"--{boundary}--\r\n".encode()])
