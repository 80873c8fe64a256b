"""The page divided by the light on its paper, at a working size that fits its text."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from recto.raster.background import background, enclosed, enlarged_rows, filled, shrunk, wide_background
from recto.raster.page import Samples

PAPER = 235.0
_REACH_PX = 15
_LARGE_PX = 150.0
_INK_SHARE = 0.4


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
        2 for text up to 150 px, more for larger text.
    text_px : float
        Height of the text, 0 when it is not known.
    """

    grey: Samples
    paper: Samples
    stride: int
    text_px: float = 0.0

    @classmethod
    def of(cls, grey: Samples, text_px: float | None = None) -> Levelled:
        """Levelled for text of ``text_px`` pixels, by its own estimate by default."""
        tall = text_height(grey) if text_px is None else text_px
        stride = 2
        if tall > _LARGE_PX:
            stride = int(np.clip(round(2 * tall / 80.0), 2, 8))
        small = shrunk(grey, 2 * stride)
        return cls(grey, with_large_ink(small, background(small, _REACH_PX)), stride, tall)

    @property
    def shape(self) -> tuple[int, int]:
        return int(self.grey.shape[0]), int(self.grey.shape[1])

    def flat(self, rows: slice) -> Samples:
        """The rows of the page over their background: paper near ``PAPER`` under any light."""
        light = enlarged_rows(self.paper, self.shape, rows)
        return np.asarray(cv2.divide(self.grey[rows], light, scale=PAPER), dtype=np.uint8)


def with_large_ink(small: Samples, paper: Samples) -> Samples:
    """The background with the paper's tone put under letters and boxes wider than the closing steps over.

    They are as dark as ink and enclosed by paper; black borders and shadows reach the page's edge and stay.
    """
    dark = enclosed(paper < _INK_SHARE * wide_background(small).astype(np.float32))
    if not dark.any():
        return paper
    return filled(paper, cv2.dilate(dark.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0)


def text_height(grey: Samples) -> float:
    """The usual height of the page's ink components in pixels, weighed by their height; 0 when there are none.

    Words of joined letters count as wholes, so that the figure is near the height of a capital with print and near
    that of a tall letter with handwriting.
    """
    stride = 1 if min(grey.shape) < 400 else 2
    limit = 700_000
    while grey.size / stride**2 > limit:
        stride += 1
    small = shrunk(grey, stride)
    paper = background(shrunk(small, 2), 21)
    flat = cv2.divide(small, cv2.resize(paper, small.shape[::-1]), scale=PAPER)
    level, ink = cv2.threshold(flat, 0, 255, cv2.THRESH_BINARY_INV + cv2.THRESH_OTSU)
    if level > PAPER - 12:
        return 0.0
    _, _, stats, _ = cv2.connectedComponentsWithStats(np.asarray(ink, dtype=np.uint8), connectivity=8)
    tall, wide, area = (stats[1:, i] for i in (cv2.CC_STAT_HEIGHT, cv2.CC_STAT_WIDTH, cv2.CC_STAT_AREA))
    fit = (area >= 6) & (tall >= 3) & (tall < 0.5 * grey.shape[0] / stride) & (wide < 20 * tall) & (tall < 8 * wide)
    if np.count_nonzero(fit) < 8:
        return 0.0
    # Weighed by height, so that one box or blot does not outweigh a page of letters.
    heights = np.sort(tall[fit])
    share = np.cumsum(heights) / heights.sum()
    return float(heights[np.searchsorted(share, 0.5)] * stride)
