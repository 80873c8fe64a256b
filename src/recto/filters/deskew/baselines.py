"""The slopes of single lines of text on a page that is nearly straight."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from recto.filters.deskew.strips import STRIP_PX, Strips, edges_of_lines, turned

_TURN_FIRST_DEG = 17.0
_SMEAR_STRIPS = 3
_ROUNDS, _SETTLED_DEG = 3, 0.05
_TRIM, _TRIM_PX = 2.5, (0.25, 1.6)
_FITS = 3
_FAINT_LOOK, _FAINT_LINE = 0.5, 0.6
_TOP_TENTH, _STRONG_LINE, _FEW_STRONG, _CONTRADICTS = 0.9, 0.6, 6, 3.0
"""Lines have most ink from 0.6 of what the top tenth has; six of them contradict all from three standard errors on."""
_REACH_ROWS = 2
_SHORTEST, _FEWEST = 1 / 11, 1 / 18
_WINDOW_DEG = 1.5
_PRECISE_DEG = 0.05
_FEW_STRIPS = 3

Floats = NDArray[np.float64]


class Slopes(NamedTuple):
    """One entry per upper or lower edge of a line of text.

    ``angle_deg`` is positive for a line that falls to the right, ``spread_deg`` its own standard error.
    """

    angle_deg: Floats
    spread_deg: Floats

    def where(self, chosen: NDArray[np.bool_]) -> Slopes:
        return Slopes(self.angle_deg[chosen], self.spread_deg[chosen])


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
    two_inks : bool
        The lines of the most ink say something else: the others may shine through from the back.
    """

    angle_deg: float
    error_deg: float
    lines: int
    between_deg: float
    two_inks: bool = False


def agreed_angle(page: NDArray[np.uint8], about_deg: float) -> Agreement:
    """The angle that the lines of text agree on.

    Parameters
    ----------
    page : uint8 ndarray, shape (h, w)
    about_deg : float
        Its skew to within a degree or so.
    """
    turned_deg = about_deg if abs(about_deg) > _TURN_FIRST_DEG else 0.0
    columns = np.asarray(cv2.transpose(turned(page, turned_deg) if turned_deg else page), dtype=np.uint8)
    last = Agreement(about_deg - turned_deg, _WINDOW_DEG, 0, _WINDOW_DEG)
    for _ in range(_ROUNDS):
        angle_deg = last.angle_deg
        slopes, strong = _slopes(edges_of_lines(columns, angle_deg))
        last = agreed(slopes, angle_deg, _WINDOW_DEG)
        if abs(last.angle_deg - angle_deg) < _SETTLED_DEG:
            break
    inked = agreed(strong, angle_deg, _WINDOW_DEG)
    apart = abs(inked.angle_deg - last.angle_deg) / np.hypot(inked.error_deg, last.error_deg)
    two_inks = inked.lines >= _FEW_STRONG and bool(apart > _CONTRADICTS)
    return last._replace(angle_deg=last.angle_deg + turned_deg, two_inks=two_inks)


class _Looks(NamedTuple):
    """Where ridges cross strips: one entry per crossing, ridge after ridge.

    ``row`` is the centre of mass of the edge there, ``mass`` its strength; ``starts`` is where each ridge begins,
    ``counts`` how often it was looked at.
    """

    strip: NDArray[np.intp]
    row: Floats
    mass: Floats
    starts: NDArray[np.intp]
    counts: NDArray[np.intp]

    def summed(self, values: Floats) -> Floats:
        """From looks to ridges."""
        return np.add.reduceat(values, self.starts)

    def each(self, values: Floats) -> Floats:
        """From ridges to their looks."""
        return np.repeat(values, self.counts)


