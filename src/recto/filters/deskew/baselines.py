"""The slopes of single lines of text on a page that is nearly straight."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

_STRIP_PX = 8
_SMEAR_STRIPS = 5
_TRIM_PX = 1.6
_SHORTEST = 1 / 14
_WINDOW_DEG = 1.5
_ROUNDS = 2

Floats = NDArray[np.float64]


class Slopes(NamedTuple):
    """One entry per upper or lower edge of a line of text.

    ``angle_deg`` is positive for a line that falls to the right, ``spread_deg`` its own standard error.
    """

    angle_deg: Floats
    spread_deg: Floats


def agreed_angle(flat: NDArray[np.float32]) -> tuple[float, float, int]:
    """The angle that the lines of text agree on.

    Parameters
    ----------
    flat : float32 ndarray, shape (h, w)
        The texture of a page that is straight to within a degree or so.

    Returns
    -------
    tuple
        The angle in degrees, positive for lines that fall to the right; its standard error; and the number of
        upper and lower edges of lines that took part.
    """
    change = cv2.subtract(flat[1:], flat[:-1])
    count = max(8, flat.shape[1] // _STRIP_PX)
    strip_px = flat.shape[1] / count
    strips = []
    for edge in (cv2.max(change, 0), cv2.max(-change, 0)):
        strips.append(np.asarray(cv2.resize(edge, (count, len(edge)), interpolation=cv2.INTER_AREA), dtype=np.float32))
    angle_deg, error_deg, lines = 0.0, _WINDOW_DEG, 0
    for _ in range(_ROUNDS):
        fits = [_fitted(_sheared(edges, angle_deg, strip_px), strip_px) for edges in strips]
        slopes = Slopes(*(np.concatenate(parts) for parts in zip(*fits, strict=True)))
        step_deg, error_deg, lines = agreed(slopes, _WINDOW_DEG)
        angle_deg += step_deg
    return angle_deg, error_deg, lines


def _sheared(edges: NDArray[np.float32], angle_deg: float, strip_px: float) -> NDArray[np.float32]:
    """The strips moved up and down so that lines of that angle become level."""
    if angle_deg == 0.0:
        return edges
    row, strip = np.mgrid[: edges.shape[0], : edges.shape[1]].astype(np.float32)
    row += np.float32(np.tan(np.deg2rad(angle_deg)) * strip_px) * (strip - edges.shape[1] / 2)
    return np.asarray(cv2.remap(edges, strip, row, cv2.INTER_LINEAR), dtype=np.float32)


def _ridges(edges: NDArray[np.float32]) -> tuple[int, NDArray[np.int32]]:
    """Number the chains of local maxima along each line, on strips that are smeared along it."""
    smooth = cv2.blur(cv2.GaussianBlur(edges, (1, 5), 1.0), (_SMEAR_STRIPS, 1))
    top = cv2.dilate(smooth, np.ones((7, 1), np.uint8))
    level = float(smooth.mean() + 1.0 * smooth.std())
    peaks = ((smooth >= top) & (smooth > level)).astype(np.uint8)
    count, labels = cv2.connectedComponents(cv2.dilate(peaks, np.ones((3, 1), np.uint8)), connectivity=8)
    return count, np.asarray(labels, dtype=np.int32)


def _fitted(edges: NDArray[np.float32], strip_px: float) -> Slopes:
    """A least-squares line through each ridge, trimmed twice."""
    count, labels = _ridges(edges)
    row, strip = np.nonzero(labels)
    label = labels[row, strip]
    mass = edges[row, strip].astype(np.float64)
    x, y = strip * strip_px, row.astype(np.float64)
    weight = mass
    for _ in range(3):
        total = np.bincount(label, weight, count) + 1e-9
        dx = x - (np.bincount(label, weight * x, count) / total)[label]
        dy = y - (np.bincount(label, weight * y, count) / total)[label]
        reach = np.bincount(label, weight * dx * dx, count) + 1e-9
        slope = np.bincount(label, weight * dx * dy, count) / reach
        off = dy - slope[label] * dx
        weight = mass * (np.abs(off) < _TRIM_PX)
    noise = np.bincount(label, weight * off * off, count) / total
    # a strip's edge is one look: the mass only says how much each look counts
    looks = total**2 / (np.bincount(label, weight * weight, count) + 1e-9)
    spread = np.sqrt((noise + 0.02) / (reach / total) / np.maximum(looks, 1.0))
    long_enough = np.sqrt(12 * reach / total) > _SHORTEST * edges.shape[1] * strip_px
    long_enough[0] = False
    return Slopes(np.rad2deg(np.arctan(slope[long_enough])), np.rad2deg(spread[long_enough]))


def agreed(slopes: Slopes, window_deg: float) -> tuple[float, float, int]:
    """The angle on which the lines agree, its standard error, and how many took part.

    Lines differ by more than their own errors when paper is curved or type is uneven: that spread is
    estimated from the lines themselves and added to every line's error, so that long lines rule on a flat
    page and all lines count alike on a warped one.
    """
    near = np.abs(slopes.angle_deg) < window_deg
    angle, spread = slopes.angle_deg[near], slopes.spread_deg[near]
    if len(angle) < 3:
        return 0.0, window_deg, len(angle)
    between, centre = 0.1, 0.0
    for _ in range(4):
        weight = 1 / (spread**2 + between**2)
        centre = _weighted_median(angle, np.sqrt(weight))
        off = np.abs(angle - centre)
        excess = (1.4826 * _weighted_median(off, weight)) ** 2 - _weighted_median(spread**2, weight)
        between = float(np.sqrt(max(excess, 0.0)))
    scale = np.sqrt(spread**2 + between**2)
    for _ in range(3):
        weight = np.where(np.abs(angle - centre) < 2.5 * scale, 1 / scale**2, 0.0)
        centre = float((weight * angle).sum() / (weight.sum() + 1e-12))
    return centre, float(1 / np.sqrt(weight.sum() + 1e-12)), len(angle)


def _weighted_median(values: Floats, weights: Floats) -> float:
    order = np.argsort(values)
    heap = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(heap, heap[-1] / 2)])
