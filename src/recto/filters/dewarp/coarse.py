"""The coarse map: a page flattened by its outline."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from recto.filters.dewarp.bend import even_sides, side_of
from recto.filters.dewarp.camera import paper_format, pose_of, project
from recto.filters.dewarp.outline import Curve, Outline, along, outline_of
from recto.filters.dewarp.page_mask import page_masks
from recto.raster import GridMap
from recto.raster.page import Samples

WORK_LONG_PX = 1400
_MASK_LONG_PX = 320
GRID = (25, 19)
_WEIGHT_OF_CHANCE = 1.0
_MOST_DOUBT_OF_BENDS = 0.075


@dataclass(frozen=True)
class Sheet:
    """A map of the page's face on a grid, and what is known of the paper.

    Attributes
    ----------
    grid : float64 ndarray, shape (R, C, 2), x first
        Points of the photo at even steps of the page.
    shape : tuple of int
        ``(H, W)`` of the flat page in pixels, at the photo's own density.
    paper : str or None
        Name of the paper format when it is recognised.
    """

    grid: NDArray[np.float64]
    shape: tuple[int, int]
    paper: str | None

    def map(self, shape: tuple[int, int] | None = None) -> GridMap:
        """The backward map, drawn at ``shape`` or at the sheet's own."""
        return GridMap(self.grid, self.shape if shape is None else shape)


def find_outline(picture: Samples, chance: NDArray[np.float32] | None = None) -> Outline | None:
    """The best outline of a page in an R'G'B' picture of about a megapixel; None when there is none.

    Best has a clear edge, straight sides and the larger area: half a page in hard light has a clear edge, too; and it
    goes round what is likely page, when ``chance`` tells that of each part of the picture.
    """
    lab = np.asarray(cv2.cvtColor(cv2.GaussianBlur(picture, (0, 0), 1.0), cv2.COLOR_RGB2LAB), dtype=np.uint8)
    scale = min(1.0, _MASK_LONG_PX / max(picture.shape[:2]))
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    likely = None
    if chance is not None:
        likely = np.asarray(cv2.resize(chance, small.shape[1::-1], interpolation=cv2.INTER_LINEAR), dtype=np.float32)
    found = [outline_of(mask, lab) for mask in page_masks(np.asarray(small, dtype=np.uint8), likely)]
    whole = picture.shape[0] * picture.shape[1]

    def merit(outline: Outline) -> float:
        area = float(cv2.contourArea(outline.polygon.astype(np.float32)))
        agreed = 0.0 if likely is None else _WEIGHT_OF_CHANCE * agreement(outline, likely, scale, scale)
        return float(outline.score - outline.bulge + 0.3 * area / whole + agreed)

    return max((o for o in found if o is not None), key=merit, default=None)


def agreement(outline: Outline, likely: NDArray[np.float32], across: float, down: float) -> float:
    """Intersection over union of the outline's inside and what is likely page, in a picture of another scale."""
    inside = np.zeros(likely.shape, dtype=np.uint8)
    cv2.fillPoly(inside, [np.rint((outline.polygon + 0.5) * (across, down) - 0.5).astype(np.int32)], 1)
    page = likely > 0.5
    return float((page & (inside > 0)).sum() / max((page | (inside > 0)).sum(), 1))


def sheet_of(outline: Outline, photo_shape: tuple[int, int]) -> Sheet:
    """Flatten what an outline holds.

    The four corners give the plane of the sheet before the camera; the bulge of the sides gives their height above
    it, and so even steps along the paper; between the sides the sheet is blended as a Coons patch.

    Parameters
    ----------
    outline : Outline
        In pixels of the photo.
    photo_shape : tuple of int
        ``(H, W)`` of the photo.

    References
    ----------
    Coons, "Surfaces for computer-aided design of space forms", MIT Project MAC TR-41, 1967.
    """
    pose = pose_of(outline.corners, photo_shape)
    to_plane = np.asarray(np.linalg.inv(pose.plane), dtype=np.float64)
    top, right, bottom, left = (_even_side(project(to_plane, side)) for side in outline.sides)
    rows, columns = GRID
    above, below, width = even_sides(side_of(pose, top, along=0), side_of(pose, bottom, along=0), columns)
    west, east, height = even_sides(side_of(pose, left, along=1), side_of(pose, right, along=1), rows)
    grid = project(pose.plane, _coons(above, east, below, west))
    aspect = height / max(width, 1e-9)
    known = paper_format(aspect, doubt=float(np.hypot(min(outline.bulge, _MOST_DOUBT_OF_BENDS), pose.doubt)))
    if known is not None:
        aspect = known[1]
    return Sheet(grid, _shape(outline, aspect), None if known is None else known[0])


def _length(curve: Curve) -> float:
    return float(np.hypot(*np.diff(curve, axis=0).T).sum())


def _even_side(side: Curve) -> Curve:
    """The side smoothed a little between its fixed ends, as 200 even points."""
    even = along(side, 200)
    chord = np.linspace(0, 1, 200)[:, None] * (even[-1] - even[0]) + even[0]
    off = even - chord
    odd = np.vstack((-off[:0:-1], off, -off[-2::-1]))
    kernel = np.exp(-0.5 * (np.arange(-9, 10) / 3.0) ** 2)
    kernel /= kernel.sum()
    smooth = np.stack([np.convolve(odd[:, k], kernel, mode="same") for k in range(2)], axis=1)
    return along(chord + smooth[199:399], 200)


def _coons(top: Curve, right: Curve, bottom: Curve, left: Curve) -> NDArray[np.float64]:
    """The bilinearly blended patch of four sides of C, R, C and R points: float64 ndarray of shape (R, C, 2)."""
    rows, columns = len(left), len(top)
    u = np.linspace(0, 1, columns)[None, :, None]
    v = np.linspace(0, 1, rows)[:, None, None]
    straight = (1 - u) * (1 - v) * top[0] + u * (1 - v) * top[-1] + (1 - u) * v * bottom[0] + u * v * bottom[-1]
    patch: NDArray[np.float64] = (
        (1 - v) * top[None] + v * bottom[None] + (1 - u) * left[:, None] + u * right[:, None] - straight
    )
    return patch


def _shape(outline: Outline, aspect: float) -> tuple[int, int]:
    """``(H, W)`` that keeps the photo's detail where the page is nearest to the camera."""
    top, right, bottom, left = (_length(side) for side in outline.sides)
    width = max(max(top, bottom), max(left, right) / aspect)
    seen = 0.5 * (top + bottom) * 0.5 * (left + right)
    width = min(width, (1.6 * seen / aspect) ** 0.5)
    return max(16, round(width * aspect)), max(16, round(width))
