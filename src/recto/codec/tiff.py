"""The directories of a TIFF: how many frames, how large, and whether their strips are inside the file."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

from recto.codec.limits import Limits
from recto.errors import UnreadableImageError

_WIDTH, _HEIGHT, _BITS, _COMPRESSION = 256, 257, 258, 259
_STRIP_OFFSETS, _SAMPLES, _STRIP_BYTES = 273, 277, 279
_TILE_OFFSETS, _TILE_BYTES = 324, 325
_ROWS, _TILE_WIDTH, _TILE_HEIGHT, _PLANAR = 278, 322, 323, 284
_PHOTOMETRIC, _SAMPLE_FORMAT, _ORIENTATION = 262, 339, 274
_X_RESOLUTION, _Y_RESOLUTION, _RESOLUTION_UNIT = 282, 283, 296
_WANTED = {
    _WIDTH, _HEIGHT, _BITS, _COMPRESSION, _STRIP_OFFSETS, _SAMPLES, _STRIP_BYTES,
    _TILE_OFFSETS, _TILE_BYTES, _PHOTOMETRIC, _SAMPLE_FORMAT,
    _ORIENTATION,
    _ROWS,
    _TILE_WIDTH,
    _TILE_HEIGHT,
    _PLANAR,
    _X_RESOLUTION,
    _Y_RESOLUTION,
    _RESOLUTION_UNIT,
}  # fmt: skip
_CODES = {1: "B", 3: "H", 4: "I", 5: "II", 16: "Q"}
_UNCOMPRESSED = 1
_YCBCR = 6
_SEPARATE = 2


@dataclass(frozen=True)
class Directory:
    """One frame as its tags describe it.

    Attributes
    ----------
    width_px, height_px : int
        As stored, before any orientation.
    bits, channels : int
        Bits per sample of the first channel; samples per pixel.
    photometric : int or None
        0 white is zero, 1 black is zero, 2 RGB, 3 palette, 5 CMYK, ...; None when the tag is missing.
    sample_format : int
        1 unsigned, 2 signed, 3 float.
    orientation : int
        As in EXIF; 1 when the tag is missing or holds nonsense.
    compression : int
        1 uncompressed, 4 G4, 5 LZW, ...
    planar : bool
        True when each channel lies in strips of its own.
    byte_order : str
        ``<`` or ``>``.
    strips : tuple of tuple of int
        Offset and length in bytes of each strip, empty for a tiled frame.
    resolution : tuple of float or None
        Pixels per inch along x and y as stated.
    """

    width_px: int
    height_px: int
    bits: int
    photometric: int | None
    sample_format: int
    orientation: int
    channels: int
    compression: int
    planar: bool
    byte_order: str
    strips: tuple[tuple[int, int], ...]
    resolution: tuple[float, float] | None

    @property
    def shown_shape(self) -> tuple[int, int]:
        """``(H, W)`` in pixels with the orientation applied."""
        turned = self.orientation >= 5
        return (self.width_px, self.height_px) if turned else (self.height_px, self.width_px)


def read_directories(data: bytes, limits: Limits) -> list[Directory]:
    """Every frame of a TIFF or BigTIFF, in file order.

    Raises
    ------
    UnreadableImageError
        A directory or a strip reaches beyond the end of the file.
    LimitError
        Too many frames, or one of them has too many pixels.
    """
    order = "<" if data[:2] == b"II" else ">"
    big = 43 in (data[2], data[3])
    at = _number(data, order, 8 if big else 4, "Q" if big else "I")
    found: list[Directory] = []
    seen: set[int] = set()
    while at and at not in seen:
        seen.add(at)
        limits.check_frames(len(found) + 1)
        tags, at = _read_tags(data, order, big, at, len(found) + 1)
        width, height = _first(tags, _WIDTH, 0), _first(tags, _HEIGHT, 0)
        if width < 1 or height < 1:
            raise UnreadableImageError(f"Frame {len(found) + 1} of the TIFF states no size.")
        limits.check_pixels(width, height)
        _check_strips(data, tags, width, height, len(found) + 1)
        found.append(_directory(tags, width, height, order))
    if not found:
        raise UnreadableImageError("The TIFF has no frame.")
    return found


_Tags = dict[int, tuple[int, ...]]


def _directory(tags: _Tags, width: int, height: int, order: str) -> Directory:
    photometric = tags.get(_PHOTOMETRIC)
    orientation = _first(tags, _ORIENTATION, 1)
    x, y = tags.get(_X_RESOLUTION, ()), tags.get(_Y_RESOLUTION, ())
    inch = {2: 1.0, 3: 2.54}.get(_first(tags, _RESOLUTION_UNIT, 2))
    stated = len(x) == 2 and len(y) == 2 and x[1] > 0 and y[1] > 0 and inch is not None
    return Directory(
        width_px=width,
        height_px=height,
        bits=_first(tags, _BITS, 1),
        channels=_first(tags, _SAMPLES, 1),
        photometric=photometric[0] if photometric else None,
        sample_format=_first(tags, _SAMPLE_FORMAT, 1),
        orientation=orientation if 1 <= orientation <= 8 else 1,
        compression=_first(tags, _COMPRESSION, _UNCOMPRESSED),
        planar=_first(tags, _PLANAR, 1) == _SEPARATE,
        byte_order=order,
        strips=tuple(zip(tags.get(_STRIP_OFFSETS, ()), tags.get(_STRIP_BYTES, ()), strict=False)),
        resolution=(x[0] / x[1] * inch, y[0] / y[1] * inch) if stated and inch is not None else None,
    )


def _read_tags(data: bytes, order: str, big: bool, at: int, frame: int) -> tuple[_Tags, int]:
    """The wanted tags of the directory at ``at``, and where the next one is."""
    entry_bytes, inline_bytes, word = (20, 8, "Q") if big else (12, 4, "I")
    count = _number(data, order, at, "Q" if big else "H")
    start = at + (8 if big else 2)
    end = start + count * entry_bytes
    if end > len(data):
        raise UnreadableImageError(f"The TIFF is truncated: the directory of frame {frame} reaches beyond the end.")
    tags: _Tags = {}
    for k in range(start, end, entry_bytes):
        tag, kind = struct.unpack_from(order + "HH", data, k)
        if tag not in _WANTED or kind not in _CODES:
            continue
        length = _number(data, order, k + 4, word)
        code = _CODES[kind]
        size = length * struct.calcsize(order + code)
        place = k + 4 + inline_bytes
        if size > inline_bytes:
            place = _number(data, order, place, word)
        if place + size > len(data):
            raise UnreadableImageError(f"The TIFF is truncated: tag {tag} of frame {frame} reaches beyond the end.")
        tags[tag] = struct.unpack_from(f"{order}{length * len(code)}{code[0]}", data, place)
    # A file without a pointer to a next directory ends with this one.
    following = _number(data, order, end, word) if end + inline_bytes <= len(data) else 0
    return tags, following


def _number(data: bytes, order: str, at: int, code: str) -> int:
    if at + struct.calcsize(code) > len(data):
        raise UnreadableImageError("The TIFF is truncated: a directory lies beyond the end of the file.")
    value: Any = struct.unpack_from(order + code, data, at)[0]
    return int(value)


def _first(tags: _Tags, tag: int, default: int) -> int:
    values = tags.get(tag)
    return values[0] if values else default


def _check_strips(data: bytes, tags: _Tags, width: int, height: int, frame: int) -> None:
    """Strips and tiles lie inside the file, and uncompressed ones hold as much as the picture needs."""
    striped = _STRIP_OFFSETS in tags
    offsets = tags.get(_STRIP_OFFSETS if striped else _TILE_OFFSETS, ())
    lengths = tags.get(_STRIP_BYTES if striped else _TILE_BYTES, ())
    if not offsets:
        raise UnreadableImageError(f"Frame {frame} of the TIFF does not say where its pixels are.")
    rows = -(-height // max(1, _first(tags, _ROWS if striped else _TILE_HEIGHT, height)))
    columns = 1 if striped else -(-width // max(1, _first(tags, _TILE_WIDTH, width)))
    if len(offsets) < rows * columns:
        raise UnreadableImageError(f"The TIFF is damaged: frame {frame} has fewer strips than its size needs.")
    # Uncompressed YCbCr is subsampled, so its size does not follow from the number of pixels.
    plain = _first(tags, _COMPRESSION, _UNCOMPRESSED) == _UNCOMPRESSED and _first(tags, _PHOTOMETRIC, 1) != _YCBCR
    needed = -(-width * height * _first(tags, _BITS, 1) * _first(tags, _SAMPLES, 1) // 8)
    if plain and len(offsets) == 1 and striped:
        # Some writers leave out the length or round it up: what counts is that the rows are there.
        lengths = (needed,)
    if not lengths or not any(lengths):
        return
    for offset, length in zip(offsets, lengths, strict=False):
        if offset + length > len(data):
            raise UnreadableImageError(
                f"The TIFF is truncated or damaged: a strip of frame {frame} reaches beyond the end of the file."
            )
    if plain and sum(lengths) < needed:
        raise UnreadableImageError(f"The TIFF is damaged: the strips of frame {frame} are too short for its size.")
