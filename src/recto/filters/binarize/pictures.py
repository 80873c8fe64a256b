"""Photographs in a page: where they are, and dots for their tones."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from recto.raster.background import shrunk
from recto.raster.page import Samples

Mask = NDArray[np.bool_]

_CELL_PX = 8
_LEAST_SHARE = 0.01


def picture_area(grey: Samples) -> Mask:
    """True inside of rectangles that are filled with middle tones, bool, shape (H, W).

    Text and paper live at two tones; between them lie only the soft edges of strokes. A picture's tones are spread.
    """
    small = shrunk(grey, _CELL_PX)
    low, high = (int(np.percentile(small, q)) for q in (1, 95))
    height, width = grey.shape
    area = np.zeros(grey.shape, dtype=bool)
    if high - low < 64 or min(small.shape) < 16:
        return area
    span = high - low
    middle = (small > low + 0.12 * span) & (small < high - 0.2 * span)
    share = cv2.boxFilter(middle.astype(np.float32), -1, (9, 9))
    grown = cv2.morphologyEx((share > 0.75).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((15, 15), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(np.asarray(grown, dtype=np.uint8), connectivity=8)
    for x, y, w, h, filled in stats[1:count]:
        if w * h < _LEAST_SHARE * small.size or filled < 0.6 * w * h or min(w, h) < 12:
            continue
        rows = slice(y * _CELL_PX, height if y + h == small.shape[0] else (y + h) * _CELL_PX)
        columns = slice(x * _CELL_PX, width if x + w == small.shape[1] else (x + w) * _CELL_PX)
        area[rows, columns] = True
    return area


def dithered(grey: Samples) -> Samples:
    """The tones as black dots, by Bayer's 8 × 8 matrix: 0 ink, 255 paper.

    References
    ----------
    Bayer: An optimum method for two-level rendition of continuous-tone pictures, IEEE ICC 1973.
    """
    matrix = np.array([[0]])
    for _ in range(3):
        matrix = np.block([[4 * matrix, 4 * matrix + 2], [4 * matrix + 3, 4 * matrix + 1]])
    limit = ((matrix + 0.5) * 4).astype(np.uint8)
    height, width = grey.shape
    drawn = np.empty_like(grey)
    for start in range(0, height, 1024):
        rows = grey[start : start + 1024]
        tiled = np.tile(limit, (-(-rows.shape[0] // 8), -(-width // 8)))[: rows.shape[0], :width]
        drawn[start : start + 1024] = np.where(rows > tiled, 255, 0)
    return drawn