def _looks(edges: NDArray[np.float32]) -> _Looks:
    """The chains of local maxima along each line, on strips that are smeared along it."""
    both, strips, rows = edges.shape
    flat = edges.reshape(both * strips, rows)
    smooth = cv2.blur(cv2.GaussianBlur(flat, (5, 1), 1.0), (1, _SMEAR_STRIPS))
    mean, deviation = cv2.meanStdDev(smooth[::_FEW_STRIPS])
    peaks = (smooth >= cv2.dilate(smooth, np.ones((1, 7), np.uint8))) & (smooth > float(mean[0, 0] + deviation[0, 0]))
    peaks[:, :_REACH_ROWS] = peaks[:, -_REACH_ROWS:] = False
    at = np.flatnonzero(peaks)
    first = _first_of_chain(at, rows)
    # most chains are short, and short ones cost as much as lines; the few long ones are sorted fastest as 16 bits
    lengths = np.bincount(first, minlength=len(at))
    long = np.flatnonzero(lengths >= _FEWEST * strips)
    number = np.full(len(at), len(long), dtype=np.uint16)
    number[long] = np.arange(len(long))
    counts = lengths[long]
    at = at[np.argsort(number[first], kind="stable")[: counts.sum()]]
    values, mass, moment = flat.ravel(), np.zeros(len(at)), np.zeros(len(at))
    for k in range(-_REACH_ROWS, _REACH_ROWS + 1):
        looked = values[at + k]
        mass += looked
        moment += k * looked
    return _Looks(at // rows % strips, at % rows + moment / (mass + 1e-9), mass, np.cumsum(counts) - counts, counts)


def _first_of_chain(at: NDArray[np.intp], rows: int) -> NDArray[np.intp]:
    """For each peak the first one of its chain, in which one follows the other from strip to strip."""
    here = np.arange(len(at))
    after = np.minimum(np.searchsorted(at, at + (rows - _REACH_ROWS)), len(at) - 1)
    linked = np.abs(at[after] - rows - at) <= _REACH_ROWS
    first = here.copy()
    first[after[linked]] = here[linked]
    while True:
        earlier = first[first]
        if np.array_equal(earlier, first):
            return first
        first = earlier


def _slopes(strips: Strips) -> tuple[Slopes, Slopes]:
    """A least-squares line through each ridge that is long enough, trimmed twice; faint ridges are left out.

    Returns
    -------
    (Slopes, Slopes)
        Those that are not faint for where they are, and those of most ink on the whole page.
    """
    looks = _looks(strips.edges)
    if len(looks.counts) == 0:
        return Slopes(np.zeros(0), np.zeros(0)), Slopes(np.zeros(0), np.zeros(0))
    ink = looks.mass * strips.usual[looks.strip, np.rint(looks.row).astype(np.intp)]
    x, y, mass = looks.strip * float(STRIP_PX), looks.row + strips.shifts[looks.strip], looks.mass
    # where a faint line meets or crosses a strong one, the strong one counts
    strong = looks.summed(mass * mass) / (looks.summed(mass) + 1e-9)
    mass = np.where(mass > looks.each(_FAINT_LOOK * strong), mass, 0.0)
    weight = mass
    for _ in range(_FITS):
        total = looks.summed(weight) + 1e-9
        dx = x - looks.each(looks.summed(weight * x) / total)
        dy = y - looks.each(looks.summed(weight * y) / total)
        pull = weight * dx
        reach = looks.summed(pull * dx) + 1e-9
        slope = looks.summed(pull * dy) / reach
        off = dy - looks.each(slope) * dx
        noise = looks.summed(weight * off * off) / total
        squares = looks.summed(weight * weight) + 1e-9
        weight = mass * (np.abs(off) < looks.each(np.clip(_TRIM * np.sqrt(noise), *_TRIM_PX)))
    # a strip's edge is one look: the mass only says how much each look counts
    count = total**2 / squares
    spread = np.sqrt((noise + 0.02) / (reach / total) / np.maximum(count, 1.0)) / (1 + slope * slope)
    looked = looks.summed((mass > 0).astype(np.float64)) + 1e-9
    strength, ink = looks.summed(mass) / looked, looks.summed(np.where(mass > 0, ink, 0.0)) / looked
    long = np.sqrt(12 * reach / total) > _SHORTEST * strips.edges.shape[1] * STRIP_PX
    usual = (count * strength * strength)[long].sum() / ((count * strength)[long].sum() + 1e-9)
    every = Slopes(np.rad2deg(np.arctan(slope)), np.rad2deg(spread))
    strong = long & (ink > _STRONG_LINE * _weighted_quantile(ink, np.where(long, count, 0.0), _TOP_TENTH))
    return every.where(long & (strength > _FAINT_LINE * usual)), every.where(strong)


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
    # the precise ones say how far lines differ: short ridges in noise lie at any angle, and are many
    weight = 1 / (spread**2 + _PRECISE_DEG**2)
    centre = _weighted_quantile(angle, weight)
    excess = (1.4826 * _weighted_quantile(np.abs(angle - centre), weight)) ** 2 - _weighted_quantile(spread**2, weight)
    between = float(np.sqrt(max(excess, 0.0)))
    scale = np.sqrt(spread**2 + between**2)
    for _ in range(3):
        weight = np.where(np.abs(angle - centre) < 2.5 * scale, 1 / scale**2, 0.0)
        centre = float((weight * angle).sum() / (weight.sum() + 1e-12))
    return Agreement(centre, float(1 / np.sqrt(weight.sum() + 1e-12)), len(angle), between)


def _weighted_quantile(values: Floats, weights: Floats, share: float = 0.5) -> float:
    order = np.argsort(values)
    heap = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(heap, share * heap[-1])])
