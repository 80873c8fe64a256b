"""Every spelling of the compatible API's paths."""

from __future__ import annotations

from recto.web.paths import spelling_key, spellings
from recto.web.v5.operations import (
    CANONICAL_PREFIX,
    CURRENT,
    DEPRECATED,
    ELSEWHERE,
    GET_RESULT_FILE,
    GET_RESULT_TASK,
    GET_TASK_STATUS,
    PREFIXES,
)

OTHER_PATHS = (
    "/connect/token",
    "/connect/jwks",
    "/.well-known/jwks.json",
    "/health/live",
    "/health/ready",
    "/docs",
    "/openapi.json",
)


def table(*, bare_paths: bool = False) -> dict[str, str]:
    """From spelling keys to the paths that are routed; with ``bare_paths`` also without any prefix."""
    names = {operation.name: operation.aliases for operation in CURRENT + DEPRECATED}
    names |= dict.fromkeys((GET_RESULT_TASK, GET_RESULT_FILE, GET_TASK_STATUS, *ELSEWHERE), ())
    prefixes = (*PREFIXES, "/") if bare_paths else PREFIXES
    return spellings(names, prefixes, CANONICAL_PREFIX) | {spelling_key(path): path for path in OTHER_PATHS}
