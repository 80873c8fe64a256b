"""Enlarging by interpolation, and colour that follows the luma."""

from __future__ import annotations

from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.uint8]
Floats = NDArray[np.float32]
Tone = TypeVar("Tone", np.uint8, np.float32)

_METHODS = {"bicubic": cv2.INTER_CUBIC, "lanczos": cv2.INTER_LANCZOS4}
_WINDOW_PX = 5
_NOISE = 25.0


def interpolated(samples: Samples, shape: tuple[int, int], method: str) -> Samples:
    """Draw ``samples`` at ``shape`` by ``bicubic`` or ``lanczos`` interpolation: edges fall on edges.

    Parameters
    ----------
    samples : uint8 ndarray, shape (H, W) or (H, W, 3)
    shape : tuple of int
        ``(H, W)`` of the result, no smaller than that of ``samples``.
    method : {"bicubic", "lanczos"}
    """
    drawn = cv2.resize(samples, (shape[1], shape[0]), interpolation=_METHODS[method])
    return np.asarray(drawn, dtype=np.uint8).reshape(*shape, *samples.shape[2:])


def bilinear(values: NDArray[np.generic], factor: int, interpolation: int = cv2.INTER_LINEAR) -> Floats:
    """``values`` as float32 at ``factor`` times the size; the channels are kept."""
    height, width = values.shape[0] * factor, values.shape[1] * factor
    drawn = cv2.resize(values.astype(np.float32), (width, height), interpolation=interpolation)
    return np.asarray(drawn, dtype=np.float32).reshape(height, width, *values.shape[2:])


def bicubic(values: NDArray[np.generic], factor: int) -> Floats:
    """As ``bilinear``, with a bicubic kernel."""
    return bilinear(values, factor, cv2.INTER_CUBIC)


def repeated(values: NDArray[Tone], factor: int) -> NDArray[Tone]:
    """Each value ``factor`` times along both axes."""
    shape = (values.shape[1] * factor, values.shape[0] * factor)
    return np.asarray(cv2.resize(values, shape, interpolation=cv2.INTER_NEAREST), dtype=values.dtype)


def slopes(colour: Samples, grey: Samples) -> Floats:
    """How much each channel changes where the luma changes by one, by a line fitted around each pixel.

    Parameters
    ----------
    colour : uint8 ndarray, shape (H, W, 3)
    grey : uint8 ndarray, shape (H, W)
        Its luma.

    Returns
    -------
    float32 ndarray, shape (H, W, 3)

    References
    ----------
    K. He, J. Sun and X. Tang, "Guided Image Filtering", TPAMI 35 (2013). doi:10.1109/TPAMI.2012.213
    """
    window = (_WINDOW_PX, _WINDOW_PX)
    guide = grey.astype(np.float32)
    # A window's mean is taken off first: the products of large numbers would drown small differences.
    values = colour.astype(np.float32)
    mean_guide, mean_values = cv2.blur(guide, window), np.asarray(cv2.blur(values, window))
    variance = cv2.blur(guide * guide, window) - mean_guide * mean_guide
    covariance = np.asarray(cv2.blur(values * guide[..., None], window)) - mean_values * mean_guide[..., None]
    found = covariance / (np.maximum(variance, 0) + _NOISE)[..., None]
    return np.asarray(np.clip(found, -1.0, 3.0), dtype=np.float32)
