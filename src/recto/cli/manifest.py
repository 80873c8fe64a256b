"""What has been done, kept beside the output, so that a run that was stopped goes on where it was.

``OUT/.recto-manifest.jsonl`` gets two lines for each input: ``begun`` with the names of its outputs before the first
one is written, ``done`` when all are there. Lines are only ever appended, each in one write, by the process that
does the work; a line that was torn by a crash is passed over.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

from recto.errors import EngineError

if sys.platform != "win32":
    import fcntl

NAME = ".recto-manifest.jsonl"
_UNFINISHED = -1


class Made(NamedTuple):
    """One output: its path below the folder, and its size and time when it was written; -1 while it is not."""

    name: str
    size_bytes: int
    mtime_ns: int


class Stamp(NamedTuple):
    """By what a file that was read is known again."""

    size_bytes: int
    mtime_ns: int

    @classmethod
    def of(cls, found: os.stat_result) -> Stamp:
        return cls(found.st_size, found.st_mtime_ns)


class _Entry(NamedTuple):
    stamp: Stamp | None
    recipe: str
    outputs: tuple[Made, ...]


class InUseError(EngineError):
    """Another process writes to the same folder."""

    code = "folder-in-use"


class Manifest:
    """What a folder's manifest says; holds the folder for this process until it is closed.

    Parameters
    ----------
    folder : Path
        Made when it is not there.

    Raises
    ------
    InUseError
        Another ``recto run`` or ``recto watch`` has it.
    OSError
        The folder or the manifest cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._file = open(folder / NAME, "a+b")  # noqa: SIM115 - closed by close()
        self._lock()
        self._entries: dict[str, _Entry] = {}
        self._owners: dict[str, str] = {}
        self._read_to = 0
        self.refresh()
        if self._file.seek(0, os.SEEK_END) > self._read_to:  # a line that a crash has torn
            self._file.write(b"\n")
            self._file.flush()

    def _lock(self) -> None:
        if sys.platform == "win32":
            return
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            raise InUseError(
                f"Another recto is writing to {self._folder}: wait until it is done, or write to another folder."
            ) from None
        except OSError:  # a file system without locks
            return

    def is_done(self, source: Path, recipe: str) -> bool:
        """Whether this very file was taken through this very recipe and all its outputs are still there."""
        entry = self._entries.get(_key(source))
        if entry is None or entry.stamp is None or entry.recipe != recipe:
            return False
        try:
            return entry.stamp == Stamp.of(source.stat()) and all(
                (self._folder / made.name).stat().st_size > 0 for made in entry.outputs
            )
        except OSError:
            return False

    def outputs_of(self, source: Path, *, unfinished_only: bool = False) -> tuple[Made, ...]:
        """The outputs that earlier runs wrote, or were about to write, for this input and for no other."""
        key = _key(source)
        entry = self._entries.get(key)
        if entry is None:
            return ()
        own = (made for made in entry.outputs if self._owners[made.name] == key)
        return tuple(made for made in own if made.size_bytes == _UNFINISHED or not unfinished_only)

    def close(self) -> None:
        """Let others have the folder."""
        self._file.close()

    def __enter__(self) -> Manifest:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def refresh(self) -> None:
        """Take in the lines that were added since."""
        self._file.seek(self._read_to)
        for line in self._file:
            if not line.endswith(b"\n"):
                break
            self._read_to += len(line)
            try:
                self._take(json.loads(line))
            except (ValueError, KeyError, TypeError, RecursionError):
                continue

    def _take(self, record: dict[str, Any]) -> None:
        source = str(record["input"])
        if record["state"] == "begun":
            names = [str(name) for name in record["outputs"]]
            self._entries[source] = _Entry(None, "", tuple(Made(name, _UNFINISHED, _UNFINISHED) for name in names))
            for name in names:
                self._owners.setdefault(name, source)
        elif record["state"] == "done":
            stamp = Stamp(int(record["size"]), int(record["mtime_ns"]))
            outputs = tuple(Made(str(name), int(size), int(time)) for name, size, time in record["outputs"])
            self._entries[source] = _Entry(stamp, str(record["recipe"]), outputs)
            self._owners.update((made.name, source) for made in outputs)


def append_begun(folder: Path, source: Path, targets: Iterable[Path]) -> None:
    """Claim the outputs of an input before the first one is written."""
    names = [str(target.relative_to(folder)) for target in targets]
    _append(folder, {"state": "begun", "input": _key(source), "outputs": names})


def append_done(folder: Path, source: Path, stamp: Stamp, recipe: str, targets: Iterable[Path]) -> None:
    """Record that all outputs of an input are there."""
    record = {"size": stamp.size_bytes, "mtime_ns": stamp.mtime_ns, "recipe": recipe}
    outputs = list(_measured(folder, targets))
    _append(folder, {"state": "done", "input": _key(source), **record, "outputs": outputs})


def is_ours(folder: Path, target: Path, made: Iterable[Made]) -> bool:
    """Whether what stands at ``target`` was written by an earlier run and not touched since."""
    name = str(target.relative_to(folder))
    for known in made:
        if known.name == name:
            found = target.stat()
            return known.size_bytes == _UNFINISHED or (known.size_bytes, known.mtime_ns) == Stamp.of(found)
    return False


def _measured(folder: Path, targets: Iterable[Path]) -> Iterator[Made]:
    for target in targets:
        yield Made(str(target.relative_to(folder)), *Stamp.of(target.stat()))


def _append(folder: Path, record: dict[str, Any]) -> None:
    handle = os.open(folder / NAME, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    try:
        os.write(handle, json.dumps(record).encode("ascii") + b"\n")
    finally:
        os.close(handle)


def _key(source: Path) -> str:
    return os.path.abspath(source)
