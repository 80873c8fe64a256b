"""The directories of a TIFF: how many frames, how large, and whether their strips are inside the file."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
_VALUE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_LISTS = (_STRIP_OFFSETS, _STRIP_BYTES, _TILE_OFFSETS, _TILE_BYTES)

MAX_TAGS = 1000
"""Of one directory; real ones have some dozens, and each costs a decoder some work."""

MAX_STRIPS = 1_000_000
"""Of one frame: tiles of 16 x 16 for 256 megapixels."""

_MAX_NUMBERS = 16
"""Of a tag that is no list of strips, such as the bits of each channel; more are not looked at."""

_UNCOMPRESSED = 1
_YCBCR = 6
_SEPARATE = 2


_Numbers = NDArray[np.unsignedinteger[Any]]


@dataclass(frozen=True, eq=False)
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
    offsets, lengths : unsigned ndarray, shape (N,)
        Of each strip in bytes, none for a tiled frame. They lie inside the file, and are views of it.
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
    offsets: _Numbers
    lengths: _Numbers
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
        offsets, lengths = _strips(data, tags, width, height, len(found) + 1)
        found.append(_directory(tags, offsets, lengths, width, height, order))
    if not found:
        raise UnreadableImageError("The TIFF has no frame.")
    return found


_Tags = dict[int, Any]
"""Tag → a tuple of a few numbers, or an array for the lists of strips."""


def _directory(tags: _Tags, offsets: _Numbers, lengths: _Numbers, width: int, height: int, order: str) -> Directory:
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
        offsets=offsets,
        lengths=lengths,
        resolution=(x[0] / x[1] * inch, y[0] / y[1] * inch) if stated and inch is not None else None,
    )


def _read_tags(data: bytes, order: str, big: bool, at: int, frame: int) -> tuple[_Tags, int]:
    """The wanted tags of the directory at ``at``, and where the next one is."""
    entry_bytes, inline_bytes, word = (20, 8, "Q") if big else (12, 4, "I")
    count = _number(data, order, at, "Q" if big else "H")
    start = at + (8 if big else 2)
    end = start + count * entry_bytes
    if count > MAX_TAGS:
        raise UnreadableImageError(f"The TIFF is damaged: the directory of frame {frame} states {count:,} tags.")
    if end > len(data):
        raise UnreadableImageError(f"The TIFF is truncated: the directory of frame {frame} reaches beyond the end.")
    tags: _Tags = {}
    held_bytes = 0
    for k in range(start, end, entry_bytes):
        tag, kind = struct.unpack_from(order + "HH", data, k)
        length = _number(data, order, k + 4, word)
        size = length * _VALUE_BYTES.get(kind, 0)
        held_bytes += size
        if held_bytes > len(data):
            # Decoders copy the values of each tag, also of those that nobody asks for.
            raise UnreadableImageError(f"The TIFF is damaged: the tags of frame {frame} hold more than the file.")
        if tag not in _WANTED or kind not in _CODES:
            continue
        place = k + (12 if big else 8)
        if size > inline_bytes:
            place = _number(data, order, place, word)
        if place + size > len(data):
            raise UnreadableImageError(f"The TIFF is truncated: tag {tag} of frame {frame} reaches beyond the end.")
        tags[tag] = _values(data, order, tag, kind, place, length, frame)
    # A file without a pointer to a next directory ends with this one.
    following = _number(data, order, end, word) if end + inline_bytes <= len(data) else 0
    return tags, following


def _values(data: bytes, order: str, tag: int, kind: int, place: int, length: int, frame: int) -> Any:
    code = _CODES[kind]
    if tag not in _LISTS:
        return struct.unpack_from(f"{order}{min(length, _MAX_NUMBERS) * len(code)}{code[0]}", data, place)
    if length > MAX_STRIPS:
        raise UnreadableImageError(f"The TIFF is damaged: frame {frame} states {length:,} strips.")
    return np.frombuffer(data, np.dtype(f"{order}u{struct.calcsize('=' + code[0])}"), length * len(code), place)


def _number(data: bytes, order: str, at: int, code: str) -> int:
    if at + struct.calcsize(code) > len(data):
        raise UnreadableImageError("The TIFF is truncated: a directory lies beyond the end of the file.")
    value: Any = struct.unpack_from(order + code, data, at)[0]
    return int(value)


def _first(tags: _Tags, tag: int, default: int) -> int:
    values = tags.get(tag, ())
    return int(values[0]) if len(values) else default


def _strips(data: bytes, tags: _Tags, width: int, height: int, frame: int) -> tuple[_Numbers, _Numbers]:
    """Strips and tiles lie inside the file, and uncompressed ones hold as much as the picture needs."""
    striped = _STRIP_OFFSETS in tags
    nothing: _Numbers = np.zeros(0, np.uint64)
    offsets = tags.get(_STRIP_OFFSETS if striped else _TILE_OFFSETS, nothing)
    lengths = tags.get(_STRIP_BYTES if striped else _TILE_BYTES, nothing)
    if not len(offsets):
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
        lengths = np.array([min(needed, 2**63)], np.uint64)
    count = min(len(offsets), len(lengths))
    offsets, lengths = offsets[:count], lengths[:count]
    if not lengths.any():
        return nothing, nothing
    size = np.uint64(len(data))
    begins = offsets.astype(np.uint64)
    if bool((begins > size).any()) or bool((lengths.astype(np.uint64) > size - np.minimum(begins, size)).any()):
        raise UnreadableImageError(
            f"The TIFF is truncated or damaged: a strip of frame {frame} reaches beyond the end of the file."
        )
    if plain and int(lengths.sum(dtype=np.uint64)) < needed:
        raise UnreadableImageError(f"The TIFF is damaged: the strips of frame {frame} are too short for its size.")
    return (offsets, lengths) if striped else (nothing, nothing)
