"""From what stands on the command line to files, outputs and parameters."""

from __future__ import annotations

import glob
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recto.errors import InputError, ParameterError

SUFFIXES = frozenset(
    (".jpg", ".jpeg", ".jpe", ".png", ".tif", ".tiff", ".bmp", ".dib", ".gif")
    + (".webp", ".avif", ".heic", ".heif", ".pdf")
)
OFTEN_OF_MANY_PAGES = frozenset((".pdf", ".tif", ".tiff"))


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


def expand(
    named: Iterable[str], output: Path | None = None, others: set[Path] | None = None
) -> Iterator[Input | MissingInputError]:
    """Files, the pictures and PDFs below folders, and what patterns match, in a stable order and each once.

    Parameters
    ----------
    named : iterable of str
    output : Path, optional
        A folder below one that is named is passed over: what came out shall not go in again.
    others : set of Path, optional
        Takes the files in folders that are passed over for their names.
    """
    seen: set[Path] = set()
    for name in named:
        for found in _expand_one(name, output, others):
            if isinstance(found, Input):
                key = found.path.resolve()
                if key in seen:
                    continue
                seen.add(key)
            yield found


def _expand_one(name: str, output: Path | None, others: set[Path] | None) -> Iterator[Input | MissingInputError]:
    path = Path(name)
    if path.is_dir():
        inside = sorted(pictures_below(path, output, others))
        if not inside:
            yield MissingInputError(f"{name}: no picture or PDF in this folder")
        yield from (Input(p, p.parent.relative_to(path)) for p in inside)
    elif path.exists():
        yield Input(path, Path())
    elif matches := sorted(glob.glob(name, recursive=True)):
        for match in matches:
            yield from _expand_one(match, output, others)
    else:
        yield MissingInputError(f"{name}: no such file or folder")


def pictures_below(folder: Path, output: Path | None = None, others: set[Path] | None = None) -> Iterator[Path]:
    """Files below a folder that look like pictures or PDFs by their names; nothing hidden, nothing from ``output``."""
    beyond = output.resolve() if output is not None and output.resolve() != folder.resolve() else None
    for place, folders, files in os.walk(folder):
        here = Path(place)
        folders[:] = [f for f in folders if not f.startswith(".") and (here / f).resolve() != beyond]
        for name in files:
            path = here / name
            if name.startswith(".") or not path.is_file():
                continue
            if path.suffix.lower() in SUFFIXES:
                yield path
            elif others is not None:
                others.add(path.absolute())


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
