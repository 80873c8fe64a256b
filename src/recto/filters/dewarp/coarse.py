"""The coarse map: a page flattened by its outline."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from recto.filters.dewarp.camera import aspect_of, homography, paper_format, project
from recto.filters.dewarp.outline import Curve, Outline, along, outline_of
from recto.filters.dewarp.page_mask import page_masks
from recto.raster import GridMap
from recto.raster.page import Samples

WORK_LONG_PX = 1400
_MASK_LONG_PX = 320
GRID = (25, 19)


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


def find_outline(picture: Samples) -> Outline | None:
    """The best outline of a page in an R'G'B' picture of about a megapixel; None when there is none."""
    lab = np.asarray(cv2.cvtColor(cv2.GaussianBlur(picture, (0, 0), 1.0), cv2.COLOR_RGB2LAB), dtype=np.uint8)
    scale = min(1.0, _MASK_LONG_PX / max(picture.shape[:2]))
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    found = [outline_of(mask, lab) for mask in page_masks(np.asarray(small, dtype=np.uint8))]
    return max((o for o in found if o is not None), key=lambda o: o.score, default=None)


def sheet_of(outline: Outline, photo_shape: tuple[int, int]) -> Sheet:
    """Flatten what an outline holds.

    The four corners give a projective map; in its plane the four curved sides are blended as a Coons patch, so
    that curl and folds that show in the outline are taken out along with the perspective.

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
    corners = outline.corners
    aspect = aspect_of(corners, photo_shape)
    unit = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, aspect], [0.0, aspect]])
    to_plane = homography(corners, unit)
    back = homography(unit, corners)
    sides = [project(to_plane, side) for side in outline.sides]
    top, right, bottom, left = (_even_side(side) for side in sides)
    lengths = [_length(side) for side in (top, right, bottom, left)]
    aspect = (lengths[1] + lengths[3]) / max(lengths[0] + lengths[2], 1e-9)
    known = paper_format(aspect)
    grid = project(back, _coons(top, right, bottom, left))
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
    """The bilinearly blended patch of four sides: float64 ndarray of shape (*GRID, 2)."""
    rows, columns = GRID
    t, b = along(top, columns)[None], along(bottom, columns)[None]
    l, r = along(left, rows)[:, None], along(right, rows)[:, None]  # noqa: E741
    u = np.linspace(0, 1, columns)[None, :, None]
    v = np.linspace(0, 1, rows)[:, None, None]
    straight = (1 - u) * (1 - v) * top[0] + u * (1 - v) * top[-1] + (1 - u) * v * bottom[0] + u * v * bottom[-1]
    patch: NDArray[np.float64] = (1 - v) * t + v * b + (1 - u) * l + u * r - straight
    return patch


def _shape(outline: Outline, aspect: float) -> tuple[int, int]:
    """``(H, W)`` that keeps the photo's detail where the page is nearest to the camera."""
    top, right, bottom, left = (_length(side) for side in outline.sides)
    width = max(max(top, bottom), max(left, right) / aspect)
    seen = 0.5 * (top + bottom) * 0.5 * (left + right)
    width = min(width, (1.6 * seen / aspect) ** 0.5)
    return max(16, round(width * aspect)), max(16, round(width))
