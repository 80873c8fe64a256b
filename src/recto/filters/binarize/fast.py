"""The project's own classical method: divide by the background, then a threshold between Sauvola's and Otsu's."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from recto.raster.background import background, enlarged, shrunk
from recto.raster.page import Samples

_WHITE = 235.0


def normalised(grey: Samples) -> Samples:
    """The page divided by its background: paper near 235 under any light."""
    paper = enlarged(background(shrunk(grey), 15), grey.shape)
    return np.asarray(cv2.divide(grey, paper, scale=_WHITE), dtype=np.uint8)


def fast_threshold(flat: Samples, window_px: int = 41, k: float = 0.2) -> NDArray[np.float32]:
    """The threshold at every pixel of a normalised page."""
    small = shrunk(flat, 2).astype(np.float32)
    side = window_px // 2
    mean = cv2.boxFilter(small, -1, (side, side))
    square = cv2.sqrBoxFilter(small, -1, (side, side))
    deviation = np.sqrt(np.maximum(square - mean * mean, 0.0))
    global_threshold, _ = cv2.threshold(flat, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    local = mean * (1.0 + k * (deviation / 110.0 - 1.0))
    surface = np.minimum(local, 0.5 * (local + global_threshold))
    return np.asarray(cv2.resize(surface, flat.shape[::-1]), dtype=np.float32)


def fast(grey: Samples) -> NDArray[np.bool_]:
    """The ink of a page of dark strokes on brighter paper, bool, shape (H, W)."""
    flat = normalised(grey)
    return np.asarray(flat < fast_threshold(flat))
