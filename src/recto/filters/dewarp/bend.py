"""The bend of a sheet, read off its sides: heights above the plane of the corners, and lengths along the paper."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recto.filters.dewarp.camera import Floats, Pose, project

_STEADY = 0.15
_HIGHEST = 0.4


@dataclass(frozen=True)
class Side:
    """One side of the sheet in the plane of the corners.

    Attributes
    ----------
    points : float64 ndarray, shape (N, 2)
        In the plane of the corners, in widths of the page.
    place, off : float64 ndarray, shape (N,)
        Along the line between the corners, and away from it.
    rise : float64 ndarray, shape (N, 2)
        How far one unit of height above the plane moves a point along that line and away from it, as it is seen.
    """

    points: Floats
    place: Floats
    off: Floats
    rise: Floats

    def heights(self) -> Floats:
        """Height above the plane when all that is away from the line is height; damped where it is hardly seen."""
        sight = self.rise[:, 1]
        return np.clip(self.off * sight / (sight**2 + _STEADY), -_HIGHEST, _HIGHEST)

    def even(self, height: Floats, count: int) -> tuple[Floats, float]:
        """Points at ``count`` even steps along the paper whose heights are known, and the paper's length."""
        place = self.place - height * self.rise[:, 0]
        paper = np.concatenate(([0.0], np.cumsum(np.hypot(np.diff(place), np.diff(height)))))
        at = np.linspace(0, paper[-1], count)
        return np.stack([np.interp(at, paper, self.points[:, k]) for k in range(2)], axis=1), float(paper[-1])


def side_of(pose: Pose, points: Floats, *, along: int) -> Side:
    """A side, given in the plane of the corners, that runs along axis 0 (x) or 1 (y)."""
    step = 0.02
    lifted = pose.seen(points[:, 0], points[:, 1], np.full(len(points), step))
    rise = (project(np.asarray(np.linalg.inv(pose.plane), dtype=np.float64), lifted) - points) / step
    across = 1 - along
    return Side(
        points,
        points[:, along],
        points[:, across] - points[0, across],
        np.stack((rise[:, along], rise[:, across]), axis=1),
    )


def even_sides(one: Side, other: Side, count: int) -> tuple[Floats, Floats, float]:
    """Two opposite sides at even steps along the paper, and the mean length of the paper along them.

    A sheet bends about one axis at a time, so opposite sides mostly share their heights: these come from both, each
    trusted by how well the camera sees height there. What they do not share is each side's own.
    """
    at = np.linspace(0, float(max(one.place[-1], other.place[-1])), len(one.place))
    offs, sights = [], []
    for side in (one, other):
        place = np.maximum.accumulate(side.place - side.heights() * side.rise[:, 0])
        offs.append(np.interp(at, place, side.off))
        sights.append(np.interp(at, place, side.rise[:, 1]))
    seen = offs[0] * sights[0] + offs[1] * sights[1]
    shared = np.clip(seen / (sights[0] ** 2 + sights[1] ** 2 + _STEADY), -_HIGHEST, _HIGHEST)
    missed = sum(float(((o - shared * s) ** 2).sum()) for o, s in zip(offs, sights, strict=True))
    total = sum(float((o**2).sum()) for o in offs)
    share = float(np.clip(2 * (1 - missed / max(total, 1e-12)) - 1, 0, 1))
    evened, lengths = [], []
    for side in (one, other):
        own = side.heights()
        place = np.maximum.accumulate(side.place - own * side.rise[:, 0])
        height = share * np.interp(place, at, shared) + (1 - share) * own
        points, length = side.even(height, count)
        evened.append(points)
        lengths.append(length)
    return evened[0], evened[1], 0.5 * (lengths[0] + lengths[1])
