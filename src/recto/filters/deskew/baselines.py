"""The slopes of single lines of text on a page that is nearly straight."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

_STRIP_PX = 8
_SMEAR_STRIPS = (5, 3, 1)
_TRIM_PX = 1.6
_REACH_ROWS = 2
_SAME_DEG = 0.03
_SHORTEST = 1 / 14
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


def agreed_angle(coded: NDArray[np.uint8]) -> Agreement:
    """The angle that the lines of text agree on.

    Parameters
    ----------
    coded : uint8 ndarray, shape (h, w)
        The texture of a page that is straight to within a degree or so, as bytes.
    """
    strip_px = min(_STRIP_PX, max(1, coded.shape[1] // 8))
    above, below = coded[:-1], coded[1:]
    strips = [_strips(edge, strip_px) for edge in (cv2.subtract(below, above), cv2.subtract(above, below))]
    count = strips[0].shape[1]
    angle_deg, before_deg, lines = 0.0, 0.0, 0
    last = Agreement(0.0, _WINDOW_DEG, 0, _WINDOW_DEG)
    for smear_strips in _SMEAR_STRIPS:
        shifts = np.rint(np.tan(np.deg2rad(angle_deg)) * strip_px * (np.arange(count) - count // 2)).astype(np.intp)
        fits = [_fitted(_sheared(edges, shifts), shifts, strip_px, smear_strips) for edges in strips]
        slopes = Slopes(*(np.concatenate(parts) for parts in zip(*fits, strict=True)))
        before_deg = angle_deg
        last = agreed(slopes, angle_deg, _WINDOW_DEG)
        angle_deg, lines = last.angle_deg, max(lines, last.lines)
    # smeared ridges are steadier, bare ones know no neighbours: where they agree, both are right
    if abs(angle_deg - before_deg) < _SAME_DEG:
        angle_deg = (angle_deg + before_deg) / 2
    return last._replace(angle_deg=angle_deg, lines=lines)


def _strips(edges: NDArray[Any], strip_px: int) -> NDArray[np.float32]:
    """The sums over upright strips of ``strip_px`` columns."""
    sums = cv2.boxFilter(edges, cv2.CV_32F, (strip_px, 1), normalize=False, anchor=(0, 0))
    return np.ascontiguousarray(sums[:, : sums.shape[1] - strip_px + 1 : strip_px])


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

    ``row`` is the centre of mass of the edge there, ``mass`` its strength, ``label`` numbers the ridges from 1.
    """

    label: NDArray[np.intp]
    strip: NDArray[np.intp]
    row: Floats
    mass: Floats
    ridges: int


def _ridges(edges: NDArray[np.float32], smear_strips: int) -> _Looks:
    """The chains of local maxima along each line, on strips that are smeared along it."""
    smooth = cv2.blur(cv2.GaussianBlur(edges, (1, 5), 1.0), (smear_strips, 1))
    top = cv2.dilate(smooth, np.ones((7, 1), np.uint8))
    mean, deviation = cv2.meanStdDev(smooth)
    level = float(mean[0, 0] + deviation[0, 0])
    peaks = (smooth >= top) & (smooth > level)
    count, labels = cv2.connectedComponents(cv2.dilate(peaks.view(np.uint8), np.ones((3, 1), np.uint8)), connectivity=8)
    peaks[:_REACH_ROWS] = peaks[-_REACH_ROWS:] = False
    at = np.flatnonzero(peaks)
    row, strip = np.divmod(at, peaks.shape[1])
    flat, mass, moment = edges.ravel(), np.zeros(len(at)), np.zeros(len(at))
    for k in range(-_REACH_ROWS, _REACH_ROWS + 1):
        values = flat[at + k * peaks.shape[1]]
        mass += values
        moment += k * values
    label = labels.ravel()[at].astype(np.intp)
    return _Looks(label, strip, row + moment / (mass + 1e-9), mass, count)


def _fitted(edges: NDArray[np.float32], shifts: NDArray[np.intp], strip_px: int, smear_strips: int) -> Slopes:
    """A least-squares line through each ridge, trimmed twice."""
    label, strip, row, mass, count = _ridges(edges, smear_strips)
    x, y = strip * float(strip_px), row + shifts[strip]
    weight = mass
    for _ in range(3):
        total = np.bincount(label, weight, count) + 1e-9
        dx = x - (np.bincount(label, weight * x, count) / total)[label]
        dy = y - (np.bincount(label, weight * y, count) / total)[label]
        pull = weight * dx
        reach = np.bincount(label, pull * dx, count) + 1e-9
        slope = np.bincount(label, pull * dy, count) / reach
        off = dy - slope[label] * dx
        weight = mass * (np.abs(off) < _TRIM_PX)
    noise = np.bincount(label, weight * off * off, count) / total
    # a strip's edge is one look: the mass only says how much each look counts
    looks = total**2 / (np.bincount(label, weight * weight, count) + 1e-9)
    spread = np.sqrt((noise + 0.02) / (reach / total) / np.maximum(looks, 1.0))
    long_enough = np.sqrt(12 * reach / total) > _SHORTEST * edges.shape[1] * strip_px
    long_enough[0] = False
    return Slopes(np.rad2deg(np.arctan(slope[long_enough])), np.rad2deg(spread[long_enough]))


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
