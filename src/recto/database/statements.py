"""Named SQL statements, kept in ``.sql`` files next to the code that runs them.

A statement starts at a line ``-- name --``; comment lines directly under it say what it is for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import resources

Statements = Mapping[str, bytes]
"""Name → SQL, as bytes because psycopg takes text only from literals."""

_HEAD = re.compile(r"^-- ([a-z0-9_]+) --$", re.MULTILINE)


def read_statements(package: str, filename: str) -> Statements:
    """The statements of a file of a package."""
    text = resources.files(package).joinpath(filename).read_text(encoding="utf-8")
    parts = _HEAD.split(text)[1:]
    return {name: sql.strip().encode() for name, sql in zip(parts[::2], parts[1::2], strict=True)}
