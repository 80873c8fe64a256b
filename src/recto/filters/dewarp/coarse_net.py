"""The net's coarse map: where on its page each part of a photo lies."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from recto.filters.dewarp.camera import Floats, homography, pose_of, project
from recto.filters.dewarp.spline import bending, spline_basis
from recto.nets import load
from recto.raster.page import Samples

Planes = NDArray[np.float32]

STRIDE = 8
"""Pixels of the net's input per cell of its output."""
RIM = 0.06
"""A near look shows this share of its frame beyond each side of the quadrilateral that it is cut out by."""
CONTROL_POINTS = (25, 19)
_SHAPES = ((256, 192), (224, 224), (192, 256))
_KNOTS = (18, 14)
_BEYOND = 0.02
_STIFFNESS = 0.01
_UNIT = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])


def near_frame(corners: Floats, shape: tuple[int, int]) -> Floats:
    """The projective map from the photo to a near look at the sheet: float64 ndarray, shape (3, 3).

    Parameters
    ----------
    corners : float64 ndarray, shape (4, 2)
        Of the sheet in pixels of the photo, clockwise from the top left.
    shape : tuple of int
        ``(H, W)`` of the near look.
    """
    size = np.array((shape[1], shape[0]), dtype=np.float64)
    return homography(corners, (RIM + _UNIT * (1 - 2 * RIM)) * size - 0.5)


def planes(shape: tuple[int, int], corners: Floats | None, photo_shape: tuple[int, int] | None) -> Planes:
    """What the net is told beside the picture, for each cell of its output.

    Parameters
    ----------
    shape : tuple of int
        ``(H, W)`` of the net's input.
    corners, photo_shape :
        For a near look: those that it is cut out by, and ``(H, W)`` of the photo; None for a first look.

    Returns
    -------
    float32 ndarray, shape (5, H / 8, W / 8)
        Coordinates on the page if it were flat and filled the frame, or the quadrilateral; how far a point one
        width of the page behind the sheet would seem to lie to the right and down, in widths and heights of the
        page (0 at a first look); 1 for a near look.
    """
    rows, columns = shape[0] // STRIDE, shape[1] // STRIDE
    y, x = np.meshgrid((np.arange(rows) + 0.5) / rows, (np.arange(columns) + 0.5) / columns, indexing="ij")
    told = np.zeros((5, rows, columns), dtype=np.float32)
    if corners is None or photo_shape is None:
        told[0], told[1] = x, y
        return told
    x, y = (x - RIM) / (1 - 2 * RIM), (y - RIM) / (1 - 2 * RIM)
    pose = pose_of(corners, photo_shape)
    step = 0.02
    lifted = pose.seen(x, y * pose.aspect, np.full_like(x, step))
    plain = project(np.asarray(np.linalg.inv(pose.plane), dtype=np.float64), lifted)
    told[0], told[1] = x, y
    told[2] = np.clip((plain[..., 0] - x) / step, -3, 3)
    told[3] = np.clip((plain[..., 1] / pose.aspect - y) / step, -3, 3)
    told[4] = 1.0
    return told


@dataclass(frozen=True)
class CoarseMap:
    """What the net sees.

    Attributes
    ----------
    grid : float64 ndarray, shape (25, 19, 2), x first
        Points of the photo, in its pixels, at even steps of the page; the page's edges are the grid's edges.
    inside : float32 ndarray, shape (h, w)
        Chance that a cell of the look, four of its pixels wide, shows the page; of the near look when there was one.
    confidence : float
        0 to 1: how well the mask and the places agree, and how smooth the places are.
    """

    grid: Floats
    inside: NDArray[np.float32]
    confidence: float

    @property
    def corners(self) -> Floats:
        """Corners of the page, clockwise from the top left, in pixels of the photo: float64 ndarray, shape (4, 2)."""
        return self.grid[[0, 0, -1, -1], [0, -1, -1, 0]]


