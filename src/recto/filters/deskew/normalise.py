"""From a page to a small map in which text is an even texture, whatever its light, contrast or polarity."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from recto.raster import Page, luma

Texture = NDArray[np.float32]

_LONG_SIDE_PX = 1300
_WINDOW = 1 / 28
_CLIP = 3.0
_QUIET = 4.0


def shrunk(page: Page) -> NDArray[np.uint8]:
    """The luma, halved by area until its long side is at most 1300 px: uint8, shape (h, w)."""
    small = page.samples
    if page.kind.value == "colour":
        small = luma(page) if max(page.shape) <= _LONG_SIDE_PX else luma(Page(_halved(small), page.kind))
    while max(small.shape) > _LONG_SIDE_PX:
        small = _halved(small)
    return small


def _halved(samples: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = max(1, samples.shape[0] // 2), max(1, samples.shape[1] // 2)
    even = samples[: height * 2, : width * 2]
    return np.asarray(cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def texture(small: NDArray[np.uint8]) -> Texture:
    """Subtract the local mean, divide by the local mean absolute deviation, clip.

    Returns
    -------
    float32 ndarray, shape (h, w)
        Within ±3, about 0 where nothing is drawn; shadows and the insides of borders vanish.
    """
    window = max(5, int(max(small.shape) * _WINDOW)) | 1
    mean = cv2.blur(small, (window, window), borderType=cv2.BORDER_REPLICATE)
    spread = cv2.blur(cv2.absdiff(small, mean), (window, window), borderType=cv2.BORDER_REPLICATE)
    scale = np.float32(1.0) / (np.arange(256, dtype=np.float32) + np.float32(_QUIET))
    difference = cv2.subtract(small, mean, dtype=cv2.CV_32F)
    flat = cv2.multiply(difference, cv2.LUT(spread, scale))
    return np.asarray(np.clip(flat, -_CLIP, _CLIP, out=flat), dtype=np.float32)
