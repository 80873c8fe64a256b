"""The pages of a whole batch as one file, made while it is sent: at most one page is in memory."""

from __future__ import annotations

import asyncio
import io
import zipfile
from collections.abc import AsyncIterator, Sequence
from pathlib import PurePosixPath
from typing import BinaryIO, cast

from recto.codec import Limits, PdfWriter, decode
from recto.service.keys import result_keys
from recto.store import BlobStore
from recto.tasks import Member, TaskState

ASSUMED_DPI = 300.0
_OUR_OWN = Limits(max_bytes=2**50, max_megapixels=1e9)
"""A result may be larger than what may be sent, and the limits of a filter's output were kept when it was made."""

FAILURES = "failed.txt"


class _Outgoing(io.RawIOBase):
    """A file that can only be written to; what was written is taken away and sent."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = bytes(cast(bytes, data))
        self._pieces.append(piece)
        return len(piece)

    def take(self) -> bytes:
        found = b"".join(self._pieces)
        self._pieces.clear()
        return found


async def zipped(members: Sequence[Member], store: BlobStore) -> AsyncIterator[bytes]:
    """A ZIP with a PNG for each page, and the files that failed by name in ``failed.txt``."""
    out = _Outgoing()
    names: set[str] = set()
    with zipfile.ZipFile(cast(BinaryIO, out), "w", zipfile.ZIP_STORED) as file:  # PNG is compressed already
        async for name, png in _pages(members, store, names):
            file.writestr(name, png)
            yield out.take()
        failed = [f"{member.name or member.id}: {member.error}" for member in members if _has_failed(member)]
        if failed:
            file.writestr(FAILURES, "\n".join([*failed, ""]))
    yield out.take()


async def as_pdf(members: Sequence[Member], store: BlobStore) -> AsyncIterator[bytes]:
    """A PDF with a page for each page, in the order in which the files came; what failed is left out."""
    out = _Outgoing()
    writer = PdfWriter(cast(BinaryIO, out), ASSUMED_DPI)
    async for _, png in _pages(members, store, set()):
        await asyncio.to_thread(_add, writer, png)
        yield out.take()
    writer.close()
    yield out.take()


def _add(writer: PdfWriter, png: bytes) -> None:
    for page in decode(png, _OUR_OWN):
        writer.add(page)


async def _pages(members: Sequence[Member], store: BlobStore, names: set[str]) -> AsyncIterator[tuple[str, bytes]]:
    for member in members:
        if member.state is not TaskState.COMPLETED:
            continue
        stem = _stem(member, names)
        for number, key in enumerate(result_keys(member.id, member.attempt, member.pages), start=1):
            name = f"{stem}.png" if member.pages == 1 else f"{stem}-{number:03d}.png"
            yield name, await store.get(key)


def _stem(member: Member, names: set[str]) -> str:
    """The name of a file without its suffix; a second one of that name is numbered. Never a way out of the folder."""
    shown = PurePosixPath((member.name or member.id).replace("\\", "/")).name
    stem = PurePosixPath(shown).stem if shown not in ("", "..") else member.id
    turn, found = 1, stem
    while found.casefold() in names:
        turn += 1
        found = f"{stem} ({turn})"
    names.add(found.casefold())
    return found


def _has_failed(member: Member) -> bool:
    return member.state is TaskState.FAILED
