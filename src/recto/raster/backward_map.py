"""Backward maps: for each point of the output, the point of the input to read.

A map is a function on points with an output shape, so a dense array of a large page is never needed at once:
``resample`` asks for a few rows at a time. The same function carries boxes found on the output back to the
page that was sent.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]


class BackwardMap(ABC):
    """Where each point of an output of ``shape`` reads the input.

    Attributes
    ----------
    shape : tuple of int
        ``(H, W)`` of the output in pixels.
    """

    shape: tuple[int, int]

    @abstractmethod
    def read_points(self, points: Points) -> Points:
        """Output points to input points.

        Parameters
        ----------
        points : float ndarray, shape (N, 2)
            ``(x, y)`` in output pixels; the centre of the top left pixel is (0, 0).

        Returns
        -------
        float64 ndarray, shape (N, 2)
            ``(x, y)`` in input pixels; may lie outside the input.
        """

    def rows(self, start: int, stop: int) -> NDArray[np.float32]:
        """The rows ``start`` to ``stop`` of the dense map.

        Returns
        -------
        float32 ndarray, shape (stop - start, W, 2), x first
        """
        width = self.shape[1]
        y, x = np.mgrid[start:stop, 0:width]
        points = np.stack((x.ravel(), y.ravel()), axis=1).astype(np.float64)
        return self.read_points(points).reshape(stop - start, width, 2).astype(np.float32)

    def dense(self) -> NDArray[np.float32]:
        """The whole map: float32 ndarray of shape (H, W, 2), x first. Eight bytes per output pixel."""
        return self.rows(0, self.shape[0])


@dataclass(frozen=True, eq=False)
class AffineMap(BackwardMap):
    """``input = matrix @ (x, y, 1)``.

    Attributes
    ----------
    matrix : float64 ndarray, shape (2, 3)
    shape : tuple of int
    """

    matrix: NDArray[np.float64]
    shape: tuple[int, int]

    def read_points(self, points: Points) -> Points:
        read: Points = points @ self.matrix[:, :2].T + self.matrix[:, 2]
        return read

    def rows(self, start: int, stop: int) -> NDArray[np.float32]:
        """As in ``BackwardMap``: one outer sum for each coordinate."""
        m = self.matrix
        x, y = np.arange(self.shape[1]), np.arange(start, stop)
        dense = np.empty((stop - start, self.shape[1], 2), dtype=np.float32)
        for axis in (0, 1):
            np.add((m[axis, 1] * y + m[axis, 2])[:, None], m[axis, 0] * x, out=dense[..., axis], casting="same_kind")
        return dense

    @property
    def is_lattice(self) -> bool:
        """True when every output pixel reads exactly one input pixel (quarter turns, mirrors, shifts)."""
        linear = self.matrix[:, :2]
        return bool(
            np.isin(linear, (-1.0, 0.0, 1.0)).all()
            and (np.abs(linear).sum(axis=0) == 1).all()
            and (np.abs(linear).sum(axis=1) == 1).all()
            and np.array_equal(self.matrix, np.rint(self.matrix))
        )

    @classmethod
    def quarter_turns(cls, shape: tuple[int, int], angle_deg: int) -> AffineMap:
        """Turn a page of ``shape`` clockwise by 0, 90, 180 or 270 degrees, exactly."""
        height, width = shape
        matrices = {
            0: ([[1, 0, 0], [0, 1, 0]], (height, width)),
            90: ([[0, 1, 0], [-1, 0, height - 1]], (width, height)),
            180: ([[-1, 0, width - 1], [0, -1, height - 1]], (height, width)),
            270: ([[0, -1, width - 1], [1, 0, 0]], (width, height)),
        }
        matrix, turned = matrices[angle_deg % 360]
        return cls(np.array(matrix, dtype=np.float64), turned)

    @classmethod
    def turn(
        cls, shape: tuple[int, int], angle_deg: float, canvas: str = "expand", *, pixel_aspect: float = 1.0
    ) -> AffineMap:
        """Turn a page of ``shape`` clockwise by ``angle_deg`` about its centre.

        Parameters
        ----------
        shape : tuple of int
            ``(H, W)`` of the page in pixels.
        angle_deg : float
            Clockwise, in degrees.
        canvas : {"expand", "keep", "crop"}
            ``expand`` cuts nothing, ``keep`` keeps the shape, ``crop`` is the largest upright rectangle
            that shows nothing beyond the page.
        pixel_aspect : float
            Width over height of a pixel; where it is not 1 the paper is turned, not the lattice of pixels.
        """
        height, width = shape
        radians = np.deg2rad(angle_deg)
        cos, sin = float(np.cos(radians)), float(np.sin(radians))
        sides = _canvas(height, width * pixel_aspect, abs(cos), abs(sin), canvas)
        slack, cut = (-1e-9, np.ceil) if canvas == "expand" else (1e-9, np.floor)
        out_height, out_width = (max(1, int(cut(v + slack))) for v in (sides[0], sides[1] / pixel_aspect))
        linear = np.array([[cos, sin / pixel_aspect], [-sin * pixel_aspect, cos]])
        centre_in = np.array([(width - 1) / 2, (height - 1) / 2])
        centre_out = np.array([(out_width - 1) / 2, (out_height - 1) / 2])
        offset = centre_in - linear @ centre_out
        return cls(np.column_stack((linear, offset)), (out_height, out_width))


def _canvas(height: float, width: float, cos: float, sin: float, canvas: str) -> tuple[float, float]:
    """Height and width of a turned page, before rounding."""
    if canvas == "keep":
        return height, width
    if canvas == "expand":
        return height * cos + width * sin, width * cos + height * sin
    long, short = max(height, width), min(height, width)
    if short <= 2 * sin * cos * long or abs(sin - cos) < 1e-10:
        half = short / 2
        across = (half / max(sin, 1e-12), half / max(cos, 1e-12))
        inner_w, inner_h = across if width >= height else across[::-1]
    else:
        spread = cos * cos - sin * sin
        inner_w, inner_h = (width * cos - height * sin) / spread, (height * cos - width * sin) / spread
    return inner_h, inner_w


@dataclass(frozen=True, eq=False)
class GridMap(BackwardMap):
    """A bicubic B-spline surface through control points spread evenly over the output.

    Attributes
    ----------
    control_points : float64 ndarray, shape (R, C, 2), x first; R and C at least 2
        Input points read at the output points ``(c * (W - 1) / (C - 1), r * (H - 1) / (R - 1))``.
    shape : tuple of int
        ``(H, W)`` of the output in pixels.
    """

    control_points: NDArray[np.float64]
    shape: tuple[int, int]

    def read_points(self, points: Points) -> Points:
        rows, columns = self.control_points.shape[:2]
        height, width = self.shape
        u = points[:, 0] * ((columns - 1) / max(width - 1, 1))
        v = points[:, 1] * ((rows - 1) / max(height - 1, 1))
        knots = self._knots()
        i = np.clip(np.floor(v).astype(np.intp), 0, rows - 2)
        j = np.clip(np.floor(u).astype(np.intp), 0, columns - 2)
        weights_v, weights_u = _cubic(v - i), _cubic(u - j)
        read = np.zeros((len(points), 2))
        for a in range(4):
            for b in range(4):
                read += (weights_v[a] * weights_u[b])[:, None] * knots[i + a, j + b]
        return read

    def rows(self, start: int, stop: int) -> NDArray[np.float32]:
        """As in ``BackwardMap``, by two small matrix products instead of point by point."""
        rows, columns = self.control_points.shape[:2]
        height, width = self.shape
        along_v = _basis(np.arange(start, stop) * ((rows - 1) / max(height - 1, 1)), rows)
        along_u = _basis(np.arange(width) * ((columns - 1) / max(width - 1, 1)), columns).astype(np.float32)
        knots = self._knots()
        dense = np.empty((stop - start, width, 2), dtype=np.float32)
        for axis in range(2):
            # The large product in single precision, right to two thousandths of a pixel at 4,000: a third of the time.
            dense[:, :, axis] = (along_v @ knots[:, :, axis]).astype(np.float32) @ along_u.T
        return dense

    def _knots(self) -> NDArray[np.float64]:
        """Spline coefficients, one more on each side, whose surface passes through the control points."""
        return _through(_through(self.control_points, 0), 1)


def _through(values: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    """Coefficients of the natural cubic B-spline through ``values`` along ``axis``: two more than values."""
    n = values.shape[axis]
    system = np.zeros((n + 2, n + 2))
    for k in range(n):
        system[k + 1, k : k + 3] = (1 / 6, 4 / 6, 1 / 6)
    system[0, :3] = system[-1, -3:] = (1, -2, 1)
    moved = np.moveaxis(values, axis, 0)
    padded = np.zeros((n + 2, *moved.shape[1:]))
    padded[1:-1] = moved
    solved = np.linalg.solve(system, padded.reshape(n + 2, -1)).reshape(padded.shape)
    return np.moveaxis(solved, 0, axis)


def _cubic(t: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """The four weights of the uniform cubic B-spline at fraction ``t`` of a knot interval."""
    return (
        (1 - t) ** 3 / 6,
        (3 * t**3 - 6 * t**2 + 4) / 6,
        (-3 * t**3 + 3 * t**2 + 3 * t + 1) / 6,
        t**3 / 6,
    )


def _basis(positions: NDArray[np.float64], knots: int) -> NDArray[np.float64]:
    """Spline weights of each position as a dense matrix of shape (positions, knots + 2)."""
    whole = np.clip(np.floor(positions).astype(np.intp), 0, knots - 2)
    basis = np.zeros((len(positions), knots + 2))
    index = np.arange(len(positions))
    for a, weight in enumerate(_cubic(positions - whole)):
        basis[index, whole + a] += weight
    return basis


@dataclass(frozen=True, eq=False)
class ComposedMap(BackwardMap):
    """Several maps one after the other: the last one drawn is the first one asked.

    Attributes
    ----------
    maps : tuple of BackwardMap
        In the order in which the page went through them.
    """

    maps: tuple[BackwardMap, ...]

    @property
    def shape(self) -> tuple[int, int]:  # type: ignore[override]
        return self.maps[-1].shape

    def read_points(self, points: Points) -> Points:
        for step in reversed(self.maps):
            points = step.read_points(points)
        return points

    def rows(self, start: int, stop: int) -> NDArray[np.float32]:
        """As in ``BackwardMap``, with the fast rows of the last map."""
        dense = self.maps[-1].rows(start, stop)
        points = dense.reshape(-1, 2).astype(np.float64)
        for step in reversed(self.maps[:-1]):
            points = step.read_points(points)
        return points.reshape(dense.shape).astype(np.float32)


def compose(first: BackwardMap, then: BackwardMap) -> BackwardMap:
    """The map of a page that went through ``first`` and ``then``; affine maps stay affine."""
    if isinstance(first, AffineMap) and isinstance(then, AffineMap):
        square = np.vstack((first.matrix, (0, 0, 1))) @ np.vstack((then.matrix, (0, 0, 1)))
        return AffineMap(square[:2], then.shape)
    parts: list[BackwardMap] = []
    for step in (first, then):
        parts.extend(step.maps if isinstance(step, ComposedMap) else (step,))
    return ComposedMap(tuple(parts))


def local_scale(backward: BackwardMap) -> float:
    """The largest typical number of input pixels per output pixel, from finite differences on a coarse grid."""
    height, width = backward.shape
    y, x = np.meshgrid(np.linspace(0, height - 1, 9), np.linspace(0, width - 1, 9), indexing="ij")
    at = np.stack((x.ravel(), y.ravel()), axis=1)
    here = backward.read_points(at)
    right = backward.read_points(at + (1, 0)) - here
    down = backward.read_points(at + (0, 1)) - here
    lengths = np.hypot(*right.T), np.hypot(*down.T)
    return float(max(np.median(lengths[0]), np.median(lengths[1])))
