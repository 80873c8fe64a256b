"""Samples of more than eight bits, scaled down to eight and rounded, never cut."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

_PARTNER = {"B": "L", "L": "B", "N": "B"}


def to_eight(samples: NDArray[Any], full: float) -> NDArray[np.uint8]:
    """``round(samples * 255 / full)``, with what lies outside 0 to ``full`` at the ends."""
    if samples.dtype == np.uint16 and full == 65535:
        # Exact and in 16 bits' reach: 65535 is 255 * 257.
        exact: NDArray[np.uint8] = ((samples.astype(np.uint32) + 128) // 257).astype(np.uint8)
        return exact
    scaled = np.rint(samples.astype(np.float32) * np.float32(255 / full))
    return np.asarray(np.clip(scaled, 0, 255), dtype=np.uint8)


def integers_to_eight(samples: NDArray[Any], bits: int, signed: bool) -> NDArray[np.uint8]:
    """Grey integers of ``bits`` bits to 8.

    Sixteen bits and fewer use their full range. Of 32 bits the range is told by the values, because few
    writers fill it: up to 255 as they are, up to 65535 as 16 bits, and beyond as 32 bits.
    """
    if samples.dtype == np.uint16 and bits == 16:
        return to_eight(samples, 65535)
    if signed and int(samples.min()) < 0:
        samples = samples.astype(np.int64) + (1 << (bits - 1))
    elif signed:
        bits -= 1
    if bits <= 16:
        return to_eight(samples, float((1 << bits) - 1))
    high = int(samples.max())
    return to_eight(samples, 255.0 if high <= 255 else 65535.0 if high <= 65535 else float((1 << bits) - 1))


def floats_to_eight(samples: NDArray[Any]) -> NDArray[np.uint8]:
    """Grey floats to 8 bits: 0 to 1, 0 to 255 or 0 to 65535 by the largest value, else stretched from end to end.

    What is not a number becomes paper.
    """
    finite = np.isfinite(samples)
    if not finite.any():
        return np.full(samples.shape, 255, dtype=np.uint8)
    low, high = float(samples[finite].min()), float(samples[finite].max())
    filled = np.where(finite, samples, high).astype(np.float64)
    for full in (1.0, 255.0, 65535.0):
        if low >= 0 and high <= full:
            return np.where(finite, to_eight(filled, full), np.uint8(255)).astype(np.uint8)
    stretched = (filled - low) / max(high - low, np.finfo(np.float64).tiny)
    return np.where(finite, to_eight(stretched, 1.0), np.uint8(255)).astype(np.uint8)


def is_deep_colour(picture: Image.Image) -> bool:
    """True when Pillow would keep only the high bytes of the picture's 16-bit channels."""
    return any(";16" in _raw_mode(tile) for tile in getattr(picture, "tile", ())) and not picture.mode.startswith("I")


def read_deep_colour(data: bytes, picture: Image.Image, frame: int) -> NDArray[np.uint16]:
    """All sixteen bits of each channel.

    Pillow has no mode for them: it keeps one byte of each sample. Reading twice, once with the raw mode of
    each byte order, gives both bytes, with Pillow's checks for damage on either.

    Returns
    -------
    uint16 ndarray, shape (H, W, C)
        Two channels for grey with alpha.
    """
    assert isinstance(picture, ImageFile.ImageFile)
    if _raw_mode(picture.tile[0]) == "LA;16B":
        # There is no second raw mode for this one, but four bytes are four bytes.
        picture.tile = [_with_raw_mode(tile, "RGBA") for tile in picture.tile]
        four = np.asarray(picture).astype(np.uint16)
        return _joined(four[..., 0::2], four[..., 1::2])
    other = Image.open(io.BytesIO(data), formats=[str(picture.format)])
    other.seek(frame)
    assert isinstance(other, ImageFile.ImageFile)
    other.tile = [_with_raw_mode(t, _raw_mode(t)[:-1] + _PARTNER[_raw_mode(t)[-1]]) for t in other.tile]
    return _joined(np.asarray(picture), np.asarray(other))


def _joined(high: NDArray[Any], low: NDArray[Any]) -> NDArray[np.uint16]:
    return np.asarray(high.astype(np.uint16) * np.uint16(256) + low, dtype=np.uint16)


def _raw_mode(tile: Any) -> str:
    args = tile.args
    return str(args[0] if isinstance(args, tuple) else args)


def _with_raw_mode(tile: Any, raw: str) -> Any:
    return tile._replace(args=(raw, *tile.args[1:]) if isinstance(tile.args, tuple) else raw)
