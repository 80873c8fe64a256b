"""Uncompressed TIFF samples that Pillow has no mode for, read straight from their strips."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recto.codec import deep, normalise
from recto.codec.resolution import first_believable
from recto.codec.tiff import Directory
from recto.errors import UnreadableImageError
from recto.raster import Dpi, Kind, Page

_UNCOMPRESSED = 1
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB = 0, 1, 2
_FLOAT, _SIGNED = 3, 2
_LETTERS = {1: "u", 2: "i", 3: "f"}


def suits(frame: Directory) -> bool:
    """True for uncompressed frames that Pillow refuses or gets wrong.

    These are samples of more than eight bits that are stored channel by channel, or white is zero, or wider
    than 16 bits in colour, or floats of 16 or 64 bits.
    """
    if frame.compression != _UNCOMPRESSED or not len(frame.lengths) or frame.bits not in (16, 32, 64):
        return False
    if frame.sample_format not in _LETTERS:
        return False
    if frame.photometric == _RGB and frame.channels in (3, 4):
        return frame.planar or frame.bits > 16 or frame.sample_format != 1
    if frame.photometric not in (_WHITE_IS_ZERO, _BLACK_IS_ZERO) or frame.channels != 1:
        return False
    return frame.photometric == _WHITE_IS_ZERO or frame.bits == 64 or (frame.bits == 16 and frame.sample_format != 1)


def read(data: bytes, frame: Directory) -> Page:
    """The page of a frame that ``suits``; channels beyond the third are left out.

    Raises
    ------
    UnreadableImageError
        The strips hold less than the frame's size.
    """
    dtype = np.dtype(f"{frame.byte_order}{_LETTERS[frame.sample_format]}{frame.bits // 8}")
    shape = (frame.height_px, frame.width_px)
    count = shape[0] * shape[1] * frame.channels
    body = _gathered(data, frame, count * dtype.itemsize)
    if len(body) < count * dtype.itemsize:
        raise UnreadableImageError("The TIFF is truncated: its strips hold less than its size.")
    values = np.frombuffer(body, dtype, count).astype(dtype.newbyteorder("="))
    if frame.channels == 1:
        eight = _eight(values.reshape(shape), frame)
        samples = 255 - eight if frame.photometric == _WHITE_IS_ZERO else eight
    elif frame.planar:
        samples = np.ascontiguousarray(np.moveaxis(_eight(values.reshape(frame.channels, *shape), frame)[:3], 0, -1))
    else:
        samples = np.ascontiguousarray(_eight(values.reshape(*shape, frame.channels), frame)[..., :3])
    dpi = first_believable([frame.resolution] if frame.resolution else [])
    if dpi is not None and frame.orientation >= 5:
        dpi = Dpi(dpi.y, dpi.x)
    kind = Kind.GREY if frame.channels == 1 else Kind.COLOUR
    return Page(normalise.upright(samples, frame.orientation), kind, dpi)


def _gathered(data: bytes, frame: Directory, needed: int) -> bytes:
    """The strips one after the other, until there is enough: there may be more of them, all in one place."""
    parts: list[bytes] = []
    for offset, length in zip(frame.offsets.tolist(), frame.lengths.tolist(), strict=True):
        parts.append(data[offset : offset + min(length, needed)])
        needed -= len(parts[-1])
        if needed <= 0:
            break
    return b"".join(parts)


def _eight(values: NDArray[np.generic], frame: Directory) -> NDArray[np.uint8]:
    if frame.sample_format == _FLOAT:
        return deep.floats_to_eight(values)
    return deep.integers_to_eight(values, frame.bits, frame.sample_format == _SIGNED)
