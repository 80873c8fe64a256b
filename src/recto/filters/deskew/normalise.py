"""From a page to a small map in which text is an even texture, whatever its light, contrast or polarity."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from recto.raster import AffineMap, Kind, Page, luma

Texture = NDArray[np.float32]

_LONG_SIDE_PX = 1300
_WINDOW = 1 / 28
_CLIP = 3.0
_QUIET = 4.0
_STEPS = 40.0


def shrunk(page: Page, pixel_aspect: float = 1.0) -> NDArray[np.uint8]:
    """The luma, halved by area until its long side is at most 1300 px: uint8, shape (h, w), square pixels."""
    small = page.samples
    if page.kind is Kind.COLOUR:
        small = luma(Page(_halved(small), page.kind)) if max(page.shape) > _LONG_SIDE_PX else luma(page)
    while max(small.shape[0], small.shape[1] * pixel_aspect) > _LONG_SIDE_PX:
        small = _halved(small)
    if abs(pixel_aspect - 1.0) > 0.001:
        size = (max(1, round(small.shape[1] * pixel_aspect)), small.shape[0])
        small = np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return small


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


def straightened(flat: Texture, angle_deg: float) -> NDArray[np.uint8]:
    """The texture as bytes, turned counter-clockwise by ``angle_deg``; nothing is cut."""
    turn = AffineMap.turn((flat.shape[0], flat.shape[1]), -angle_deg)
    coded = cv2.convertScaleAbs(flat, alpha=_STEPS, beta=_CLIP * _STEPS)  # bytes are turned three times as fast
    drawn = cv2.warpAffine(
        coded,
        turn.matrix,
        turn.shape[::-1],
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderValue=(_CLIP * _STEPS,),
    )
    return np.asarray(drawn, dtype=np.uint8)


def _taper(count: int) -> NDArray[np.float32]:
    """1 in the middle, a squared sine over a twelfth at both ends: the frame must not look like a ruling."""
    edge = max(1, count // 12)
    ramp = np.sin(np.linspace(0, np.pi / 2, edge + 1)[:-1]) ** 2
    weights = np.ones(count, dtype=np.float32)
    weights[:edge] = ramp
    weights[count - edge :] = ramp[::-1]
    return weights
