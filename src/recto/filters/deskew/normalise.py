"""From a page to a small map in which text is an even texture, whatever its light, contrast or polarity."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from recto.raster import Kind, Page, luma

Texture = NDArray[np.float32]

_LONG_SIDE_PX = 1300
_WINDOW = 1 / 28
_CLIP = 3.0
_QUIET = 4.0


def shrunk(page: Page, pixel_aspect: float = 1.0) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The luma, halved by area: uint8, square pixels.

    Returns
    -------
    small, larger : uint8 ndarray, shape (h, w)
        With a long side of at most 1300 and 2600 px; the same array where the page has no more.
    """
    larger = page.samples
    if page.kind is Kind.COLOUR:
        larger = luma(Page(_halved(larger), page.kind)) if max(page.shape) > 2 * _LONG_SIDE_PX else luma(page)
    while max(larger.shape[0], larger.shape[1] * pixel_aspect) > 2 * _LONG_SIDE_PX:
        larger = _halved(larger)
    if abs(pixel_aspect - 1.0) > 0.001:
        size = (max(1, round(larger.shape[1] * pixel_aspect)), larger.shape[0])
        larger = np.asarray(cv2.resize(larger, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return (_halved(larger) if max(larger.shape) > _LONG_SIDE_PX else larger), larger


def _halved(samples: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = max(1, samples.shape[0] // 2), max(1, samples.shape[1] // 2)
    even = samples[: height * 2, : width * 2]
    return np.asarray(cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def texture(small: NDArray[np.uint8]) -> tuple[Texture, float]:
    """Subtract the local mean, divide by the local mean absolute deviation, clip.

    Returns
    -------
    flat : float32 ndarray, shape (h, w)
        Within ±3, about 0 where nothing is drawn; shadows and the insides of borders vanish.
    contrast : float
        How far the strongest hundredth of the pixels stands out from its surroundings, in grey levels.
    """
    window = max(5, int(max(small.shape) * _WINDOW)) | 1
    mean = cv2.blur(small, (window, window), borderType=cv2.BORDER_REPLICATE)
    apart = cv2.absdiff(small, mean)
    contrast = float(
        np.searchsorted(np.cumsum(np.bincount(apart[::3, ::3].ravel(), minlength=256)), 0.99 * apart[::3, ::3].size)
    )
    spread = cv2.blur(apart, (window, window), borderType=cv2.BORDER_REPLICATE)
    scale = np.float32(1.0) / (np.arange(256, dtype=np.float32) + np.float32(_QUIET))
    difference = cv2.subtract(small, mean, dtype=cv2.CV_32F)
    flat: Texture = np.asarray(cv2.multiply(difference, cv2.LUT(spread, scale)), dtype=np.float32)
    np.clip(flat, -_CLIP, _CLIP, out=flat)
    flat *= _taper(flat.shape[0])[:, None]
    flat *= _taper(flat.shape[1])[None, :]
    return flat, contrast


def _taper(count: int) -> NDArray[np.float32]:
    """1 in the middle, a squared sine over a twelfth at both ends: the frame must not look like a ruling."""
    edge = max(1, count // 12)
    ramp = np.sin(np.linspace(0, np.pi / 2, edge + 1)[:-1]) ** 2
    weights = np.ones(count, dtype=np.float32)
    weights[:edge] = ramp
    weights[count - edge :] = ramp[::-1]
    return weights
