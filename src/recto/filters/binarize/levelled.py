"""The page divided by the light on its paper, at a working size that fits its text."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from recto.raster.background import background, enclosed, enlarged_rows, filled, shrunk, wide_background
from recto.raster.page import Samples

Mask = NDArray[np.bool_]

PAPER = 235.0
_REACH_PX = 15
_STROKE_PX = 8.0
_INK_SHARE = 0.4
_BED_SHARE = 0.33
_RIM = 13
_LOOKED_PX = 600_000
_WINDOW_PX = 256


@dataclass(frozen=True)
class Levelled:
    """A grey page and its background.

    Attributes
    ----------
    grey : uint8 ndarray, shape (H, W)
    paper : uint8 ndarray
        The background, one pixel for ``2 * stride`` × ``2 * stride`` of the page.
    stride : int
        The working size: how many pixels of the page one pixel of the statistics covers along a side.
        2 for strokes up to 20 px, more for wider ones.
    text_px : float
        Height of the text, 0 when it is not known.
    beyond : bool ndarray, of the shape of ``paper``, or None
        The black bed around the page and a little of its rim; None when there is none.
    """

    grey: Samples
    paper: Samples
    stride: int
    text_px: float = 0.0
    beyond: Mask | None = None

    @classmethod
    def of(cls, grey: Samples) -> Levelled:
        """Levelled at a working size that fits the page's strokes."""
        text = text_size(grey)
        stride = int(np.clip(round(text.stroke_px / _STROKE_PX), 2, 8))
        small = shrunk(grey, 2 * stride)
        paper = background(small, _REACH_PX)
        wide = wide_background(small)
        return cls(grey, with_large_ink(paper, wide), stride, text.height_px, bed(paper, wide))

    @property
    def shape(self) -> tuple[int, int]:
        return int(self.grey.shape[0]), int(self.grey.shape[1])

    def flat(self, rows: slice) -> Samples:
        """The rows of the page over their background: paper near ``PAPER`` under any light."""
        light = enlarged_rows(self.paper, self.shape, rows)
        return np.asarray(cv2.divide(self.grey[rows], light, scale=PAPER), dtype=np.uint8)


def with_large_ink(paper: Samples, wide: Samples) -> Samples:
    """The background with the paper's tone put under letters and boxes wider than the closing steps over.

    They are as dark as ink and enclosed by paper; black borders and shadows reach the page's edge and stay.
    """
    dark = enclosed(paper < _INK_SHARE * wide.astype(np.float32))
    if not dark.any():
        return paper
    return filled(paper, cv2.dilate(dark.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0)


def bed(paper: Samples, wide: Samples) -> Mask | None:
    """The black bed that a scanner or camera shows around the page: darker than any shadow, and open to the edge."""
    dark = paper < _BED_SHARE * wide.astype(np.float32)
    dark &= ~enclosed(dark)
    if not dark.any():
        return None
    return np.asarray(cv2.dilate(dark.astype(np.uint8), np.ones((_RIM, _RIM), np.uint8)) > 0)


@dataclass(frozen=True)
class TextSize:
    """The usual size of the page's ink in pixels; zeros when there is none.

    Attributes
    ----------
    height_px : float
        Height of the components, weighed by their height. Words of joined letters count as wholes, so that it is near
        the height of a capital with print, and near that of a tall letter with handwriting.
    stroke_px : float
        Width of the strokes: twice the ink over its rim.
    """

    height_px: float
    stroke_px: float


def text_size(grey: Samples) -> TextSize:
    """Measured on a rough binarization, of a small page as a whole, of a large one in nine windows.

    Where the windows hold nothing, the whole page is shrunk until it is small enough.
    """
    stride = 1 if min(grey.shape) < 400 else 2
    if grey.size <= _LOOKED_PX * stride**2:
        return _measured(_flat(grey, stride), stride)
    found = _measured(_windows(grey, stride), stride)
    if found.height_px > 0:
        return found
    while grey.size > _LOOKED_PX * stride**2:
        stride += 1
    return _measured(_flat(grey, stride), stride)


def _windows(grey: Samples, stride: int) -> Samples:
    """Nine windows of the page, levelled and set side by side."""
    sides = [min(side, _WINDOW_PX * stride) for side in grey.shape]
    parts = []
    for row in range(3):
        for column in range(3):
            y, x = ((full - side) * at // 2 for full, side, at in zip(grey.shape, sides, (row, column), strict=True))
            parts.append(_flat(grey[y : y + sides[0], x : x + sides[1]], stride))
    return np.concatenate(parts, axis=1)


def _flat(grey: Samples, stride: int) -> Samples:
    small = shrunk(grey, stride)
    paper = background(shrunk(small, 3), 15, 11)
    return np.asarray(cv2.divide(small, cv2.resize(paper, small.shape[::-1]), scale=PAPER), dtype=np.uint8)


def _measured(flat: Samples, stride: int) -> TextSize:
    level, cut = cv2.threshold(flat, 0, 255, cv2.THRESH_BINARY_INV + cv2.THRESH_OTSU)
    if level > PAPER - 12:
        return TextSize(0.0, 0.0)
    ink = np.asarray(cut, dtype=np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    tall, wide, area = (stats[1:, i] for i in (cv2.CC_STAT_HEIGHT, cv2.CC_STAT_WIDTH, cv2.CC_STAT_AREA))
    fit = (area >= 6) & (tall >= 3) & (tall < 0.5 * flat.shape[0]) & (wide < 20 * tall) & (tall < 8 * wide)
    if np.count_nonzero(fit) < 8:
        return TextSize(0.0, 0.0)
    # Weighed by height, so that one box or blot does not outweigh a page of letters.
    heights = np.sort(tall[fit])
    share = np.cumsum(heights) / heights.sum()
    # Of these components only: a black border or a large stain is no stroke.
    core = cv2.erode(ink, cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3)))
    pixels = int(area[fit].sum())
    inner = int(np.count_nonzero(np.concatenate(((False,), fit))[labels[core > 0]]))
    stroke = 2.0 * pixels / max(pixels - inner, 1)
    return TextSize(float(heights[np.searchsorted(share, 0.5)] * stride), stroke * stride)
