"""A page turned straight and summed along its lines: what the slopes of single lines are read from."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from recto.raster import AffineMap

Strips = NDArray[np.float32]

STRIP_PX = 12
_SQUEEZE = (4, 2)
_WINDOW = 1 / 28
_FLOOR = 2.0
_STRONG = 90
_FAINT = 0.05
_MARGIN = 24


def edges_of_lines(page: NDArray[np.uint8], angle_deg: float) -> tuple[Strips, Strips]:
    """Where it gets lighter and where it gets darker from one row to the next, in upright strips of a straight page.

    Divided by what is usual around, but not wholly: ink that shines through from the back stays fainter than ink.

    Parameters
    ----------
    page : uint8 ndarray, shape (h, w)
    angle_deg : float
        The page is turned counter-clockwise by so much.

    Returns
    -------
    two float32 ndarrays, shape (H - 1, n), not negative
    """
    change = np.diff(straight_strips(page, angle_deg), axis=0)
    window = int(max(page.shape) * _WINDOW)
    usual = cv2.blur(np.abs(change), (window // STRIP_PX | 1, window | 1))
    change /= usual + np.float32(_FLOOR * np.percentile(usual[::8], _STRONG) + _FAINT)
    rows, strips = (max(1, count // _MARGIN) for count in change.shape)
    inside = np.zeros_like(change)
    inside[rows:-rows, strips:-strips] = change[rows:-rows, strips:-strips]
    return np.maximum(inside, 0), np.maximum(-inside, 0)


def straight_strips(page: NDArray[np.uint8], angle_deg: float) -> Strips:
    """The means over upright strips ``STRIP_PX`` wide of the page turned counter-clockwise by ``angle_deg``.

    The page is narrowed by area first, as far as the turn allows without blurring the lines: that is most of the
    work saved.

    Returns
    -------
    float32 ndarray, shape (H, n)
        Nothing is cut, but for the last columns that fill no strip.
    """
    turn = AffineMap.turn((page.shape[0], page.shape[1]), -angle_deg)
    steep = abs(np.tan(np.deg2rad(angle_deg)))
    times = next((k for k in _SQUEEZE if k * steep <= 1.0 and page.shape[1] >= k), 1)
    columns = page.shape[1] // times
    narrow = cv2.resize(page[:, : columns * times], (columns, page.shape[0]), interpolation=cv2.INTER_AREA)
    middle = (times - 1) / 2
    m = turn.matrix
    squeezed = np.array(
        [
            [m[0, 0], m[0, 1] / times, (m[0, 0] * middle + m[0, 2] - middle) / times],
            [m[1, 0] * times, m[1, 1], m[1, 0] * middle + m[1, 2]],
        ]
    )
    height, width = turn.shape[0], turn.shape[1] // times
    drawn = cv2.warpAffine(
        narrow,
        squeezed,
        (width, height),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    each = STRIP_PX // times
    count = max(1, width // each)
    body = np.asarray(drawn[:, : count * each], dtype=np.float32)
    return np.asarray(cv2.resize(body, (count, height), interpolation=cv2.INTER_AREA), dtype=np.float32)
