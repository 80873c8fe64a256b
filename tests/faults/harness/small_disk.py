"""A small disk that can be filled and taken away, where root may mount one."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path

_LEFT_TO_WRITE_BYTES = 8 << 20


class SmallDisk:
    """A tmpfs at ``path``; ``is_real`` says whether it was wanted and could be mounted, else it is a plain folder."""

    def __init__(self, path: Path, size_mb: int | None) -> None:
        path.mkdir(parents=True, mode=0o711)
        self.path = path
        self.is_real = False
        if size_mb is not None and os.geteuid() == 0 and sys.platform.startswith("linux"):
            self.is_real = _run("mount", "-t", "tmpfs", "-o", f"size={size_mb}m,mode=711", "tmpfs", str(path))
        self._filler = path / "filler"

    def fill(self) -> None:
        """Leave no room."""
        with self._filler.open("ab", buffering=0) as file:
            room = os.statvfs(self.path)
            most = room.f_bavail * room.f_frsize - _LEFT_TO_WRITE_BYTES  # others write meanwhile
            with contextlib.suppress(OSError):
                os.posix_fallocate(file.fileno(), file.tell(), max(1, most))
            file.seek(0, os.SEEK_END)
            for size_bytes in (1 << 20, 1 << 12):
                with contextlib.suppress(OSError):
                    while file.write(b"x" * size_bytes) == size_bytes:
                        pass

    def empty(self) -> None:
        """Leave room again."""
        self._filler.unlink(missing_ok=True)

    def close(self) -> None:
        if self.is_real:
            _run("umount", "-l", str(self.path))
            self.is_real = False


def hide(folder: Path, empty: Path) -> bool:
    """Cover a folder with an empty one, as when its disk is not mounted; False where that cannot be done."""
    return os.geteuid() == 0 and _run("mount", "--bind", str(empty), str(folder))


def show(folder: Path) -> None:
    _run("umount", str(folder))


def _run(*command: str) -> bool:
    return subprocess.run(command, check=False, capture_output=True).returncode == 0
