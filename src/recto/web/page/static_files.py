"""The files of the web page: read once, told apart by a digest, served under names that are known beforehand."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

_MEDIA_TYPES = {
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "jpg": "image/jpeg",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
    "png": "image/png",
    "svg": "image/svg+xml",
}


@dataclass(frozen=True)
class StaticFile:
    """One file.

    Attributes
    ----------
    content : bytes
    media_type : str
    etag : str
        With its quotes.
    """

    content: bytes
    media_type: str
    etag: str


@dataclass(frozen=True)
class StaticFiles:
    """Every file of the folder ``static``.

    Attributes
    ----------
    found : dict
        Path below ``static`` → file.
    digest : str
        Changes when any of them changes, so that addresses with it can be kept for ever.
    """

    found: dict[str, StaticFile]
    digest: str

    def scripts(self) -> list[str]:
        """The paths of the modules, in order."""
        return sorted(path for path in self.found if path.endswith(".js"))


def static_files() -> StaticFiles:
    """Read the folder ``static``."""
    found: dict[str, StaticFile] = {}
    whole = hashlib.sha256()
    for path, entry in sorted(_walk(files("recto.web.page") / "static", ""), key=lambda pair: pair[0]):
        media_type = _MEDIA_TYPES.get(path.rpartition(".")[2])
        if media_type is None:
            continue
        content = entry.read_bytes()
        found[path] = StaticFile(content, media_type, f'"{hashlib.sha256(content).hexdigest()[:32]}"')
        whole.update(f"{path}\0{len(content)}\0".encode() + content)
    return StaticFiles(found, whole.hexdigest()[:12])


def _walk(folder: Traversable, prefix: str) -> Iterator[tuple[str, Traversable]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _walk(entry, f"{prefix}{entry.name}/")
        else:
            yield prefix + entry.name, entry
