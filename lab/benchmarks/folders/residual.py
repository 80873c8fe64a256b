"""How far a page that came out is still turned, told from its pixels and from nobody's own estimate.

The page that came out is laid on the page as it was before it was turned (enhanced correlation coefficient, Evangelidis
and Psarakis 2008, doi:10.1109/TPAMI.2008.113); the angle between them is what is left.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
COARSE_PX, FINE_PX = 160, 640
_STARTS_DEG = np.arange(-3.0, 3.1, 1.0)


def residual_deg(straight: Grey, made: Grey) -> float:
    """Degrees clockwise; NaN when the pages cannot be laid on each other."""
    best, found = -1.0, np.eye(2, 3, dtype=np.float32)
    one, other = _ink(straight, made, COARSE_PX)
    for start_deg in _STARTS_DEG:
        score, warp = _laid(one, other, _rotation(start_deg, one.shape))
        if score > best:
            best, found = score, warp
    found[:, 2] *= FINE_PX / COARSE_PX
    one, other = _ink(straight, made, FINE_PX)
    best, found = _laid(one, other, found)
    # The warp says where each point of the straight page is in the one that came out.
    return float(np.degrees(np.arctan2(found[1, 0], found[0, 0]))) if best > 0 else float("nan")


def _laid(one: NDArray[np.float32], other: NDArray[np.float32], start: NDArray[np.float32]) -> tuple[float, NDArray]:
    until = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 200, 1e-6)
    try:
        score, warp = cv2.findTransformECC(one, other, start.copy(), cv2.MOTION_EUCLIDEAN, until, None, 5)
    except cv2.error:
        return -1.0, start
    return float(score), np.asarray(warp, np.float32)


def _rotation(angle_deg: float, shape: tuple[int, ...]) -> NDArray[np.float32]:
    centre = (shape[1] - 1) / 2, (shape[0] - 1) / 2
    return np.asarray(cv2.getRotationMatrix2D(centre, -angle_deg, 1.0), np.float32)


def _ink(straight: Grey, made: Grey, longest_px: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Both pages reduced alike, in the middle of canvases of one size, with paper at 0."""
    scale = longest_px / max(*straight.shape, *made.shape)
    canvas = (longest_px + 8, longest_px + 8)
    return _placed(straight, scale, canvas), _placed(made, scale, canvas)


def _placed(page: Grey, scale: float, canvas: tuple[int, int]) -> NDArray[np.float32]:
    small = cv2.resize(page, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.float32)
    paper = cv2.GaussianBlur(small, (0, 0), max(small.shape) / 16)
    laid = np.zeros(canvas, np.float32)
    top, left = (canvas[0] - small.shape[0]) // 2, (canvas[1] - small.shape[1]) // 2
    laid[top : top + small.shape[0], left : left + small.shape[1]] = np.maximum(paper - small, 0)
    return laid
