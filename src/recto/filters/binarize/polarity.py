"""Whether a page is written dark on bright or bright on dark."""

from __future__ import annotations

import cv2
import numpy as np

from recto.raster.background import shrunk
from recto.raster.page import Samples

_STRIDE = 8
_WINDOW = 13
_LEAST_CONTRAST = 48
_DARK = 0.35
_MOST = 0.6
_WIDE = 7
_NARROW = 0.5


def bright_on_dark(grey: Samples) -> bool:
    """True when most of the places with contrast are mostly dark: a negative, or a dark screen.

    Each place is judged by its own darkest, brightest and middle tone, so that shadows do not count. A page whose dark
    places all lie in one shade has no contrast there and is dark on bright. What is bright must be narrow, as strokes
    are: a dark sheet on a bright desk, or with holes in it, is no negative.
    """
    small = shrunk(grey, _STRIDE)
    if min(small.shape) < _WINDOW:
        return False
    window = np.ones((_WINDOW, _WINDOW), np.uint8)
    low, high = (f(small, window)[::2, ::2].astype(np.float32) for f in (cv2.erode, cv2.dilate))
    middle = cv2.medianBlur(small, _WINDOW)[::2, ::2]
    busy = high - low >= _LEAST_CONTRAST
    if np.count_nonzero(busy) < 0.01 * busy.size:
        return False
    opened = cv2.morphologyEx(small, cv2.MORPH_OPEN, np.ones((_WIDE, _WIDE), np.uint8))
    wide = cv2.dilate(opened, window)[::2, ::2].astype(np.float32)
    share, bright = ((plane[busy] - low[busy]) / (high[busy] - low[busy]) for plane in (middle, wide))
    return bool(np.mean((share < _DARK) & (bright < _NARROW)) > _MOST)
