"""From what stands on the command line to files, outputs and parameters."""

from __future__ import annotations

import glob
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recto.errors import InputError, ParameterError

SUFFIXES = frozenset(
    (".jpg", ".jpeg", ".jpe", ".png", ".tif", ".tiff", ".bmp", ".dib", ".gif")
    + (".webp", ".avif", ".heic", ".heif", ".pdf")
)


class MissingInputError(InputError):
    """Nothing on the disk fits what was named."""

    code = "missing-input"


@dataclass(frozen=True)
class Input:
    """One file to read.

    Attributes
    ----------
    path : Path
    relative : Path
        Folder below the one that was named, for the output's place; ``.`` for files named themselves.
    """

    path: Path
    relative: Path


def expand(named: Iterable[str]) -> Iterator[Input | MissingInputError]:
    """Files, the pictures and PDFs below folders, and what patterns match, in a stable order and each once."""
    seen: set[Path] = set()
    for name in named:
        for found in _expand_one(name):
            if isinstance(found, Input):
                key = found.path.resolve()
                if key in seen:
                    continue
                seen.add(key)
            yield found


def _expand_one(name: str) -> Iterator[Input | MissingInputError]:
    path = Path(name)
    if path.is_dir():
        inside = sorted(p for p in path.rglob("*") if p.is_file() and p.suffix.lower() in SUFFIXES)
        inside = [p for p in inside if not any(part.startswith(".") for part in p.relative_to(path).parts)]
        if not inside:
            yield MissingInputError(f"{name}: no picture or PDF in this folder")
        yield from (Input(p, p.parent.relative_to(path)) for p in inside)
    elif path.exists():
        yield Input(path, Path())
    elif matches := sorted(glob.glob(name, recursive=True)):
        for match in matches:
            yield from _expand_one(match)
    else:
        yield MissingInputError(f"{name}: no such file or folder")


def overrides(settings: Iterable[str]) -> dict[str, dict[str, Any]]:
    """``--set FILTER.PARAM=VALUE`` options as filter → parameter → value.

    A value is read as JSON where it is JSON, as text where it is not.

    Raises
    ------
    ParameterError
        For anything of another form.
    """
    chosen: dict[str, dict[str, Any]] = {}
    for setting in settings:
        target, equals, text = setting.partition("=")
        name, dot, parameter = target.partition(".")
        if not (equals and dot and name and parameter):
            raise ParameterError(f"--set {setting!r}: expected FILTER.PARAM=VALUE, such as deskew.max_angle_deg=45.")
        try:
            value = json.loads(text)
        except json.JSONDecodeError:
            value = text
        chosen.setdefault(name, {})[parameter] = value
    return chosen
