"""Walks through containers: is the file whole, and is there anything in it that would blow up on reading?

Decoders are lenient in ways that a page reader must not be: they fill what is missing with grey.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from recto.errors import UnreadableImageError

_PNG_SIGNATURE_BYTES = 8
_PNG_TEXTS = (b"zTXt", b"iTXt", b"tEXt")
_MAX_EXTRA_BYTES = 1_000_000
"""Pillow refuses larger texts and profiles, and the picture with them."""

_MARKER, _START_OF_SCAN, _JPEG_END = 0xFF, 0xDA, b"\xff\xd9"
_SCAN = bytes((_MARKER, _START_OF_SCAN))
_NOISE = bytes(37 * k % 251 for k in range(1024))

MAX_JPEG_SCANS = 500
"""A progressive JPEG has about ten; each costs as much as the whole picture, however few bytes it has."""

MAX_JPEG_STEPS = 20_000
"""Segments and fill bytes before the first scan; decoders take them one by one, in no hurry."""

MAX_PNG_CHUNKS = 100_000
MAX_PNG_EXTRAS = 2_000
"""All chunks, and those that hold no pixels."""

_PNG_PIXELS = (b"IDAT", b"fdAT", b"fcTL")
_MAX_PNG_TEXTS = 100
"""Texts and profiles that are looked into; what comes after them is dropped."""

_GIF_IMAGE, _GIF_EXTENSION, _GIF_TRAILER = 0x2C, 0x21, 0x3B


def check_boxes(data: bytes, what: str) -> None:
    """An ISO base media file (HEIC, AVIF) whose boxes reach beyond its end is truncated."""
    at = 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16], "big")
        if size == 0:
            return
        if size < 8 or at + size > len(data):
            raise UnreadableImageError(f"The {what} is truncated or damaged: a box reaches beyond the end of the file.")
        at += size


def check_item_names(data: bytes) -> None:
    """Types and names of the items of a HEIC must be text: pi-heif crashes the process on others.

    Looks at every ``infe`` box (ISO/IEC 23008-12, 14496-12 section 8.11.6) of the ``meta`` box.
    """
    start = data.find(b"meta")
    length = int.from_bytes(data[start - 4 : start], "big")
    meta = data[start : start - 4 + length] if start >= 4 else b""
    at = meta.find(b"infe")
    while at >= 4:
        body = meta[at + 4 : at - 4 + int.from_bytes(meta[at - 4 : at], "big")]
        names = body[8 if body[:1] < b"\x03" else 10 :]
        try:
            names[:4].decode("ascii")
            names[4:].decode("utf-8")
        except UnicodeDecodeError as fault:
            raise UnreadableImageError("The HEIC is damaged: an item has no proper name.") from fault
        at = meta.find(b"infe", at + 4)


def find_jpeg_end(data: bytes) -> int:
    """Where the end mark of a JPEG stands; raises UnreadableImageError when it has none."""
    at, steps = 2, 0
    while at + 4 <= len(data) and data[at] == _MARKER:
        steps += 1
        if steps > MAX_JPEG_STEPS:
            raise UnreadableImageError("The JPEG is damaged: too much stands before its picture.")
        if data[at + 1] == _MARKER:
            at += 1
            continue
        if data[at + 1] == _START_OF_SCAN:
            break
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    end = data.find(_JPEG_END, at)
    if end < 0:
        raise UnreadableImageError("The JPEG is truncated: it has no end mark.")
    scans = data.count(_SCAN, at, end)
    if scans > MAX_JPEG_SCANS:
        raise UnreadableImageError(f"The JPEG has {scans:,} scans; no more than {MAX_JPEG_SCANS} are read.")
    return end


def with_noise_at_jpeg_end(data: bytes, end: int) -> bytes:
    """The same JPEG with bytes before its end mark that only a decoder still in want of pixels would use."""
    return data[:end] + _NOISE + _JPEG_END


def check_riff(data: bytes) -> None:
    """A WebP file shorter than its header says is truncated."""
    promised = int.from_bytes(data[4:8], "little") + 8
    if promised > len(data):
        raise UnreadableImageError(f"The WebP is truncated: {promised} bytes are promised and {len(data)} are there.")


def webp_size(data: bytes) -> tuple[int, int] | None:
    """Width and height as the first chunk of a WebP states them; None when it is none that states a size.

    libwebp allocates the whole canvas, twice, when a file is opened.

    References
    ----------
    RFC 9649, WebP Image Format, 2024.
    """
    name, body = data[12:16], data[20:30]
    if name == b"VP8X" and len(body) == 10:
        return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
    if name == b"VP8 " and body[3:6] == b"\x9d\x01\x2a" and len(body) == 10:
        return int.from_bytes(body[6:8], "little") & 0x3FFF, int.from_bytes(body[8:10], "little") & 0x3FFF
    if name == b"VP8L" and body[:1] == b"\x2f":
        bits = int.from_bytes(body[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    return None


def count_gif_frames(data: bytes) -> int:
    """Frames of a GIF; raises UnreadableImageError when a block reaches beyond the end."""
    at = _after_palette(data, 13, data[10:11])
    frames = 0
    while at < len(data):
        block = data[at]
        if block == _GIF_IMAGE:
            at = _after_blocks(data, _after_palette(data, at + 10, data[at + 9 : at + 10]) + 1)
            frames += 1
        elif block == _GIF_EXTENSION:
            at = _after_blocks(data, at + 2)
        else:
            break
    if frames == 0:
        raise UnreadableImageError("The GIF is truncated or damaged: there is no picture in it.")
    return frames


def _after_palette(data: bytes, at: int, flags: bytes) -> int:
    if not flags:
        raise UnreadableImageError("The GIF is truncated: it ends inside a header.")
    return at + (3 << ((flags[0] & 7) + 1) if flags[0] & 0x80 else 0)


def _after_blocks(data: bytes, at: int) -> int:
    """Past a chain of sub-blocks, to the byte after its terminator."""
    while at < len(data):
        length = data[at]
        at += length + 1
        if length == 0:
            return at
    raise UnreadableImageError("The GIF is truncated: it ends inside a block.")


def without_png_bombs(data: bytes) -> bytes:
    """The same PNG without texts and profiles that inflate beyond a megabyte; usually ``data`` itself.

    Raises
    ------
    UnreadableImageError
        When the chunks do not reach IEND.
    """
    dropped: list[tuple[int, int]] = []
    texts = 0
    for name, at, end in _png_chunks(data):
        if name in (*_PNG_TEXTS, b"iCCP"):
            texts += 1
            if texts > _MAX_PNG_TEXTS or _is_bomb(name, memoryview(data)[at + 8 : end - 4]):
                dropped.append((at, end))
    if not dropped:
        return data
    kept, start = [], 0
    for begin, end in dropped:
        kept.append(data[start:begin])
        start = end
    return b"".join((*kept, data[start:]))


def find_png_exif(data: bytes) -> bytes | None:
    """The EXIF chunk of a whole PNG, wherever it stands."""
    for name, at, end in _png_chunks(data):
        if name == b"eXIf":
            return b"Exif\x00\x00" + data[at + 8 : end - 4]
    return None


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Name, start and end of each chunk; raises UnreadableImageError when one reaches beyond the end."""
    at = _PNG_SIGNATURE_BYTES
    chunks = extras = 0
    while True:
        name = data[at + 4 : at + 8]
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        if len(name) < 4 or end > len(data):
            raise UnreadableImageError("The PNG is truncated: a chunk reaches beyond the end of the file.")
        chunks += 1
        extras += name not in _PNG_PIXELS
        if chunks > MAX_PNG_CHUNKS or extras > MAX_PNG_EXTRAS:
            raise UnreadableImageError("The PNG is damaged: it has too many chunks.")
        yield name, at, end
        if name == b"IEND":
            return
        at = end


def _is_bomb(name: bytes, body: memoryview) -> bool:
    """True when a chunk is, or inflates to, more than a megabyte."""
    if len(body) > _MAX_EXTRA_BYTES:
        return True
    text = bytes(body)
    rest = text.partition(b"\x00")[2]
    if name == b"tEXt" or (name == b"iTXt" and rest[:1] != b"\x01"):
        return False
    packed = rest[1:]
    if name == b"iTXt":
        packed = rest[2:].partition(b"\x00")[2].partition(b"\x00")[2]
    try:
        inflater = zlib.decompressobj()
        inflater.decompress(packed, _MAX_EXTRA_BYTES)
    except zlib.error:
        return name != b"iCCP"
    return bool(inflater.unconsumed_tail)
