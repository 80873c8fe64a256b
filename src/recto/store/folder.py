"""Blobs as files of a folder."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import shutil
import time
import uuid
from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path

from recto.errors import BlobMissingError, StoreFullError, StoreUnavailableError
from recto.store.blob_store import check_key

_FAN_OUT = 2
_FULL = (errno.ENOSPC, errno.EDQUOT)
_UNFINISHED = ".tmp-"
_UNFINISHED_AFTER_S = 3600.0
_MARK = ".recto-mark-"


class FolderStore:
    """A blob is a file ``ab/abcdef…`` under the root; only the owner may enter.

    Parameters
    ----------
    root : Path
        Made when it is not there.

    Notes
    -----
    Written under a temporary name, synced, renamed, and the folder synced: after a crash a blob is whole or absent.

    The mark is an empty folder in the root. Where it is missing, a disk is not mounted or the root was moved away, and
    then no blob is missing: the store is not there.
    """

    def __init__(self, root: Path) -> None:
        self._root = root.expanduser().absolute()
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._mark: str | None = None

    async def put(self, key: str, data: bytes) -> None:
        await asyncio.to_thread(self._put, self._path(key), data)

    async def get(self, key: str) -> bytes:
        return await asyncio.to_thread(self._get, self._path(key))

    async def delete(self, keys: Iterable[str]) -> None:
        await asyncio.to_thread(self._delete, [self._path(key) for key in keys])

    async def keys(self, older_than_s: float = 0.0) -> AsyncIterator[str]:
        for folder in await asyncio.to_thread(self._folders):
            if len(folder.name) == _FAN_OUT:  # a disk has others that may be closed to us, such as lost+found
                for key in await asyncio.to_thread(self._keys_in, folder, older_than_s):
                    yield key

    async def free_mb(self) -> float | None:
        return await asyncio.to_thread(self._free_mb)

    async def check(self) -> None:
        await asyncio.to_thread(self._check)

    async def mark(self) -> str | None:
        for name in sorted(path.name for path in await asyncio.to_thread(self._folders)):
            if name.startswith(_MARK):
                self._mark = name.removeprefix(_MARK)
                return self._mark
        return None

    async def set_mark(self, mark: str) -> None:
        await asyncio.to_thread(self._set_mark, check_key(mark))
        self._mark = mark

    def _path(self, key: str) -> Path:
        return self._root / check_key(key)[:_FAN_OUT] / key

    def _put(self, path: Path, data: bytes) -> None:
        self._see_mark()
        try:
            if not path.parent.is_dir():
                path.parent.mkdir(mode=0o700, exist_ok=True)
                _sync_folder(self._root)
            _write_whole(path, data)
        except OSError as error:
            kind = StoreFullError if error.errno in _FULL else StoreUnavailableError
            raise kind(f"The blob could not be stored: {error.strerror or error}.") from error
        self._see_mark()  # or it went to where the disk should have been

    def _get(self, path: Path) -> bytes:
        try:
            return path.read_bytes()
        except FileNotFoundError:
            self._see_mark()
        except OSError as error:
            raise _unreadable(error) from error
        try:  # the root may have come back between the look at the blob and the look at the mark
            return path.read_bytes()
        except FileNotFoundError as error:
            raise BlobMissingError(f"The blob {path.name} is not there.") from error
        except OSError as error:
            raise _unreadable(error) from error

    def _delete(self, paths: list[Path]) -> None:
        self._see_mark()
        for path in paths:
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise StoreUnavailableError(f"A blob could not be deleted: {error.strerror or error}.") from error

    def _free_mb(self) -> float:
        try:
            return shutil.disk_usage(self._root).free / 1e6
        except OSError as error:
            raise _unreadable(error) from error

    def _check(self) -> None:
        self._see_mark()
        if not os.access(self._root, os.R_OK | os.W_OK | os.X_OK):
            raise StoreUnavailableError(f"The folder of the blobs, {self._root}, cannot be written.")

    def _set_mark(self, mark: str) -> None:
        try:
            (self._root / f"{_MARK}{mark}").mkdir(mode=0o700, exist_ok=True)
            _sync_folder(self._root)
        except OSError as error:
            raise StoreUnavailableError(f"The blobs cannot be marked: {error.strerror or error}.") from error

    def _see_mark(self) -> None:
        try:
            (self._root / ("." if self._mark is None else f"{_MARK}{self._mark}")).lstat()
        except OSError as error:
            raise StoreUnavailableError(
                f"{self._root} is not there, or not the folder that it was ({error.strerror or error}). "
                "Is its disk mounted?"
            ) from error

    def _folders(self) -> list[Path]:
        try:
            with os.scandir(self._root) as entries:
                return [Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False)]
        except OSError as error:
            raise _unreadable(error) from error

    def _keys_in(self, folder: Path, older_than_s: float) -> list[str]:
        try:
            return [path.name for path in self._files_older(folder, older_than_s)]
        except OSError as error:
            raise _unreadable(error) from error

    def _files_older(self, folder: Path, older_than_s: float) -> Iterator[Path]:
        now = time.time()
        with os.scandir(folder) as entries:
            for entry in entries:
                with contextlib.suppress(FileNotFoundError):
                    age_s = now - entry.stat(follow_symlinks=False).st_mtime
                    if entry.name.startswith(_UNFINISHED):
                        if age_s > _UNFINISHED_AFTER_S:
                            Path(entry.path).unlink(missing_ok=True)
                    elif age_s >= older_than_s:
                        yield Path(entry.path)


def _unreadable(error: OSError) -> StoreUnavailableError:
    return StoreUnavailableError(f"The blobs cannot be read: {error.strerror or error}.")


def _write_whole(path: Path, data: bytes) -> None:
    unfinished = path.parent / f"{_UNFINISHED}{uuid.uuid4().hex}"
    fd = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with open(fd, "wb", closefd=True) as file:
            file.write(data)
            file.flush()
            os.fsync(fd)
        os.replace(unfinished, path)
    except BaseException:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
