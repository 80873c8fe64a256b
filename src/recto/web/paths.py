"""Every spelling of a path that clients use, brought to the one that is routed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

from starlette.types import ASGIApp, Receive, Scope, Send

_NEEDLESS = re.compile(r"/(?:\.?/)+")


def spelling_key(path: str) -> str:
    """What two spellings of one path have in common: no case, no doubled slashes, no ``/./``, no slash at the end."""
    return _NEEDLESS.sub("/", path + "/").rstrip("/").lower() or "/"


def spellings(
    canonical: Mapping[str, tuple[str, ...]], prefixes: tuple[str, ...], canonical_prefix: str
) -> dict[str, str]:
    """A table from spelling keys to the paths that are routed.

    Parameters
    ----------
    canonical : mapping
        Name below the prefix → its aliases.
    prefixes : tuple of str
        With their slash at the end.
    canonical_prefix : str
    """
    table: dict[str, str] = {}
    for name, aliases in canonical.items():
        for prefix in prefixes:
            for spelling in (name, *aliases):
                table[spelling_key(prefix + spelling)] = canonical_prefix + name
    return table


class AnySpelling:
    """ASGI middleware: a known path in any spelling reaches its route; unknown paths pass as they are."""

    def __init__(self, app: ASGIApp, table: Mapping[str, str]) -> None:
        self._app = app
        self._table = dict(table)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            routed = self._table.get(spelling_key(scope["path"]))
            if routed is not None and routed != scope["path"]:
                scope = {**scope, "path": routed, "raw_path": quote(routed).encode()}
        await self._app(scope, receive, send)
