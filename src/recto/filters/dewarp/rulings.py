"""Rulings: thin dark strokes that run along the page, followed along their middle, whatever they cross."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from recto.raster.page import Samples

Floats = NDArray[np.float64]

_MOST = 80
_REACH = 0.12
_STEP = 0.004
_DRIFT = 0.04
_EVERY = 5


def level_rulings(grey: Samples, steep: float) -> list[Floats]:
    """Rulings that are level to within ``steep`` (rise over run), those of frames and of tables among them.

    A ruling is darker than what lies above and below it (a black hat along y), and so for a good part of an inch along
    x: strokes that cross it drop out by themselves.

    Parameters
    ----------
    grey : uint8 ndarray, shape (H, W)
    steep : float

    Returns
    -------
    list of float64 ndarray, shape (N, 2), x first
        Points on the middle of each ruling, from left to right.
    """
    width = grey.shape[1]
    size = max(9, width // 95) | 1
    soft = np.asarray(cv2.GaussianBlur(grey, (0, 0), 0.7), dtype=np.uint8)
    hat = np.asarray(cv2.morphologyEx(soft, cv2.MORPH_BLACKHAT, np.ones((size, 1), np.uint8)), dtype=np.uint8)
    least = max(6.0, 3.0 * float(np.median(hat[::4, ::4])))
    grown = cv2.dilate((hat > least).astype(np.uint8), np.ones((3, 1), np.uint8))
    runs = cv2.morphologyEx(grown, cv2.MORPH_OPEN, np.ones((1, max(9, width // 50)), np.uint8))
    # Every fifth column tells runs of that length apart, and is all that is read of them.
    sparse, depth = np.ascontiguousarray(runs[:, ::_EVERY]), hat[:, ::_EVERY]
    count, labels, stats, _ = cv2.connectedComponentsWithStats(sparse, connectivity=8)
    order = [k for k in range(1, count) if _EVERY * stats[k, 2] > width / 20]
    found = []
    for k in sorted(order, key=lambda k: -int(stats[k, 2]))[:_MOST]:
        left, top, wide, high = (int(v) for v in stats[k, :4])
        if high > steep * _EVERY * wide + width / 40:
            continue
        inside = labels[top : top + high, left : left + wide] == k
        points = _middle(inside, depth[top : top + high, left : left + wide], width)
        if points is not None:
            found.append((points + (left, top)) * (_EVERY, 1))
    return _joined(found, width)


def _joined(pieces: list[Floats], width: int) -> list[Floats]:
    """Pieces of one ruling, broken where a crease or a letter crosses it, put together from left to right."""
    lines = sorted(pieces, key=lambda piece: float(piece[0, 0]))
    joined: list[Floats] = []
    for piece in lines:
        best, at = np.inf, -1
        for k, line in enumerate(joined):
            gap = float(piece[0, 0] - line[-1, 0])
            if not -0.004 * width < gap < _REACH * width:
                continue
            step = abs(_median(piece[:4, 1]) - _median(line[-4:, 1]))
            if step < _STEP * width + _DRIFT * gap and step + 0.1 * gap < best:
                best, at = step + 0.1 * gap, k
        if at < 0:
            joined.append(piece)
        else:
            joined[at] = np.concatenate((joined[at], piece))
    return joined


def _middle(inside: NDArray[np.bool_], hat: Samples, width: int) -> Floats | None:
    """The middle of a stroke in its columns; None when it is no ruling."""
    columns = np.arange(1, inside.shape[1] - 1, max(1, width // (250 * _EVERY)))
    part = inside[:, columns]
    thick = part.sum(axis=0)
    usual = _median(thick[thick > 0])
    if usual <= 0 or usual > width / 120 + 2:
        return None
    depth = np.where(part, hat[:, columns], 0).astype(np.float64)
    deepest = depth.max(axis=0)
    good = (thick > 0) & (thick <= 1.6 * usual + 1)
    if good.sum() < max(8, 0.75 * len(columns)):
        return None
    typical = _median(deepest[good])
    if _median(np.abs(deepest[good] - typical)) > 0.35 * typical:
        return None
    rows = np.arange(inside.shape[0])[:, None]
    centre = (depth * rows).sum(axis=0)[good] / np.maximum(depth.sum(axis=0)[good], 1e-9)
    if _median(np.abs(np.diff(centre, 2))) > 0.8:
        return None
    return np.stack((columns[good].astype(np.float64), centre), axis=1)


def _median(values: NDArray[Any]) -> float:
    """The upper median of a few values, 0 of none; a tenth of the time of NumPy's."""
    return float(np.sort(values)[len(values) // 2]) if len(values) else 0.0