@dataclass(frozen=True)
class FirstLook:
    """What the net says of the whole photo at its first look.

    Attributes
    ----------
    places : float64 ndarray, shape (2, h, w)
        Coordinates on the page.
    chance : float32 ndarray, shape (2h, 2w)
        How likely each part of the photo is page; some 60 cells high.
    shape : tuple of int
        ``(H, W)`` of the look in its own pixels.
    """

    places: Floats
    chance: NDArray[np.float32]
    shape: tuple[int, int]


def first_look(samples: Samples) -> FirstLook:
    """Show the whole photo, uint8 R'G'B' of shape (H, W, 3), to the net."""
    shape = _nearest_shape(samples.shape[0] / samples.shape[1])
    told = planes(shape, None, None)
    return FirstLook(*_answer(samples, _whole_frame(samples.shape[:2], shape), shape, told), shape)


def coarse_map(samples: Samples, corners: Floats | None = None, first: FirstLook | None = None) -> CoarseMap | None:
    """The page as the net sees it, in two looks.

    The first look, at the whole photo, finds the corners; the second, at what they cut out, the bend of the sheet.

    Parameters
    ----------
    samples : uint8 ndarray, shape (H, W, 3)
        The photo, R'G'B'.
    corners : float64 ndarray, shape (4, 2), optional
        Corners that are known already, clockwise from the top left, in pixels of the photo, right to a few per cent;
        then there is no first look.
    first : FirstLook, optional
        At the same photo, when there was one.

    Returns
    -------
    CoarseMap or None
        None when no page is seen.
    """
    whole = None
    if corners is None:
        look = first_look(samples) if first is None else first
        whole = _smooth_map(look.places, look.chance, _whole_frame(samples.shape[:2], look.shape))
        if whole is None or not _is_quadrilateral(whole.corners):
            return None
        corners = whole.corners
    near = _near_look(samples, corners)
    if near is None or whole is None:
        return near
    return CoarseMap(near.grid, near.inside, min(near.confidence, 2 * whole.confidence))


def _is_quadrilateral(corners: Floats) -> bool:
    """True when the corners turn the same way, by no sharp angle."""
    before, after = np.roll(corners, 1, axis=0) - corners, np.roll(corners, -1, axis=0) - corners
    size = np.hypot(*before.T) * np.hypot(*after.T)
    sines = (after[:, 0] * before[:, 1] - after[:, 1] * before[:, 0]) / np.maximum(size, 1e-9)
    return bool(sines.min() > 0.3)


def _nearest_shape(aspect: float) -> tuple[int, int]:
    return min(_SHAPES, key=lambda s: abs(np.log(s[0] / s[1]) - np.log(aspect)))


def _answer(
    samples: Samples, to_look: Floats, shape: tuple[int, int], told: Planes
) -> tuple[Floats, NDArray[np.float32]]:
    """What the net says of a part of the photo: places on the page, (2, h, w), and chance of page, (2h, 2w)."""
    picture = _cut_out(samples, to_look, shape)
    photo = np.ascontiguousarray(picture.transpose(2, 0, 1)[None], dtype=np.float32) / 127.5 - 1
    places, logits = load("dewarp").run(photo=photo, planes=told[None])
    return places[0].astype(np.float64), (1 / (1 + np.exp(-logits[0, 0]))).astype(np.float32)


def _near_look(samples: Samples, corners: Floats) -> CoarseMap | None:
    """The net's map of what the corners cut out."""
    top, right, bottom, left = np.hypot(*(np.roll(corners, -1, axis=0) - corners).T)
    shape = _nearest_shape(float((left + right) / (top + bottom)))
    to_look = near_frame(corners, shape)
    return _smooth_map(*_answer(samples, to_look, shape, planes(shape, corners, samples.shape[:2])), to_look)


