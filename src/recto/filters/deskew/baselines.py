"""The slopes of single lines of text on a page that is nearly straight."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from recto.filters.deskew.strips import STRIP_PX, Strips

_SMEAR_STRIPS = 3
_ROUNDS, _SETTLED_DEG = 3, 0.05
_TRIM, _TRIM_PX = 2.5, (0.25, 1.6)
_FAINT_LOOK, _FAINT_LINE = 0.5, 0.6
_REACH_ROWS = 2
_SHORTEST, _FEWEST = 1 / 14, 1 / 24
_WINDOW_DEG = 1.5

Floats = NDArray[np.float64]


class Slopes(NamedTuple):
    """One entry per upper or lower edge of a line of text.

    ``angle_deg`` is positive for a line that falls to the right, ``spread_deg`` its own standard error.
    """

    angle_deg: Floats
    spread_deg: Floats


class Agreement(NamedTuple):
    """What the lines of text agree on.

    Attributes
    ----------
    angle_deg : float
        Positive for lines that fall to the right.
    error_deg : float
        Its standard error.
    lines : int
        Upper and lower edges of lines that took part.
    between_deg : float
        How much lines differ beyond their own errors: paper is curved, or type uneven.
    """

    angle_deg: float
    error_deg: float
    lines: int
    between_deg: float


def agreed_angle(edges: tuple[Strips, Strips]) -> Agreement:
    """The angle that the lines of text agree on.

    Parameters
    ----------
    edges : two float32 ndarrays, shape (h, n)
        The upper and the lower edges of lines, in strips, on a page that is straight to within a degree or so.
    """
    count = edges[0].shape[1]
    last = Agreement(0.0, _WINDOW_DEG, 0, _WINDOW_DEG)
    for _ in range(_ROUNDS):
        angle_deg = last.angle_deg
        shifts = np.rint(np.tan(np.deg2rad(angle_deg)) * STRIP_PX * (np.arange(count) - count // 2)).astype(np.intp)
        last = agreed(_fitted([_sheared(each, shifts) for each in edges], shifts), angle_deg, _WINDOW_DEG)
        if abs(last.angle_deg - angle_deg) < _SETTLED_DEG:
            break
    return last


def _sheared(edges: NDArray[np.float32], shifts: NDArray[np.intp]) -> NDArray[np.float32]:
    """Each strip moved up by whole pixels, so that lines become level and no value is interpolated."""
    if not shifts.any():
        return edges
    moved, row = np.empty_like(edges), np.arange(len(edges))
    starts = np.flatnonzero(np.diff(shifts, prepend=shifts[0] - 1))
    for start, stop in pairwise((*starts, len(shifts))):
        moved[:, start:stop] = edges[np.clip(row + shifts[start], 0, len(edges) - 1), start:stop]
    return moved


class _Looks(NamedTuple):
    """Where a ridge crosses a strip: one entry per crossing.

    ``row`` is the centre of mass of the edge there, ``mass`` its strength, ``label`` numbers the ridges.
    """

    label: NDArray[np.intp]
    strip: NDArray[np.intp]
    row: Floats
    mass: Floats
    ridges: int


def _ridges(edges: NDArray[np.float32]) -> _Looks:
    """The chains of local maxima along each line, on strips that are smeared along it."""
    smooth = cv2.blur(cv2.GaussianBlur(edges, (1, 5), 1.0), (_SMEAR_STRIPS, 1))
    top = cv2.dilate(smooth, np.ones((7, 1), np.uint8))
    mean, deviation = cv2.meanStdDev(smooth)
    level = float(mean[0, 0] + deviation[0, 0])
    peaks = (smooth >= top) & (smooth > level)
    count, labels = cv2.connectedComponents(cv2.dilate(peaks.view(np.uint8), np.ones((3, 1), np.uint8)), connectivity=8)
    peaks[:_REACH_ROWS] = peaks[-_REACH_ROWS:] = False
    at = np.flatnonzero(peaks)
    label = labels.ravel()[at]
    # most chains are short, and short ones cost as much as lines
    numbers = np.cumsum(np.bincount(label, minlength=count) >= _FEWEST * edges.shape[1])
    kept = np.diff(numbers, prepend=0)[label] > 0
    at, label, count = at[kept], numbers[label[kept]], int(numbers[-1]) + 1
    row, strip = np.divmod(at, peaks.shape[1])
    flat, mass, moment = edges.ravel(), np.zeros(len(at)), np.zeros(len(at))
    for k in range(-_REACH_ROWS, _REACH_ROWS + 1):
        values = flat[at + k * peaks.shape[1]]
        mass += values
        moment += k * values
    return _Looks(label, strip, row + moment / (mass + 1e-9), mass, count)


def _fitted(both: list[NDArray[np.float32]], shifts: NDArray[np.intp]) -> Slopes:
    """A least-squares line through each ridge of the two edges, trimmed thrice; faint ridges are left out."""
    fits = [_lines(edges, shifts) for edges in both]
    slope, spread, mass, looks = (np.concatenate(parts) for parts in zip(*fits, strict=True))
    strong = (looks * mass * mass).sum() / ((looks * mass).sum() + 1e-9)
    kept = mass > _FAINT_LINE * strong
    return Slopes(np.rad2deg(np.arctan(slope[kept])), np.rad2deg(spread[kept]))


def _lines(edges: NDArray[np.float32], shifts: NDArray[np.intp]) -> tuple[Floats, ...]:
    """Slope, its standard error, strength and number of looks of each ridge that is long enough."""
    label, strip, row, mass, count = _ridges(edges)
    x, y = strip * float(STRIP_PX), row + shifts[strip]
    # where a faint line meets or crosses a strong one, the strong one counts
    strong = np.bincount(label, mass * mass, count) / (np.bincount(label, mass, count) + 1e-9)
    mass = np.where(mass > _FAINT_LOOK * strong[label], mass, 0.0)
    weight = mass
    for _ in range(4):
        total = np.bincount(label, weight, count) + 1e-9
        dx = x - (np.bincount(label, weight * x, count) / total)[label]
        dy = y - (np.bincount(label, weight * y, count) / total)[label]
        pull = weight * dx
        reach = np.bincount(label, pull * dx, count) + 1e-9
        slope = np.bincount(label, pull * dy, count) / reach
        off = dy - slope[label] * dx
        noise = np.bincount(label, weight * off * off, count) / total
        squares = np.bincount(label, weight * weight, count) + 1e-9
        weight = mass * (np.abs(off) < np.clip(_TRIM * np.sqrt(noise), *_TRIM_PX)[label])
    # a strip's edge is one look: the mass only says how much each look counts
    looks = total**2 / squares
    spread = np.sqrt((noise + 0.02) / (reach / total) / np.maximum(looks, 1.0))
    strength = np.bincount(label, mass, count) / (np.bincount(label, mass > 0, count) + 1e-9)
    kept = np.sqrt(12 * reach / total) > _SHORTEST * edges.shape[1] * STRIP_PX
    return slope[kept], spread[kept], strength[kept], looks[kept]


def agreed(slopes: Slopes, about_deg: float, window_deg: float) -> Agreement:
    """The angle on which the lines agree.

    Lines differ by more than their own errors when paper is curved or type is uneven: that spread is
    estimated from the lines themselves and added to every line's error, so that long lines rule on a flat
    page and all lines count alike on a warped one.
    """
    near = np.abs(slopes.angle_deg - about_deg) < window_deg
    angle, spread = slopes.angle_deg[near], slopes.spread_deg[near]
    if len(angle) < 3:
        return Agreement(about_deg, window_deg, len(angle), window_deg)
    between, centre = 0.1, about_deg
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
    return Agreement(centre, float(1 / np.sqrt(weight.sum() + 1e-12)), len(angle), between)


def _weighted_median(values: Floats, weights: Floats) -> float:
    order = np.argsort(values)
    heap = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(heap, heap[-1] / 2)])
