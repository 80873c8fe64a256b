"""The refinement: a smooth displacement after which lines are level, by sparse least squares."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from recto.filters.dewarp.lines import Floats, Lines, find_lines, unlevelness
from recto.filters.dewarp.spline import bending, spline_basis, spline_weights, stretching
from recto.raster import GridMap
from recto.raster.page import Samples

_KNOTS = (28, 22)
_ROUNDS = 4
_STIFFNESS = (0.06, 0.024, 0.012, 0.008)
_MEMBRANE = 0.004
_GAPS = (5.0, 8.0, 8.0, 8.0)
_STAY = 0.01
_REST = 0.0005
_ANCHOR = 0.1
_LOOSE = 0.3


@dataclass(frozen=True)
class Refined:
    """What the refinement reached.

    Attributes
    ----------
    grid : float64 ndarray, shape (R, C, 2)
        As the grid that was given, moved.
    before, after : float
        Mean absolute slope of the lines.
    lines : int
        Lines that it stands on.
    rounds : int
        Rounds that were kept.
    """

    grid: Floats
    before: float
    after: float
    lines: int
    rounds: int


def draw(grey: Samples, grid: Floats, shape: tuple[int, int]) -> Samples:
    """A grey picture flattened through ``grid`` at ``shape``."""
    dense = GridMap(grid, shape).dense()
    drawn = cv2.remap(grey, dense, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[call-overload]
    return np.asarray(drawn, dtype=np.uint8)


def refine(
    grey: Samples, grid: Floats, shape: tuple[int, int], *, outlined: bool = True, rounds: int = _ROUNDS
) -> Refined:
    """Level the lines of a coarsely flattened page, in rounds; a round that levels nothing is dropped.

    Parameters
    ----------
    grey : uint8 ndarray, shape (h, w)
        The photo.
    grid : float64 ndarray, shape (R, C, 2)
        The coarse map, in pixels of ``grey``.
    shape : tuple of int
        ``(H, W)`` at which to look: about 150 to 200 dpi of the page.
    outlined : bool
        True when the upper and lower edge of the grid are edges of the sheet and known to be level.
    rounds : int
        At most so many, 0 to 3; with 0 the lines are only looked at.
    """
    lines = find_lines(draw(grey, grid, shape))
    before = now = unlevelness(lines)
    kept = 0
    for turn in range(rounds):
        if lines.count < 3:
            break
        moved = _step(grid, lines, shape, _STIFFNESS[turn], outlined)
        again = find_lines(draw(grey, moved, shape), gap=_GAPS[turn])
        then = unlevelness(again)
        if then >= now or len(again.points) < 0.75 * len(lines.points):
            break
        gain = now - then
        grid, lines, now, kept = moved, again, then, kept + 1
        if gain < 0.03 * before:
            break
    return Refined(grid, before, now, lines.count, kept)


def _step(grid: Floats, lines: Lines, shape: tuple[int, int], stiffness: float, outlined: bool) -> Floats:
    """The grid after one displacement."""
    height, width = shape
    across = np.array([width - 1, height - 1], dtype=np.float64)
    at = lines.points / across
    knots = _levelled(at, lines, stiffness, outlined)
    rows, columns = grid.shape[:2]
    v, u = np.meshgrid(np.linspace(0, 1, rows), np.linspace(0, 1, columns), indexing="ij")
    wanted = np.stack((u.ravel(), v.ravel()), axis=1)
    source = wanted.copy()
    for _ in range(8):
        shift = spline_basis(source, _KNOTS) @ knots / across[1]
        source[:, 1] = wanted[:, 1] - shift
    read = GridMap(grid, (height, width)).read_points(source * across)
    return read.reshape(rows, columns, 2)


def _levelled(at: Floats, lines: Lines, stiffness: float, outlined: bool) -> Floats:
    """Knots of the vertical displacement in pixels: each line level, the surface smooth, nothing moved for nothing."""
    y = lines.points[:, 1]
    unit = max(lines.glyph_px, 6.0)
    number, share_of = spline_weights(at, _KNOTS)
    count = _KNOTS[0] * _KNOTS[1]
    pairs = (number[:, :, None] * count + number[:, None, :]).ravel()
    products = (share_of[:, :, None] * share_of[:, None, :]).reshape(len(y), 256)
    of_line = lines.line[:, None] * count + number
    stiff = stiffness * bending(_KNOTS) + _MEMBRANE * stretching(_KNOTS) + _REST * np.eye(count)
    if outlined:
        edge = spline_basis(_level_edges(), _KNOTS)
        stiff += _ANCHOR * edge.T @ edge
    weight = lines.weight.copy()
    knots: Floats = np.zeros(count)
    for _ in range(4):
        total = np.bincount(lines.line, weight, lines.count)
        share = weight / np.maximum(total[lines.line], 1e-9)
        centre = np.bincount(of_line.ravel(), (share[:, None] * share_of).ravel(), lines.count * count)
        centre = centre.reshape(lines.count, count)
        right = y - np.bincount(lines.line, share * y, lines.count)[lines.line]
        # Each line about its own mean, and its mean about where it is.
        each = np.bincount(pairs, (weight[:, None] * products).ravel(), count * count).reshape(count, count)
        normal = each - (1 - _STAY) * centre.T @ (total[:, None] * centre) + stiff
        pull = np.bincount(number.ravel(), ((weight * right)[:, None] * share_of).ravel(), count)
        knots = np.asarray(np.linalg.solve(normal, -pull))
        off = (share_of * knots[number]).sum(axis=1) - (centre @ knots)[lines.line] + right
        weight = lines.weight / (1 + (off / (_LOOSE * unit)) ** 2)
    return knots


def _level_edges() -> Floats:
    """Points on the upper and lower edge of the unit square, where the outline has already said what is level."""
    x = np.linspace(0, 1, 40)
    return np.concatenate([np.stack((x, np.full_like(x, y)), axis=1) for y in (0.0, 1.0)])
