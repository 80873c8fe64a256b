"""A page whose columns are shifted until its lines are level, summed in strips: what single lines are read from."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from recto.raster import AffineMap

STRIP_PX = 16
_LONG_STRIP = 2.5
_WINDOW = 1 / 28
_FLOOR = 2.0
_STRONG = 90
_FAINT = 0.05 * STRIP_PX
_MARGIN, _LEAST_MARGIN = 24, 2


class Strips(NamedTuple):
    """The edges of lines of text in upright strips of a page, ``STRIP_PX`` wide.

    Attributes
    ----------
    edges : float32 ndarray, shape (2, n, H), not negative
        Where it gets lighter and where it gets darker from one row to the next; nothing along the frame.
    usual : float32 ndarray, shape (n, H)
        By what they were divided: what is usual around, in grey levels summed across a strip.
    shifts : float64 ndarray, shape (n,)
        By how many rows each strip was moved up, in the mean of its columns.
    """

    edges: NDArray[np.float32]
    usual: NDArray[np.float32]
    shifts: NDArray[np.float64]


def edges_of_lines(columns: NDArray[np.uint8], angle_deg: float) -> Strips:
    """The upper and lower edges of lines that fall to the right by about ``angle_deg``.

    Divided by what is usual around, but not wholly: ink that shines through from the back stays fainter than ink.

    Parameters
    ----------
    columns : uint8 ndarray, shape (w, h)
        The page, column by column.
    angle_deg : float
        Within 45 degrees.
    """
    sums, shifts = level_strips(columns, angle_deg)
    change = np.diff(sums, axis=1).astype(np.float32)
    window = int(max(columns.shape) * _WINDOW)
    usual = np.asarray(cv2.blur(np.abs(change), (window | 1, window // STRIP_PX | 1)), dtype=np.float32)
    usual += np.float32(_FLOOR * np.percentile(usual[:, ::16], _STRONG) + _FAINT)
    change /= usual
    for axis in range(2):
        margin = max(_LEAST_MARGIN, change.shape[axis] // _MARGIN)
        frame = np.moveaxis(change, axis, 0)
        frame[:margin] = frame[-margin:] = 0
    edges = np.empty((2, *change.shape), dtype=np.float32)
    np.maximum(change, 0, out=edges[0])
    np.maximum(-change, 0, out=edges[1])
    return Strips(edges, usual, shifts)


def level_strips(columns: NDArray[np.uint8], angle_deg: float) -> tuple[NDArray[np.int16], NDArray[np.float64]]:
    """The sums over strips of a page sheared upright until lines that fall by ``angle_deg`` are level.

    Each column moves by whole rows, so that nothing is interpolated: what the rounding takes from a strip is known.

    Returns
    -------
    sums : int16 ndarray, shape (n, H)
        Nothing is cut, but for the last columns that fill no strip; what is above and below goes on as the page ends.
    shifts : float64 ndarray, shape (n,)
    """
    width, height = columns.shape
    shifts = np.rint(np.tan(np.deg2rad(angle_deg)) * (np.arange(width) - width // 2)).astype(np.intp)
    most, span = int(shifts.max()), int(shifts.max() - shifts.min())
    level = np.empty((width, height + span), dtype=np.uint8)
    starts = np.flatnonzero(np.diff(shifts, prepend=shifts[0] - 1)).tolist()
    for start, stop in pairwise((*starts, width)):
        top = most - int(shifts[start])
        level[start:stop, :top] = columns[start:stop, :1]
        level[start:stop, top : top + height] = columns[start:stop]
        level[start:stop, top + height :] = columns[start:stop, -1:]
    each = min(STRIP_PX, width)
    count = width // each
    sums = level[: count * each].reshape(count, each, -1).sum(axis=1, dtype=np.int16)
    return sums, shifts[: count * each].reshape(count, each).mean(axis=1)


def turned(page: NDArray[np.uint8], angle_deg: float) -> NDArray[np.uint8]:
    """A steep page turned counter-clockwise, its corners cut: glyphs that are sheared by much stand on no line."""
    # corners that are made up have false lines of their own, but a long strip would lose most of its true ones
    canvas = "expand" if max(page.shape) > _LONG_STRIP * min(page.shape) else "keep"
    turn = AffineMap.turn((page.shape[0], page.shape[1]), -angle_deg, canvas)
    size = (turn.shape[1], turn.shape[0])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    drawn = cv2.warpAffine(page, turn.matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(drawn, dtype=np.uint8)
