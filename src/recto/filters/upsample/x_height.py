"""How large is the text on a page? The x-height by connected components."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

import cv2
import numpy as np
from numpy.typing import NDArray

from recto.blueprint import Estimate
from recto.raster import Page, luma

X_HEIGHT_AT_300_DPI_PX = 20.0
"""x-height of 10 to 11 point book type at 300 dpi."""

_WINDOW_PX = 3_000
_SMALLEST_PX = 3
_LARGEST_PX = 160
_FEW_GLYPHS = 20
_MANY_GLYPHS = 120


@dataclass(frozen=True)
class TextSize(Estimate):
    """The height of lower-case letters without ascenders.

    Attributes
    ----------
    x_height_px : float
        In pixels of the page; 0 when no text was found.
    """

    name: ClassVar[str] = "text_size"
    x_height_px: float


# A plan asks for the shape before the page is drawn; pages are read-only, so the answer holds while they live.
_KNOWN: WeakKeyDictionary[Page, TextSize] = WeakKeyDictionary()


def text_size(page: Page) -> TextSize:
    """Find the commonest height of glyphs on the page.

    The ink is what lies well below the brightness around it. The heights of its connected components pile up at
    the x-height and, less, at the height of capitals; the lower of two strong piles is taken.

    Returns
    -------
    TextSize
        Confidence grows with the number of glyphs and with the share of them that agree.
    """
    if page not in _KNOWN:
        _KNOWN[page] = _measured(_middle(luma(page)))
    return _KNOWN[page]


def _measured(grey: NDArray[np.uint8]) -> TextSize:
    ink = _ink(grey)
    count, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    if count < 2:
        return TextSize(confidence=0.0, x_height_px=0.0)
    boxes = stats[1:]
    height, width, area = (boxes[:, k] for k in (cv2.CC_STAT_HEIGHT, cv2.CC_STAT_WIDTH, cv2.CC_STAT_AREA))
    glyph_like = (
        (height >= _SMALLEST_PX)
        & (height <= _LARGEST_PX)
        & (width >= 0.25 * height)
        & (width <= 12 * height)
        & (area >= 0.12 * height * width)
        & (area <= 0.9 * height * width)
    )
    heights = height[glyph_like].astype(np.int64)
    if len(heights) < _FEW_GLYPHS:
        return TextSize(confidence=0.0, x_height_px=0.0)
    return _lower_pile(heights)


def _middle(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The middle of a large page; text elsewhere is taken to be like it."""
    height, width = grey.shape
    top, left = max(0, (height - _WINDOW_PX) // 2), max(0, (width - _WINDOW_PX) // 2)
    return grey[top : top + _WINDOW_PX, left : left + _WINDOW_PX]


def _ink(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """1 where a pixel is darker than halfway between the dark and the bright of its surroundings."""
    reach = min(61, 2 * (min(grey.shape) // 2) + 1)
    box = np.ones((reach, reach), dtype=np.uint8)
    bright = cv2.blur(cv2.dilate(grey, box), (reach, reach)).astype(np.int16)
    dark = cv2.blur(cv2.erode(grey, box), (reach, reach)).astype(np.int16)
    contrast = bright - dark
    return ((grey < (bright + dark) // 2) & (contrast >= 40)).astype(np.uint8)


def _lower_pile(heights: NDArray[np.signedinteger[Any]]) -> TextSize:
    """The lowest pile of glyph heights that is at least 45 % as high as the highest."""
    # Weighing by the square of the height keeps specks from out-voting letters.
    density = np.bincount(heights, weights=heights.astype(np.float64) ** 2, minlength=_LARGEST_PX + 2)
    logs = np.log(np.arange(1, len(density) + 1))
    wide = np.exp(-0.5 * ((logs[:, None] - logs[None, :]) / 0.08) ** 2) @ density
    strong = np.flatnonzero(wide >= 0.45 * wide.max())
    peak = int(strong[0])
    while peak + 1 < len(wide) and wide[peak + 1] > wide[peak]:
        peak += 1
    x_height_px = float(peak + 1)
    near = (heights + 1 >= 0.8 * x_height_px) & (heights + 1 <= 1.25 * x_height_px)
    x_height_px = float(np.mean(heights[near])) if near.any() else x_height_px - 1
    agreeing = float(((heights >= 0.75 * x_height_px) & (heights <= 1.7 * x_height_px)).mean())
    plenty = min(1.0, len(heights) / _MANY_GLYPHS)
    return TextSize(confidence=float(np.clip(plenty * agreeing, 0.0, 1.0)), x_height_px=x_height_px)
