"""The page divided by the light on its paper, at a working size that fits its text."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from recto.raster.background import background, shrunk
from recto.raster.page import Samples

PAPER = 235.0
_REACH_PX = 15
_LARGE_PX = 150.0


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
        height, width = self.shape
        part = self.grey[rows]
        scale = height / self.paper.shape[0]
        low = max(0, int(rows.start / scale) - 1)
        high = min(self.paper.shape[0], int(np.ceil(rows.stop / scale)) + 1)
        # The same affine relation for every band, so that bands meet without a seam.
        y = (np.arange(rows.start, rows.stop, dtype=np.float32) + 0.5) / scale - 0.5 - low
        x = (np.arange(width, dtype=np.float32) + 0.5) * (self.paper.shape[1] / width) - 0.5
        light = _bilinear(self.paper[low:high], y, x)
        return np.asarray(cv2.divide(part, light, scale=PAPER), dtype=np.uint8)


def _bilinear(small: Samples, y: NDArray[np.float32], x: NDArray[np.float32]) -> Samples:
    matrix = np.array(
        ((x[1] - x[0] if x.size > 1 else 1.0, 0.0, x[0]), (0.0, y[1] - y[0] if y.size > 1 else 1.0, y[0]))
    )
    drawn = cv2.warpAffine(
        small,
        matrix,
        (x.size, y.size),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(drawn, dtype=np.uint8).reshape(y.size, x.size)


def with_large_ink(small: Samples, paper: Samples) -> Samples:
    """The background with the paper's tone put under letters and boxes wider than the closing steps over.

    They are as dark as ink and enclosed by paper; black borders and shadows reach the page's edge and stay.
    """
    coarse = shrunk(paper, 4)
    reach = max(9, min(coarse.shape) // 3)
    wide = background(coarse, reach, 5)
    dark = coarse < 0.3 * wide.astype(np.float32)
    if not dark.any():
        return paper
    mask = cv2.resize(dark.astype(np.uint8), paper.shape[::-1], interpolation=cv2.INTER_NEAREST)
    mask = cv2.dilate(mask, np.ones((9, 9), np.uint8))
    light = cv2.resize(wide, paper.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.where(mask > 0, np.maximum(light, paper), paper).astype(np.uint8)


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
