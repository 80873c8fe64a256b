"""Where each point of a flat page lies in a photo of it, found by matching the two: truth to measure geometry with.

Tesseract takes seconds a page and answers for light, focus and print as well as for geometry. A map from the flat page
to its photo, found once and kept, judges the geometry alone, in milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from recto.filters.dewarp.spline import bending, spline_basis
from recto.raster import BackwardMap

Floats = NDArray[np.float64]
Plane = NDArray[np.float32]
Grey = NDArray[np.uint8]
Patch = tuple[int, int, int, int]

EVERY_PX = 10
_ROUNDS = ((170, 3e3), (60, 30.0), (18, 2.0), (7, 0.25))
_FLOW_SIGMAS_PX = (16.0, 11.0, 8.0)
_KNOTS = (36, 29)
_LEAST_PATCHES = 12
_ALIKE = 0.6


@dataclass(frozen=True)
class Registered:
    """A flat page found in its photo.

    Attributes
    ----------
    places : float32 ndarray, shape (h, w, 2), x first
        Points of the photo for every tenth pixel of the flat page.
    marks : float64 ndarray, shape (N, 2), x first
        Points of the flat page, on text, where page and photo agree.
    share : float
        Share of the text's patches that agree.
    """

    places: Plane
    marks: Floats
    share: float

    def photo_points(self, points: Floats) -> Floats:
        """Points of the flat page as points of the photo."""
        x, y = np.ascontiguousarray((points / EVERY_PX).T.astype(np.float32))
        read = cv2.remap(self.places, x[None], y[None], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(read[0], dtype=np.float64)


def registered(photo: Grey, flat: Grey, start: BackwardMap, kept: Path) -> Registered | None:
    """The flat page found in the photo, from a start that is nearly right; None when they do not fit.

    Parameters
    ----------
    photo, flat : uint8 ndarray
        Both grey.
    start : BackwardMap
        Any dewarping of the photo, its shape that of ``flat``.
    kept : Path
        An ``.npz`` file: read when it is there, else written.
    """
    if kept.is_file():
        saved = np.load(kept)
        return Registered(saved["places"], saved["marks"], float(saved["share"]))
    patches = _patches(flat)
    texture = _texture(flat)
    dense = _by_patches(photo, texture, patches, start.dense())
    if dense is None:
        return None
    dense, alike = _by_flow(photo, texture, flat, patches, dense)
    upright = _upright(flat, patches)
    centres = np.array([((x0 + x1) / 2, (y0 + y1) / 2) for x0, y0, x1, y1 in patches])
    good = alike > _ALIKE
    found = Registered(dense[::EVERY_PX, ::EVERY_PX], centres[good & upright], float(good.mean()))
    kept.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(kept, places=found.places, marks=found.marks, share=found.share)
    return found


def _texture(grey: Grey) -> Plane:
    """The page without its light: differences from the local mean in units of the local spread."""
    values = grey.astype(np.float32)
    off = values - cv2.blur(values, (61, 61))
    spread = np.sqrt(np.maximum(cv2.blur(off * off, (61, 61)), 0)) + 6
    return np.asarray(off / spread, dtype=np.float32)


def _patches(flat: Grey) -> list[Patch]:
    """Windows with some ink: left, top, right, bottom."""
    height, width = flat.shape
    found = []
    for y in range(0, height - 40, 36):
        for x in range(0, width - 60, 50):
            patch = (max(0, x - 20), max(0, y - 16), min(width, x + 70), min(height, y + 52))
            dark = float((flat[patch[1] : patch[3], patch[0] : patch[2]] < 150).mean())
            if 0.02 < dark < 0.6:
                found.append(patch)
    return found


def _upright(flat: Grey, patches: list[Patch]) -> NDArray[np.bool_]:
    """Patches with enough upright strokes to tell their place along a line: rulings alone do not."""
    values = flat.astype(np.float32)
    across, down = np.abs(cv2.Sobel(values, -1, 1, 0)), np.abs(cv2.Sobel(values, -1, 0, 1))
    out = []
    for x0, y0, x1, y1 in patches:
        a, d = across[y0:y1, x0:x1], down[y0:y1, x0:x1]
        out.append(bool(a.sum() > 0.4 * (a.sum() + d.sum() + 1) and (a.max(axis=0) > 200).mean() > 0.25))
    return np.array(out, dtype=np.bool_)


def _drawn(photo: Grey, dense: Plane) -> Grey:
    x, y = np.ascontiguousarray(dense[..., 0]), np.ascontiguousarray(dense[..., 1])
    return np.asarray(cv2.remap(photo, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), dtype=np.uint8)


def _by_patches(photo: Grey, texture: Plane, patches: list[Patch], dense: Plane) -> Plane | None:
    """Windows of the flat page sought in the picture, ever nearer, and a smooth spline through what is found."""
    height, width = texture.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    for reach, stiffness in _ROUNDS:
        here = _texture(_drawn(photo, dense))
        at, moved = [], []
        for patch in patches:
            shift = _sought(here, texture, patch, reach)
            if shift is not None:
                at.append(((patch[0] + patch[2]) / 2, (patch[1] + patch[3]) / 2))
                moved.append(shift)
        if len(at) < _LEAST_PATCHES:
            return None
        shift_x, shift_y = _smooth(np.array(at), np.array(moved), stiffness, (height, width))
        dense = np.asarray(
            cv2.remap(dense, x + shift_x, y + shift_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE),
            dtype=np.float32,
        )
    return dense


def _sought(here: Plane, texture: Plane, patch: Patch, reach: int) -> tuple[float, float] | None:
    """How far a window of the flat page has moved in the picture; None when it is not found, or twice."""
    height, width = texture.shape
    x0, y0, x1, y1 = patch
    left, top, right, bottom = (
        max(0, x0 - reach), max(0, y0 - reach), min(width, x1 + reach), min(height, y1 + reach),
    )  # fmt: skip
    alike = cv2.matchTemplate(here[top:bottom, left:right], texture[y0:y1, x0:x1], cv2.TM_CCOEFF_NORMED)
    _, best, _, (x, y) = cv2.minMaxLoc(alike)
    if not best > 0.5:
        return None
    others = alike.copy()
    others[max(0, y - 8) : y + 9, max(0, x - 8) : x + 9] = -1
    if reach > 20 and float(others.max()) > best - 0.06:
        return None
    return float(left + x - x0), float(top + y - y0)


def _smooth(at: Floats, moved: Floats, stiffness: float, shape: tuple[int, int]) -> tuple[Plane, Plane]:
    """A bending spline through the moves, those that do not fit in weighted down: two planes of ``shape``."""
    height, width = shape
    basis = spline_basis(at / (width - 1, height - 1), _KNOTS)
    bend = stiffness * bending(_KNOTS) + 1e-9 * np.eye(basis.shape[1])
    weight = np.ones(len(at))
    solved = np.zeros((basis.shape[1], 2))
    for _ in range(5):
        solved = np.linalg.solve(basis.T @ (weight[:, None] * basis) + bend, basis.T @ (weight[:, None] * moved))
        off = np.hypot(*(basis @ solved - moved).T)
        weight = 1 / (1 + (off / max(1.5, 1.5 * float(np.median(off)))) ** 2) ** 2
    y, x = np.meshgrid(np.linspace(0, 1, 12 * _KNOTS[0]), np.linspace(0, 1, 12 * _KNOTS[1]), indexing="ij")
    coarse = (spline_basis(np.stack((x.ravel(), y.ravel()), axis=1), _KNOTS) @ solved).reshape(*x.shape, 2)
    at_x = np.linspace(0, x.shape[1] - 1, width, dtype=np.float32)[None].repeat(height, axis=0)
    at_y = np.linspace(0, x.shape[0] - 1, height, dtype=np.float32)[:, None].repeat(width, axis=1)
    fine = cv2.remap(coarse.astype(np.float32), at_x, at_y, cv2.INTER_LINEAR)
    return np.ascontiguousarray(fine[..., 0]), np.ascontiguousarray(fine[..., 1])


def _by_flow(
    photo: Grey, texture: Plane, flat: Grey, patches: list[Patch], dense: Plane
) -> tuple[Plane, NDArray[np.float64]]:
    """Dense optical flow on the rest, trusted on ink where it makes page and photo alike; rounds while that helps."""
    height, width = texture.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    ink = cv2.blur((flat < 160).astype(np.float32), (9, 9))
    flow_of = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    here = _texture(_drawn(photo, dense))
    alike = _likeness(here, texture, patches)
    for sigma in _FLOW_SIGMAS_PX:
        flow = flow_of.calc(_as_grey(texture), _as_grey(here), None)
        warped = cv2.remap(here, x + flow[..., 0], y + flow[..., 1], cv2.INTER_LINEAR)
        trust = ink * np.clip(_local_likeness(warped, texture) - 0.2, 0, 1) ** 2 + 1e-6
        total = cv2.GaussianBlur(trust, (0, 0), sigma) + 2e-4
        shift = [cv2.GaussianBlur(trust * flow[..., k], (0, 0), sigma) / total for k in range(2)]
        moved = cv2.remap(dense, x + shift[0], y + shift[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        here = _texture(_drawn(photo, np.asarray(moved, dtype=np.float32)))
        now = _likeness(here, texture, patches)
        if now.mean() < alike.mean() + 0.004:
            break
        dense, alike = np.asarray(moved, dtype=np.float32), now
    return dense, alike


def _as_grey(texture: Plane) -> Grey:
    return np.clip(128 + 40 * texture, 0, 255).astype(np.uint8)


def _local_likeness(a: Plane, b: Plane) -> Plane:
    """Correlation in windows of 31 pixels."""

    def mean(values: Plane) -> Plane:
        return np.asarray(cv2.blur(values, (31, 31)), dtype=np.float32)

    ma, mb = mean(a), mean(b)
    spread = np.maximum(mean(a * a) - ma * ma, 1e-4) * np.maximum(mean(b * b) - mb * mb, 1e-4)
    return np.asarray((mean(a * b) - ma * mb) / np.sqrt(spread), dtype=np.float32)


def _likeness(here: Plane, texture: Plane, patches: list[Patch]) -> NDArray[np.float64]:
    """Correlation of each window with what the picture shows there."""
    out = []
    for x0, y0, x1, y1 in patches:
        a, b = np.ascontiguousarray(here[y0:y1, x0:x1]), np.ascontiguousarray(texture[y0:y1, x0:x1])
        out.append(float(cv2.matchTemplate(a, b, cv2.TM_CCOEFF_NORMED)[0, 0]))
    return np.array(out)
