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
_FEW_ROWS = 8
_INK, _BACK = 99.5, 0.45


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
    return smaller(larger), larger


def smaller(larger: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Halved, if its long side has more than 1300 px."""
    return _halved(larger) if max(larger.shape) > _LONG_SIDE_PX else larger


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
    window = max(5, int(max(small.shape) * _WINDOW))
    full = small.shape[::-1]
    mean = cv2.resize(_local_mean(small, window), full, interpolation=cv2.INTER_LINEAR)
    apart = np.asarray(cv2.absdiff(small, mean), dtype=np.uint8)
    spread = _local_mean(apart, window)
    gain = cv2.resize(np.float32(1.0) / (spread + np.float32(_QUIET)), full, interpolation=cv2.INTER_LINEAR)
    flat: Texture = np.asarray(cv2.subtract(small, mean, dtype=cv2.CV_32F), dtype=np.float32)
    flat *= gain
    np.clip(flat, -_CLIP, _CLIP, out=flat)
    for axis in range(2):
        _taper(np.moveaxis(flat, axis, 0))
    counts = np.bincount(apart[::_FEW_ROWS].ravel(), minlength=256)
    return flat, float(np.searchsorted(np.cumsum(counts), 0.99 * counts.sum()))


def front_alone(samples: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The page without what differs from its surroundings by less than half of what ink does: the back shines through.

    Mid-grey where nothing is left.
    """
    mean = cv2.resize(_local_mean(samples, max(5, int(max(samples.shape) * _WINDOW))), samples.shape[::-1])
    apart = np.asarray(cv2.subtract(samples, mean, dtype=cv2.CV_16S), dtype=np.int16)
    faint = round(_BACK * float(np.percentile(np.abs(apart[::_FEW_ROWS]), _INK)))
    return np.asarray(np.clip(apart - np.clip(apart, -faint, faint) + 128, 0, 255), dtype=np.uint8)


def _local_mean(samples: NDArray[np.uint8], window: int) -> NDArray[np.uint8]:
    """The mean over about ``window`` pixels both ways, a quarter as large."""
    quarter, window = _halved(_halved(samples)), window // 4 | 1
    return np.asarray(cv2.blur(quarter, (window, window), borderType=cv2.BORDER_REPLICATE), dtype=np.uint8)


def _taper(rows: Texture) -> None:
    """Fade a twelfth of the rows at both ends by a squared sine: the frame must not look like a ruling."""
    edge = max(1, len(rows) // 12)
    ramp = (np.sin(np.linspace(0, np.pi / 2, edge + 1)[:-1]) ** 2).astype(np.float32)[:, None]
    rows[:edge] *= ramp
    rows[len(rows) - edge :] *= ramp[::-1]
