"""The power spectrum of a texture, and its sums along rays."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Power = NDArray[np.float32]


def power_spectrum(texture: NDArray[np.float32], size: tuple[int, int]) -> Power:
    """The power of the two-dimensional Fourier transform, zero-padded.

    Parameters
    ----------
    texture : float32 ndarray, shape (h, w)
    size : tuple of int
        ``(H, W)`` to pad to: even, at least ``(h, w)``.

    Returns
    -------
    float32 ndarray, shape (H, W / 2 + 1 + 4)
        Row ``H / 2`` is the frequency 0 along y; column 4 is the frequency 0 along x, with four columns of
        negative frequencies before it so that one may interpolate there.
    """
    height, width = size
    padded = np.zeros(size, dtype=np.float32)
    padded[: texture.shape[0], : texture.shape[1]] = texture
    packed = np.asarray(cv2.dft(padded), dtype=np.float32)
    half = width // 2
    power = np.empty((height, half + 5), dtype=np.float32)
    body = packed[:, 1:-1] * packed[:, 1:-1]
    middle = height // 2
    for column, values in ((4, _unpacked(packed[:, 0])), (half + 4, _unpacked(packed[:, -1]))):
        power[:, column] = values
    power[middle:, 5:-1] = body[:middle, ::2] + body[:middle, 1::2]
    power[:middle, 5:-1] = body[middle:, ::2] + body[middle:, 1::2]
    mirrored = power[::-1, 8:4:-1]
    power[1:, :4] = mirrored[:-1]
    power[0, :4] = mirrored[-1]
    return power


def _unpacked(column: NDArray[np.float32]) -> NDArray[np.float32]:
    """Power of a packed (CCS) one-dimensional spectrum, all frequencies, 0 in the middle."""
    size = len(column)
    half = size // 2
    power = np.empty(size, dtype=np.float32)
    positive = np.empty(half + 1, dtype=np.float32)
    positive[0] = column[0] ** 2
    positive[half] = column[-1] ** 2
    positive[1:half] = column[1:-1:2] ** 2 + column[2:-1:2] ** 2
    power[half:] = positive[:half]
    power[: half + 1] = positive[::-1]
    return power


def along_rays(
    power: Power, size: tuple[int, int], angles_deg: NDArray[np.float64], radii: NDArray[np.float64]
) -> NDArray[np.float32]:
    """The power where text lines of each skew angle have theirs.

    Lines that fall to the right by ``a`` have their energy across them, at ``f (-sin a, cos a)``.

    Parameters
    ----------
    angles_deg : float ndarray, shape (A,), within -180 to 180
    radii : float ndarray, shape (R,)
        Frequencies in cycles per pixel, below one half.

    Returns
    -------
    float32 ndarray, shape (R, A)
    """
    height, width = size
    radians = np.deg2rad(angles_deg)
    flip = np.where(np.sin(radians) > 0, -1.0, 1.0)
    x = np.outer(radii, -np.sin(radians) * flip) * width + 4
    y = np.outer(radii, np.cos(radians) * flip) * height + height // 2
    return np.asarray(
        cv2.remap(
            power, x.astype(np.float32), y.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101
        )
    )
