"""Where pages go, and how a file comes to be there whole or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from recto.errors import SettingError


class Form(StrEnum):
    """What can be written."""

    PNG = "png"
    TIFF = "tiff"
    PDF = "pdf"

    @property
    def suffix(self) -> str:
        return ".tif" if self is Form.TIFF else f".{self}"


_FORMS = {".png": Form.PNG, ".tif": Form.TIFF, ".tiff": Form.TIFF, ".pdf": Form.PDF}


@dataclass(frozen=True)
class Destination:
    """One file, or a folder that gets a file or more for each input.

    Attributes
    ----------
    path : Path
    is_folder : bool
    form : Form
    """

    path: Path
    is_folder: bool
    form: Form

    def target(self, source: Path, relative: Path) -> Path:
        """Where an input goes; the pages of a multi-page PNG are numbered after this name."""
        return self.path / relative / f"{source.stem}{self.form.suffix}" if self.is_folder else self.path


def destination(output: Path, form: Form | None, inputs: int) -> Destination:
    """What ``-o OUT`` and ``--format`` mean for so many inputs.

    Raises
    ------
    SettingError
        A file for several inputs, a suffix that nothing can be written to, or one that is not the format's.
    """
    suffix = output.suffix.lower()
    if suffix not in _FORMS and output.is_file():
        raise SettingError(
            f"-o {output}: this is a file. Name a folder, or for one input a file that ends in {', '.join(_FORMS)}."
        )
    if output.is_dir() or not suffix or (suffix not in _FORMS and inputs != 1):
        return Destination(output, True, form or Form.PNG)
    if suffix not in _FORMS:
        raise SettingError(
            f"-o {output}: a file that ends in {suffix} cannot be written, only {', '.join(_FORMS)}."
            " For a folder of that name make it first."
        )
    if inputs != 1:
        folder = f"-o {output.with_suffix('')} --format {_FORMS[suffix]}"
        raise SettingError(f"-o {output} is one file, but there are {inputs} inputs: name a folder, such as {folder}.")
    if form is not None and form is not _FORMS[suffix]:
        raise SettingError(f"-o {output} and --format {form} contradict each other: leave one of them out.")
    return Destination(output, False, _FORMS[suffix])


def numbered(target: Path, frames: int) -> list[Path]:
    """``<stem>-001.png``, ``<stem>-002.png``, ...; the target itself for a single page."""
    if frames == 1:
        return [target]
    digits = max(3, len(str(frames)))
    return [target.with_name(f"{target.stem}-{n:0{digits}d}{target.suffix}") for n in range(1, frames + 1)]


def part_of(target: Path) -> Path:
    """The file that is written before it gets its name; one for each target, so that it is found after a crash."""
    name = hashlib.sha256(os.fsencode(target.name)).hexdigest()[:16]
    return target.with_name(f".recto-{name}.part")


@contextmanager
def whole_file(target: Path, part: Path, *, overwrite: bool) -> Iterator[BinaryIO]:
    """A file to write to that is ``target`` afterwards; after an error nothing is left of it.

    Raises
    ------
    FileExistsError
        The target came into being meanwhile and must not be overwritten.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with _opened(part, target) as file:
            yield file
        if overwrite:
            part.replace(target)
        else:
            _name(part, target)
    finally:
        part.unlink(missing_ok=True)


def _opened(part: Path, target: Path) -> BinaryIO:
    try:
        return open(part, "w+b")
    except OSError as error:
        error.filename = str(target)  # who wants to write there knows nothing of the hidden name
        raise


def _name(part: Path, target: Path) -> None:
    """Rename without overwriting, in one step where the file system has links."""
    with contextlib.suppress(OSError):
        os.link(part, target)
        return
    if os.path.lexists(target):
        raise FileExistsError(17, "is there already; --force overwrites", str(target))
    part.replace(target)
