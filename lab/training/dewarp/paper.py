"""Sheets bent in space without stretching: curls, folds, creases, crumples, on a mesh that reaches past the paper."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MESH = (105, 77)
MARGIN = 0.1
"""The mesh reaches this share of the sheet beyond its edges, so that the map is known a little outside, too."""
KINDS = ("flat", "curl", "few folds", "many folds", "easy crumples", "hard crumples")
_KIND_WEIGHTS = (0.12, 0.21, 0.17, 0.19, 0.15, 0.16)


class Sheets(NamedTuple):
    """Bent sheets.

    Attributes
    ----------
    points : float32 ndarray, shape (N, R, C, 3)
        Vertices in widths of the sheet: x to the right, y down, z towards the camera; the sheet's middle is 0.
    aspects : float64 ndarray, shape (N,)
        Height over width.
    kinds : int ndarray, shape (N,)
        Places in ``KINDS``.
    """

    points: NDArray[np.float32]
    aspects: Floats
    kinds: NDArray[np.int64]


def flat_mesh(aspect: float) -> Floats:
    """The mesh of a flat sheet: float64 ndarray, shape (R, C, 3)."""
    u = np.linspace(-MARGIN, 1 + MARGIN, MESH[1]) - 0.5
    v = (np.linspace(-MARGIN, 1 + MARGIN, MESH[0]) - 0.5) * aspect
    y, x = np.meshgrid(v, u, indexing="ij")
    return np.stack((x, y, np.zeros_like(x)), axis=2)


def bent_sheet(rng: np.random.Generator, kind: str, aspect: float) -> Floats:
    """A sheet of that kind: float64 ndarray, shape (R, C, 3)."""
    flat = flat_mesh(aspect)
    moved = np.zeros_like(flat)
    if kind == "curl":
        for _ in range(1 if rng.random() < 0.7 else 2):
            moved += _rolled(flat, *_curl(rng, aspect))
    elif kind == "few folds":
        moved += _rolled(flat, *_parallel_folds(rng, aspect, int(rng.integers(1, 4)), 26.0))
        if rng.random() < 0.4:
            moved += _rolled(flat, *_curl(rng, aspect, 14.0))
    elif kind == "many folds":
        for _ in range(int(rng.integers(2, 4))):
            moved += _rolled(flat, *_parallel_folds(rng, aspect, int(rng.integers(1, 4)), 13.0, slanted=True))
        moved += _rolled(flat, *_curl(rng, aspect, 10.0))
    height = _soft_bend(rng, aspect, 0.04)
    if kind.endswith("crumples"):
        slope = rng.uniform(0.06, 0.16) if kind.startswith("easy") else rng.uniform(0.14, 0.34)
        height += _soft_bend(rng, aspect, 0.08)
        height += _facets(rng, flat, int(rng.integers(14, 60)), 0.75 * slope)
        height += _facets(rng, flat, int(rng.integers(60, 220)), 0.5 * slope)
    moved += _lifted(flat, height)
    return unstretched(flat + moved, flat)


def _rolled(flat: Floats, angle: float, at: Floats, slopes_rad: Floats) -> Floats:
    """How points move when the sheet is bent along one direction; the slope is given at even places along it.

    Parameters
    ----------
    angle : float
        Direction along which the slope changes, in radians from x.
    at, slopes_rad : float64 ndarray, shape (N,)
        Places along it, measured from the middle of the sheet, and the angle of the paper there.
    """
    along = np.array([np.cos(angle), np.sin(angle)])
    place = flat[..., :2] @ along
    on_paper = np.abs(at) <= np.abs(place).max()
    slopes = slopes_rad - slopes_rad[on_paper].mean()
    step = at[1] - at[0]
    drawn_in = np.cumsum(np.cos(slopes) - 1) * step
    height = np.cumsum(np.sin(slopes)) * step
    middle = len(at) // 2
    moved = np.interp(place, at, drawn_in - drawn_in[middle])
    return np.stack((moved * along[0], moved * along[1], np.interp(place, at, height - height[middle])), axis=2)


def _places() -> Floats:
    return np.linspace(-1.8, 1.8, 1441)


def _curl(rng: np.random.Generator, aspect: float, most_deg: float = 40.0) -> tuple[float, Floats, Floats]:
    """A smooth bend: an arc, a wave, or one that dies out away from a binding or a lifted corner."""
    draw = rng.random()
    angle = 0.0 if draw < 0.5 else np.pi / 2 if draw < 0.75 else float(rng.uniform(0, np.pi))
    angle += float(rng.normal(0, 0.08))
    half = 0.5 * (abs(np.cos(angle)) + aspect * abs(np.sin(angle)))
    at = _places()
    t = at / half
    most = np.deg2rad(rng.uniform(0.2, 1.0) * most_deg) * rng.choice((-1, 1))
    shape = rng.random()
    if shape < 0.4:
        slopes = most * np.clip(t, -1.4, 1.4)
    elif shape < 0.7:
        side = rng.choice((-1, 1))
        slopes = most * 1.3 * np.exp(-np.clip(1 + side * t, -0.3, None) / rng.uniform(0.2, 0.8))
    elif shape < 0.85:
        slopes = most * 0.7 * np.sin(np.pi * t * rng.uniform(0.5, 1.6) + rng.uniform(0, 2 * np.pi))
    else:
        start = rng.uniform(0.0, 0.7)
        slopes = most * 1.2 * np.clip(rng.choice((-1, 1)) * t - start, 0, 1.2)
    return angle, at, slopes


def _parallel_folds(
    rng: np.random.Generator, aspect: float, count: int, most_deg: float, *, slanted: bool = False
) -> tuple[float, Floats, Floats]:
    """Folds side by side: the slope steps from panel to panel, sharply or softly; panels bend a little, too."""
    angle = np.pi / 2 if rng.random() < (0.5 if slanted else 0.65) else 0.0
    if slanted and rng.random() < 0.4:
        angle = float(rng.uniform(0, np.pi))
    angle += float(rng.normal(0, 0.03))
    half = 0.5 * (abs(np.cos(angle)) + aspect * abs(np.sin(angle)))
    if rng.random() < 0.6:
        places = np.linspace(-half, half, count + 2)[1:-1] + rng.normal(0, 0.015, count)
    else:
        places = rng.uniform(-0.85, 0.85, count) * half
    at = _places()
    slopes = np.zeros_like(at)
    sign = rng.choice((-1, 1))
    for place in places:
        jump = np.deg2rad(most_deg) * rng.uniform(0.25, 1.7) * sign
        sign = -sign if rng.random() < 0.6 else sign
        softness = float(np.exp(rng.uniform(np.log(0.002), np.log(0.03))))
        slopes += 0.5 * jump * np.tanh((at - place) / softness)
        # Paper that was folded springs back in an arc beside the crease.
        slopes -= 0.25 * jump * rng.random() * np.sign(at - place) * np.exp(-np.abs(at - place) / 0.12)
    return angle, at, np.clip(slopes, -0.9, 0.9)


def _soft_bend(rng: np.random.Generator, aspect: float, slope: float) -> Floats:
    """A smooth random height whose mean slope is about ``slope``: float64 ndarray, shape (R, C)."""
    flat = flat_mesh(aspect)
    height = np.zeros(MESH)
    for _ in range(4):
        wave = rng.normal(0, 3.5, 2)
        height += np.cos(flat[..., 0] * wave[0] + flat[..., 1] * wave[1] + rng.uniform(0, 2 * np.pi))
    return _with_slope(height, aspect, slope * rng.random())


def _facets(rng: np.random.Generator, flat: Floats, count: int, slope: float) -> Floats:
    """Plane facets between random points of random height: float64 ndarray, shape (R, C)."""
    x, y = flat[0, :, 0], flat[:, 0, 1]
    low, high = flat[0, 0, :2] - 0.15, flat[-1, -1, :2] + 0.15
    points = rng.uniform(low, high, (count, 2))
    corners = np.array([low, (high[0], low[1]), high, (low[0], high[1])])
    points = np.vstack((points, corners * 0.999)).astype(np.float32)
    heights = rng.normal(size=len(points)) * np.hypot(*(high - low)) / np.sqrt(count)
    size = high - low + 0.2
    mesher = cv2.Subdiv2D((float(low[0]) - 0.1, float(low[1]) - 0.1, float(size[0]), float(size[1])))
    mesher.insert(points.tolist())
    out = np.zeros(flat.shape[:2])
    for triangle in np.asarray(mesher.getTriangleList(), dtype=np.float64).reshape(-1, 3, 2):
        off = np.abs(points[None] - triangle[:, None]).sum(axis=2)
        edges = np.stack((triangle[1] - triangle[0], triangle[2] - triangle[0]), axis=1)
        if off.min(axis=1).max() > 1e-3 or abs(np.linalg.det(edges)) < 1e-9:
            continue
        (left, top), (right, bottom) = triangle.min(axis=0), triangle.max(axis=0)
        rows = slice(*np.searchsorted(y, (top, bottom + 1e-9)))
        columns = slice(*np.searchsorted(x, (left, right + 1e-9)))
        weight = (flat[rows, columns, :2] - triangle[0]) @ np.linalg.inv(edges).T
        inside = (weight.min(axis=2) >= -1e-9) & (weight.sum(axis=2) <= 1 + 1e-9)
        h = heights[off.argmin(axis=1)]
        out[rows, columns][inside] = h[0] + weight[inside] @ np.array([h[1] - h[0], h[2] - h[0]])
    return _with_slope(out, float(flat[-1, 0, 1] / flat[0, -1, 0]), slope)


def _slopes(height: Floats, aspect: float) -> tuple[Floats, Floats]:
    """Rise over run along y and along x."""
    step = (1 + 2 * MARGIN) / (MESH[1] - 1), (1 + 2 * MARGIN) * aspect / (MESH[0] - 1)
    down, across = np.gradient(height)
    return down / step[1], across / step[0]


def _with_slope(height: Floats, aspect: float, slope: float) -> Floats:
    down, across = _slopes(height, abs(aspect))
    return height * slope / max(float(np.sqrt((down**2 + across**2).mean())), 1e-9)


def _lifted(flat: Floats, height: Floats) -> Floats:
    """How points move when the sheet takes a small height: up, and together along rows and columns."""
    aspect = abs(float(flat[-1, 0, 1] / flat[0, -1, 0]))
    down, across = _slopes(height, aspect)
    steps = (1 + 2 * MARGIN) / (MESH[1] - 1), (1 + 2 * MARGIN) * aspect / (MESH[0] - 1)
    x = np.cumsum(np.sqrt(np.maximum(1 - across**2, 0.2)) - 1, axis=1) * steps[0]
    y = np.cumsum(np.sqrt(np.maximum(1 - down**2, 0.2)) - 1, axis=0) * steps[1]
    return np.stack((x - x.mean(axis=1, keepdims=True), y - y.mean(axis=0, keepdims=True), height), axis=2)


def unstretched(points: Floats, flat: Floats, rounds: int = 40) -> Floats:
    """The mesh with its edges and diagonals brought back to the lengths that paper keeps.

    References
    ----------
    Müller, Heidelberger, Hennix and Ratcliff, "Position based dynamics", J. Vis. Commun. Image Represent. 18 (2007),
    doi:10.1016/j.jvcir.2007.01.005.
    """
    now = points.copy()
    ties = [((0, 1), 1.0), ((1, 0), 1.0), ((1, 1), 0.7), ((1, -1), 0.7)]
    for _ in range(rounds):
        for (down, right), firmness in ties:
            rest = float(np.linalg.norm(flat[1, 1] - flat[1 - down, 1 - right]))
            for odd in (0, 1):
                one, other = _pairs(now, down, right, odd)
                gap = other - one
                length = np.sqrt((gap * gap).sum(axis=2, keepdims=True))
                move = 0.5 * firmness * gap * (1 - rest / np.maximum(length, 1e-9))
                one += move
                other -= move
    return now


def _pairs(mesh: Floats, down: int, right: int, odd: int) -> tuple[Floats, Floats]:
    """Views of vertices and their neighbours in one direction; no vertex is in two pairs."""
    if down == 0:
        one = mesh[:, odd:-1:2]
        return one, mesh[:, odd + 1 :: 2][:, : one.shape[1]]
    upper = mesh[odd:-1:2]
    lower = mesh[odd + 1 :: 2][: len(upper)]
    if right == 0:
        return upper, lower
    return (upper[:, :-1], lower[:, 1:]) if right > 0 else (upper[:, 1:], lower[:, :-1])


def strain(points: Floats, flat: Floats) -> float:
    """Mean relative change of the lengths of edges and diagonals."""
    changes = []
    for down, right in ((0, 1), (1, 0), (1, 1), (1, -1)):
        for odd in (0, 1):
            one, other = _pairs(points, down, right, odd)
            rest = np.linalg.norm(flat[1, 1] - flat[1 - down, 1 - right])
            changes.append(np.abs(np.linalg.norm(other - one, axis=2) / rest - 1).mean())
    return float(np.mean(changes))


def sheets(folder: Path, seed: int, count: int) -> Sheets:
    """The bank of bent sheets of that seed, made when it is not there yet."""
    path = folder / f"sheets-{seed}-{count}.npz"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        made, aspects, kinds = [], [], []
        for number in range(count):
            rng = np.random.default_rng((seed, 11, number))
            kind = int(rng.choice(len(KINDS), p=_KIND_WEIGHTS))
            aspect = float(
                rng.choice((1.4142, 1.294, 0.7071, np.exp(rng.uniform(-0.3, 0.75))), p=(0.5, 0.28, 0.07, 0.15))
            )
            made.append(bent_sheet(rng, KINDS[kind], aspect).astype(np.float32))
            aspects.append(aspect)
            kinds.append(kind)
        np.savez(path, points=np.stack(made), aspects=np.array(aspects), kinds=np.array(kinds))
    stored = np.load(path)
    return Sheets(stored["points"], stored["aspects"], stored["kinds"])