def _smooth_map(page: Floats, inside: NDArray[np.float32], to_look: Floats) -> CoarseMap | None:
    """A smooth map through what the net says; None when it sees next to no page."""
    if float((inside > 0.5).mean()) < 0.04:
        return None
    cells = inside.reshape(page.shape[1], 2, page.shape[2], 2).mean(axis=(1, 3))
    grid, roughness = _through_places(page, cells)
    on_page = ((page > 0) & (page < 1)).all(axis=0)
    both, either = float((on_page & (cells > 0.5)).sum()), float((on_page | (cells > 0.5)).sum())
    confidence = float(np.clip(both / max(either, 1.0), 0, 1) * np.clip(1.2 - 40 * roughness, 0, 1))
    in_photo = project(np.asarray(np.linalg.inv(to_look), dtype=np.float64), grid)
    return CoarseMap(in_photo, inside, confidence)


def _whole_frame(photo_shape: tuple[int, ...], shape: tuple[int, int]) -> Floats:
    """From the photo to a first look: stretched to its shape."""
    x, y = shape[1] / photo_shape[1], shape[0] / photo_shape[0]
    return np.array([[x, 0, 0.5 * x - 0.5], [0, y, 0.5 * y - 0.5], [0, 0, 1.0]])


def _cut_out(samples: Samples, to_look: Floats, shape: tuple[int, int]) -> Samples:
    """The photo through a projective map that makes it smaller; black beyond its frame."""
    back = np.asarray(np.linalg.inv(to_look), dtype=np.float64)
    ends = project(back, _UNIT * (shape[1], shape[0]))
    sides = np.hypot(*(np.roll(ends, -1, axis=0) - ends).T) / (shape[1], shape[0], shape[1], shape[0])
    factor = max(1.0, float(sides.mean()))
    size = (max(1, round(samples.shape[1] / factor)), max(1, round(samples.shape[0] / factor)))
    small = cv2.resize(samples, size, interpolation=cv2.INTER_AREA)
    x, y = size[0] / samples.shape[1], size[1] / samples.shape[0]
    shrunk = np.array([[1 / x, 0, 0.5 / x - 0.5], [0, 1 / y, 0.5 / y - 0.5], [0, 0, 1.0]])
    return np.asarray(cv2.warpPerspective(small, to_look @ shrunk, shape[::-1], flags=cv2.INTER_LINEAR), dtype=np.uint8)


def _through_places(page: Floats, inside: Floats) -> tuple[Floats, float]:
    """A smooth surface, page to look, through the cells that show the page.

    Returns
    -------
    grid : float64 ndarray, shape (25, 19, 2)
        In pixels of the look.
    roughness : float
        Mean distance of the cells from the surface, as a share of the look's longer side.
    """
    rows, columns = inside.shape
    y, x = np.meshgrid((np.arange(rows) + 0.5) * STRIDE - 0.5, (np.arange(columns) + 0.5) * STRIDE - 0.5, indexing="ij")
    places = page.reshape(2, -1).T
    used = (inside.ravel() > 0.3) & (places > -_BEYOND).all(axis=1) & (places < 1 + _BEYOND).all(axis=1)
    target = np.stack((x.ravel(), y.ravel()), axis=1)[used]
    basis = spline_basis(places[used], _KNOTS, _BEYOND)
    weight = inside.ravel()[used]
    normal = basis.T @ (weight[:, None] * basis) + _STIFFNESS * bending(_KNOTS) + 1e-6 * np.eye(basis.shape[1])
    knots = np.linalg.solve(normal, basis.T @ (weight[:, None] * target))
    off = np.hypot(*(basis @ knots - target).T)
    v, u = np.meshgrid(np.linspace(0, 1, CONTROL_POINTS[0]), np.linspace(0, 1, CONTROL_POINTS[1]), indexing="ij")
    grid = spline_basis(np.stack((u.ravel(), v.ravel()), axis=1), _KNOTS, _BEYOND) @ knots
    return grid.reshape(*CONTROL_POINTS, 2), float(off.mean() / (STRIDE * max(rows, columns)))
