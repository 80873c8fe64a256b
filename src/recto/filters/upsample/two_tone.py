"""Print or picture? Print has two tones, and most of the paper keeps one of them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

CONTEXT_PX = 48
"""How far around a pixel ``print_likeness`` looks, at most."""

_NEAR_PX = 15
_WIDE_PX = 63
_TOLERANCE = 0.22
_CONTRAST = 20.0
_PICTURE, _PRINT = 0.35, 0.43
_DARK_GROUND = 0.20
"""Inverse print must be plainer to be believed: dark grounds are common in photographs and rare in print."""


def print_likeness(grey: NDArray[np.uint8]) -> NDArray[np.float32]:
    """1 where the surroundings look like print, 0 where they look like a photograph or are even.

    Between the darkest and the brightest tone of the near surroundings, print keeps to one end (its paper, or the
    ground of inverse print) for more than half of its area; the shades of a photograph are spread over the range.

    Parameters
    ----------
    grey : uint8 ndarray, shape (H, W)

    Returns
    -------
    float32 ndarray, shape (H, W), 0 to 1
    """
    calm = cv2.blur(grey, (3, 3), borderType=cv2.BORDER_REPLICATE)
    box, near, wide = np.ones((_NEAR_PX, _NEAR_PX), dtype=np.uint8), (_NEAR_PX,) * 2, (_WIDE_PX,) * 2
    bright = cv2.blur(cv2.dilate(calm, box).astype(np.float32), near, borderType=cv2.BORDER_REPLICATE)
    dark = cv2.blur(cv2.erode(calm, box).astype(np.float32), near, borderType=cv2.BORDER_REPLICATE)
    contrast = np.asarray(bright - dark)
    told = contrast > _CONTRAST
    slack = _TOLERANCE * contrast
    counted = cv2.blur(told.astype(np.float32), wide) + 1e-3
    on_bright, on_dark = (
        np.asarray(cv2.blur((told & end).astype(np.float32), wide)) / counted
        for end in (calm > bright - slack, calm < dark + slack)
    )
    share = np.maximum(on_bright, on_dark - _DARK_GROUND)
    return np.asarray(np.clip((share - _PICTURE) / (_PRINT - _PICTURE), 0, 1), dtype=np.float32)
