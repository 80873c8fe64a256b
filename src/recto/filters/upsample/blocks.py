"""Pages that were enlarged before by repeating their pixels: screens at twice the size, coarse prints of bitmaps."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

LARGEST = 8
"""Wider blocks are drawn as they are: the pixels of such a page are shapes."""

_ROWS = 256
_FEW_CHANGES = 16
"""Of fewer edges along x or y, chance may set all at multiples of a number."""


def block_side(samples: NDArray[np.uint8]) -> int:
    """The side of the equal squares that the whole page consists of, 1 if there are none.

    The page holds no more than one pixel of each square; drawn from those, strokes are smooth again, where the net
    would sharpen the stairs.

    Parameters
    ----------
    samples : uint8 ndarray, shape (H, W) or (H, W, 3)

    Returns
    -------
    int
        2 to ``LARGEST``, or 1: also for pages with too little on them to tell.
    """
    height, width = samples.shape[:2]
    side, rows, columns = math.gcd(height, width), 0, np.zeros(width - 1, dtype=np.bool_)
    for top in range(0, height, _ROWS):
        part = samples[top : top + _ROWS + 1].reshape(-1, width, samples.shape[2] if samples.ndim == 3 else 1)
        down = np.flatnonzero((part[1:] != part[:-1]).any(axis=(1, 2))) + top + 1
        columns |= (part[:, 1:] != part[:, :-1]).any(axis=(0, 2))
        side = int(np.gcd.reduce(np.concatenate(([side], down, np.flatnonzero(columns) + 1))))
        rows += len(down)
        if side == 1:
            return 1
    return side if min(rows, columns.sum()) >= _FEW_CHANGES and side <= LARGEST else 1
