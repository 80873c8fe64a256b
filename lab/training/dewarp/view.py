"""A bent sheet before a camera, and the exact map from the picture back to the sheet."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.training.dewarp.paper import MARGIN, MESH, Floats, flat_mesh

Map = NDArray[np.float32]

STEP_PX = 2
"""The map is kept for every second pixel of the picture; between these it is linear, for the picture, too."""


@dataclass(frozen=True)
class View:
    """A sheet as a camera sees it.

    Attributes
    ----------
    vertices : float64 ndarray, shape (R, C, 2), x first
        The mesh of the sheet in pixels of the picture.
    shape : tuple of int
        ``(H, W)`` of the picture.
    """

    vertices: Floats
    shape: tuple[int, int]

    def corners(self) -> Floats:
        """The corners of the paper, clockwise from the top left: float64 ndarray, shape (4, 2)."""
        return self.seen(np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]))

    def seen(self, page: Floats) -> Floats:
        """Points of the page, both coordinates 0 to 1, as points of the picture."""
        at = (page + MARGIN) / (1 + 2 * MARGIN) * (MESH[1] - 1, MESH[0] - 1)
        return _bilinear(self.vertices, at)

    def through(self, matrix: Floats, shape: tuple[int, int]) -> View:
        """The view as a projective map of the picture shows it."""
        lifted = self.vertices @ matrix[:, :2].T + matrix[:, 2]
        return View(lifted[..., :2] / lifted[..., 2:], shape)

    def folds_over(self) -> bool:
        """True when the sheet hides a part of itself, or turns its back."""
        across, down = np.diff(self.vertices[:-1], axis=1), np.diff(self.vertices[:, :-1], axis=0)
        area = across[..., 0] * down[..., 1] - across[..., 1] * down[..., 0]
        return bool((area <= 0.04 * np.median(area)).mean() > 0.001)

    def read(self) -> tuple[Map, NDArray[np.bool_]]:
        """Where on the page each point of the picture lies.

        Vertices, made denser, are thrown into the cells of the picture; two rounds of Newton's method on the
        mesh make the mean of each cell exact.

        Returns
        -------
        page : float32 ndarray, shape (H / 2, W / 2, 2)
            Coordinates on the page, 0 to 1 inside, at the middles of two by two pixels; -1 where unknown.
        known : bool ndarray, shape (H / 2, W / 2)
            True on the mesh, which reaches a little beyond the page.
        """
        height, width = self.shape[0] // STEP_PX, self.shape[1] // STEP_PX
        mesh = ((self.vertices - 0.5) / STEP_PX).astype(np.float32)
        rows, columns = MESH
        widest = max(float(np.abs(np.diff(mesh, axis=axis)).max()) for axis in (0, 1))
        times = int(np.clip(np.ceil(1.3 * widest), 3, 40))
        at_x, at_y = _finer(times)
        dense = _refined(_refined(mesh, times).swapaxes(0, 1), times).swapaxes(0, 1)
        cell_x, cell_y = np.rint(dense[..., 0]), np.rint(dense[..., 1])
        inside = (cell_x >= 0) & (cell_y >= 0) & (cell_x < width) & (cell_y < height)
        cell = (cell_y[inside] * width + cell_x[inside]).astype(np.int32)
        count = np.bincount(cell, minlength=height * width)
        known = count > 0
        x = np.bincount(cell, at_x[inside], height * width)[known] / count[known]
        y = np.bincount(cell, at_y[inside], height * width)[known] / count[known]
        place = np.flatnonzero(known)
        wanted = np.stack((place % width, place // width), axis=1).astype(np.float32)
        found, off = _newton(mesh, np.stack((x, y), axis=1).astype(np.float32), wanted)
        page = np.full((height * width, 2), -1.0, dtype=np.float32)
        page[place] = found / np.array((columns - 1, rows - 1), np.float32) * (1 + 2 * MARGIN) - MARGIN
        known[place[off > 0.2]] = False
        page[~known] = -1.0
        return page.reshape(height, width, 2), known.reshape(height, width)


@cache
def _finer(times: int) -> tuple[Map, Map]:
    """Places on a mesh made denser."""
    rows, columns = MESH
    fine_y = np.linspace(0, rows - 1, times * (rows - 1) + 1, dtype=np.float32)
    fine_x = np.linspace(0, columns - 1, times * (columns - 1) + 1, dtype=np.float32)
    at_x, at_y = np.meshgrid(fine_x, fine_y)
    return at_x, at_y


def _refined(mesh: Map, times: int) -> Map:
    """The mesh with ``times`` steps for one along axis 0, linear between (OpenCV's maps go by 32nds of a cell)."""
    share = (np.arange(times, dtype=np.float32) / times)[None, :, None, None]
    between = mesh[:-1, None] * (1 - share) + mesh[1:, None] * share
    return np.concatenate((between.reshape(-1, *mesh.shape[1:]), mesh[-1:]))


def _bilinear(grid: NDArray[Any], at: NDArray[Any]) -> NDArray[Any]:
    """Values of a grid at points: shape (N, channels)."""
    i = np.clip(at[:, 1].astype(np.intp), 0, grid.shape[0] - 2)
    j = np.clip(at[:, 0].astype(np.intp), 0, grid.shape[1] - 2)
    v, u = (at[:, 1] - i)[:, None], (at[:, 0] - j)[:, None]
    top = grid[i, j] * (1 - u) + grid[i, j + 1] * u
    bottom = grid[i + 1, j] * (1 - u) + grid[i + 1, j + 1] * u
    out: NDArray[Any] = top * (1 - v) + bottom * v
    return out


def _newton(mesh: Map, at: Map, wanted: Map) -> tuple[Map, Map]:
    """Places on the mesh whose points are ``wanted``, from a near start, and how far off they are left."""
    slopes = np.concatenate((np.gradient(mesh, axis=1), np.gradient(mesh, axis=0)), axis=2).astype(np.float32)
    limit = np.array((MESH[1] - 1, MESH[0] - 1), np.float32)
    for _ in range(2):
        slope = _bilinear(slopes, at)
        off = wanted - _bilinear(mesh, at)
        size = slope[:, 0] * slope[:, 3] - slope[:, 1] * slope[:, 2]
        size = np.where(np.abs(size) < 1e-4, 1e-4, size)
        du = (off[:, 0] * slope[:, 3] - off[:, 1] * slope[:, 2]) / size
        dv = (off[:, 1] * slope[:, 0] - off[:, 0] * slope[:, 1]) / size
        at = np.clip(at + np.clip(np.stack((du, dv), axis=1), -1.5, 1.5), 0, limit)
    return at, np.abs(wanted - _bilinear(mesh, at)).max(axis=1)


def photographed(points: Floats, rng: np.random.Generator, shape: tuple[int, int]) -> View:
    """The sheet lying at random before a camera: turned by up to 45 degrees, leaning, near or far, whole or cut."""
    turn = np.deg2rad(rng.normal(0, 7) if rng.random() < 0.5 else rng.uniform(-45, 45))
    lean = np.deg2rad(min(abs(rng.normal(0, 18)), 52))
    towards = float(rng.uniform(0, 2 * np.pi))
    moved = points @ _about_z(turn).T
    moved = moved @ (_about_z(towards) @ _about_x(lean) @ _about_z(-towards)).T
    size = float(np.hypot(1.0, points[-1, 0, 1] - points[0, 0, 1]))
    distance = size * float(np.exp(rng.uniform(np.log(1.0), np.log(2.6))))
    depth = distance - moved[..., 2]
    plane = moved[..., :2] / np.maximum(depth, 0.2 * distance)[..., None]
    return View(_framed(plane, rng, shape), shape)


def _framed(plane: Floats, rng: np.random.Generator, shape: tuple[int, int]) -> Floats:
    """The sheet brought to a size and a place in the frame."""
    sheet = View(plane, shape).seen(
        np.stack(np.meshgrid(np.linspace(0, 1, 12), np.linspace(0, 1, 12)), 2).reshape(-1, 2)
    )
    low, high = sheet.min(axis=0), sheet.max(axis=0)
    frame = np.array((shape[1], shape[0]), dtype=np.float64)
    fit = float((frame / (high - low)).min())
    draw = rng.random()
    filled = (
        rng.uniform(0.55, 0.8) if draw < 0.2 else rng.uniform(0.8, 0.99) if draw < 0.82 else rng.uniform(0.99, 1.25)
    )
    squeezed = np.exp(rng.normal(0, 0.05)) ** np.array((1.0, -1.0))
    scale = fit * filled * squeezed
    spare = frame - (high - low) * scale
    place = rng.uniform(0.0, 1.0, 2) * spare
    return (plane - low) * scale + place - 0.5


def _about_z(angle: float) -> Floats:
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1.0]])


def _about_x(angle: float) -> Floats:
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[1.0, 0, 0], [0, c, -s], [0, s, c]])


def scaled_bend(points: Floats, aspect: float, share: float) -> Floats:
    """The sheet with its bend made smaller: heights by ``share``, what they draw in by its square."""
    flat = flat_mesh(aspect)
    moved = points - flat
    return flat + moved * np.array((share * share, share * share, share))
