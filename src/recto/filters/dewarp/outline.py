"""From the region of a page to its four corners and four curved sides."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import cv2
import numpy as np
from numpy.typing import NDArray

from recto.filters.dewarp.page_mask import Mask
from recto.raster.page import Samples

Curve = NDArray[np.float64]

_POINTS = 720
_PROFILE_PX = 9


@dataclass(frozen=True)
class Outline:
    """The edge of a page in a picture.

    Attributes
    ----------
    sides : tuple of float64 ndarray, each of shape (N, 2), x first
        Top from left to right, right downwards, bottom from left to right, left downwards, in pixels.
    support : float
        Share of the edge, 0 to 1, where the picture changes from inside to outside.
    contrast : float
        Median colour distance across the edge, in units of CIELAB as uint8.
    seen : float
        Share of the edge, 0 to 1, that does not lie on the frame of the picture.
    shape_score : float
        How much the region looks like a sheet with four corners, 0 to 1.
    """

    sides: tuple[Curve, Curve, Curve, Curve]
    support: float
    contrast: float
    seen: float
    shape_score: float

    @property
    def corners(self) -> NDArray[np.float64]:
        """Top left, top right, bottom right, bottom left: float64 ndarray of shape (4, 2)."""
        top, _, bottom, _ = self.sides
        return np.array([top[0], top[-1], bottom[-1], bottom[0]])

    @property
    def bulge(self) -> float:
        """Largest distance of a side from its chord, as a share of the chord's length."""
        return max(_sagitta(side) for side in self.sides)

    @property
    def skewness_deg(self) -> float:
        """How far opposite sides are from parallel, or neighbours from a right angle: the largest, in degrees."""
        top, right, bottom, left = (float(np.rad2deg(np.arctan2(*(s[-1] - s[0])[::-1]))) for s in self.sides)
        corner = 0.5 * (left + right - top - bottom) - 90
        return max(abs(_half_turn(top - bottom)), abs(_half_turn(left - right)), abs(_half_turn(corner)))

    @property
    def polygon(self) -> Curve:
        """The whole edge, clockwise from the top left: float64 ndarray, shape (N, 2)."""
        top, right, bottom, left = self.sides
        return np.concatenate((top, right, bottom[::-1], left[::-1]))

    @property
    def score(self) -> float:
        """One number for choosing among outlines, 0 to 1."""
        return float(self.support * self.shape_score * min(1.0, self.contrast / 25.0) * self.seen**0.5)

    def scaled(self, factor: float) -> Outline:
        """The same outline on the picture drawn ``factor`` times as large."""
        sides = tuple((side + 0.5) * factor - 0.5 for side in self.sides)
        return Outline(sides, self.support, self.contrast, self.seen, self.shape_score)  # type: ignore[arg-type]


def _half_turn(angle_deg: float) -> float:
    return (angle_deg + 180) % 360 - 180


def _sagitta(side: Curve) -> float:
    chord = side[-1] - side[0]
    length = max(float(np.hypot(*chord)), 1e-9)
    return float(np.abs((side - side[0]) @ np.array([-chord[1], chord[0]])).max() / length**2)


def outline_of(mask: Mask, lab: Samples) -> Outline | None:
    """The outline of the region ``mask``, drawn at a lower resolution than the picture.

    Parameters
    ----------
    mask : bool ndarray, shape (h, w)
    lab : uint8 ndarray, shape (H, W, 3)
        The picture in CIELAB, H / h times as large.

    Returns
    -------
    Outline or None
        In pixels of ``lab``. None when no four corners can be told.
    """
    factor = lab.shape[0] / mask.shape[0]
    contour = _contour(mask, factor)
    snapped, strength = _snapped(contour, lab, reach_px=factor * 1.6)
    found = _four_corners(snapped)
    if found is None:
        return None
    at, shape_score = found
    on_frame = _on_frame(snapped, lab.shape[:2])
    free = ~on_frame
    support = float((strength[free] > 8).mean()) if free.any() else 0.0
    contrast = float(np.median(strength[free])) if free.any() else 0.0
    return Outline(_sides(snapped, at), support, contrast, float(free.mean()), shape_score)


def _contour(mask: Mask, factor: float) -> Curve:
    """The edge of the region as evenly spaced points, clockwise as seen, in pixels of the larger picture."""
    big = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 1.0, borderType=cv2.BORDER_REPLICATE)
    twice = cv2.resize(big, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR) > 0.5
    contours, _ = cv2.findContours(twice.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    points = max(contours, key=cv2.contourArea)[:, 0, :].astype(np.float64)
    if _signed_area(points) < 0:
        points = points[::-1]
    return _evenly((points + 0.5) * (factor / 2) - 0.5, _POINTS)


def _signed_area(points: Curve) -> float:
    x, y = points[:, 0], points[:, 1]
    return float(0.5 * np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))


def _evenly(closed: Curve, count: int) -> Curve:
    """``count`` points at even distances along a closed curve."""
    ring = np.vstack((closed, closed[:1]))
    along = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(ring, axis=0).T))))
    at = np.linspace(0, along[-1], count, endpoint=False)
    return np.stack([np.interp(at, along, ring[:, k]) for k in range(2)], axis=1)


def along(curve: Curve, count: int) -> Curve:
    """``count`` points at even distances along an open curve, its ends among them."""
    length = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(curve, axis=0).T))))
    at = np.linspace(0, length[-1], count)
    return np.stack([np.interp(at, length, curve[:, k]) for k in range(2)], axis=1)


def _ring_smoothed(values: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    reach = max(1, int(3 * sigma))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    padded = np.concatenate((values[-reach:], values, values[:reach]))
    return np.asarray(np.convolve(padded, kernel / kernel.sum(), mode="valid"), dtype=np.float64)


def _snapped(contour: Curve, lab: Samples, reach_px: float) -> tuple[Curve, NDArray[np.float64]]:
    """The contour moved along its normals to the strongest change of colour, and that change at each point."""
    smooth = np.stack([_ring_smoothed(contour[:, k], 3.0) for k in range(2)], axis=1)
    tangent = np.roll(smooth, -3, axis=0) - np.roll(smooth, 3, axis=0)
    tangent /= np.maximum(np.hypot(*tangent.T)[:, None], 1e-9)
    inward = np.stack((-tangent[:, 1], tangent[:, 0]), axis=1)
    steps = np.arange(-round(reach_px) - _PROFILE_PX, round(reach_px) + _PROFILE_PX + 1, dtype=np.float64)
    at = contour[:, None, :] + steps[None, :, None] * inward[:, None, :]
    x, y = np.ascontiguousarray(at[..., 0], np.float32), np.ascontiguousarray(at[..., 1], np.float32)
    profile = cv2.remap(lab, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).astype(np.float64)
    total = np.concatenate((np.zeros((len(contour), 1, 3)), np.cumsum(profile, axis=1)), axis=1)
    near = 3
    middle = np.arange(_PROFILE_PX, len(steps) - _PROFILE_PX)

    def change(width: int) -> NDArray[np.float64]:
        outside = (total[:, middle] - total[:, middle - width]) / width
        inside = (total[:, middle + 1 + width] - total[:, middle + 1]) / width
        return np.asarray(np.sqrt(((inside - outside) ** 2).sum(axis=2)), dtype=np.float64)

    strength = change(near)
    chosen = _best_path(strength - 0.4 * np.abs(steps[middle])[None, :])
    index = np.arange(len(contour))
    offset = _ring_smoothed(steps[middle][chosen], 1.0)
    return contour + offset[:, None] * inward, change(_PROFILE_PX - 1)[index, chosen]


def _best_path(gain: NDArray[np.float64]) -> NDArray[np.intp]:
    """The column of each row such that gains are high and neighbours differ by one at most (closed)."""
    rows, columns = gain.shape
    double = np.vstack((gain, gain))
    back = np.zeros(double.shape, dtype=np.int8)
    # The total with a wall on each side; buffers, because this loop is a tenth of the filter's time.
    total = np.full(columns + 2, -np.inf)
    total[1:-1] = double[0]
    options = np.empty((3, columns))
    pick = np.empty(columns, dtype=np.intp)
    for r in range(1, len(double)):
        np.subtract(total[:-2], 2.0, out=options[0])
        options[1] = total[1:-1]
        np.subtract(total[2:], 2.0, out=options[2])
        options.argmax(axis=0, out=pick)
        options.max(axis=0, out=total[1:-1])
        back[r] = pick
        total[1:-1] += double[r]
    back -= 1
    path = np.zeros(len(double), dtype=np.intp)
    path[-1] = int(total[1:-1].argmax())
    for r in range(len(double) - 1, 0, -1):
        path[r - 1] = path[r] + back[r, path[r]]
    half = rows // 2
    return np.concatenate((path[rows : rows + half], path[half:rows]))


def _four_corners(points: Curve) -> tuple[list[int], float] | None:
    """Indices of the four corners among closed evenly spaced points, and how sheet-like they are (0 to 1)."""
    count = len(points)
    span = max(4, count // 36)
    before, after = points - np.roll(points, span, axis=0), np.roll(points, -span, axis=0) - points
    turn = np.rad2deg(np.arctan2(before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0], (before * after).sum(axis=1)))
    turn = _ring_smoothed(turn, 2.0)
    peaks = [i for i in range(count) if turn[i] > 22 and turn[i] >= turn.take(range(i - 8, i + 9), mode="wrap").max()]
    peaks = sorted(sorted(peaks, key=lambda i: -turn[i])[:11])
    area = abs(_signed_area(points))
    best: tuple[float, list[int]] | None = None
    for chosen in combinations(peaks, 4):
        quad = points[list(chosen)]
        inside = _signed_area(quad)
        if inside < 0.55 * area:
            continue
        angles = _angles_deg(quad)
        if angles.min() < 40 or angles.max() > 140:
            continue
        bend = sum(_bulge(points, a, b) for a, b in zip(chosen, chosen[1:] + chosen[:1], strict=True)) / area
        score = float(np.minimum(turn[list(chosen)], 90).sum() / 360 - 2.0 * bend - 0.002 * np.ptp(angles))
        if best is None or score > best[0]:
            best = (score, list(chosen))
    if best is None:
        return None
    return _top_left_first(points, best[1]), float(np.clip(0.35 + best[0], 0, 1))


def _angles_deg(quad: Curve) -> NDArray[np.float64]:
    before, after = np.roll(quad, 1, axis=0) - quad, np.roll(quad, -1, axis=0) - quad
    cosine = (before * after).sum(axis=1) / np.maximum(np.hypot(*before.T) * np.hypot(*after.T), 1e-9)
    angles: NDArray[np.float64] = np.rad2deg(np.arccos(np.clip(cosine, -1, 1)))
    return angles


def _arc(points: Curve, a: int, b: int) -> Curve:
    """The points from index ``a`` on to index ``b``, around the ring."""
    stop = b if b > a else b + len(points)
    return points[np.arange(a, stop + 1) % len(points)]


def _bulge(points: Curve, a: int, b: int) -> float:
    """Area between a side and its chord."""
    arc = _arc(points, a, b)
    chord = arc[-1] - arc[0]
    length = float(np.hypot(*chord))
    if length < 1e-9:
        return 0.0
    off = ((arc - arc[0]) @ np.array([-chord[1], chord[0]])) / length
    return float(np.abs(off).mean() * length)


def _top_left_first(points: Curve, chosen: list[int]) -> list[int]:
    """The corners clockwise, from the one that is top left when the page is within 45 degrees of upright."""
    best, order = -np.inf, chosen
    for k in range(4):
        turned = chosen[k:] + chosen[:k]
        tl, tr, br, bl = points[turned]
        across, down = (tr - tl) + (br - bl), (bl - tl) + (br - tr)
        upright = across[0] / max(np.hypot(*across), 1e-9) + down[1] / max(np.hypot(*down), 1e-9)
        if upright > best:
            best, order = upright, turned
    return order


def _sides(points: Curve, at: list[int]) -> tuple[Curve, Curve, Curve, Curve]:
    tl, tr, br, bl = at
    return _arc(points, tl, tr), _arc(points, tr, br), _arc(points, br, bl)[::-1], _arc(points, bl, tl)[::-1]


def _on_frame(points: Curve, shape: tuple[int, ...]) -> Mask:
    """Points that lie on the frame of the picture, where the page goes on unseen."""
    height, width = shape[:2]
    rim = 0.004 * max(height, width) + 1
    x, y = points.T
    outside: Mask = (x < rim) | (y < rim) | (x > width - 1 - rim) | (y > height - 1 - rim)
    return outside
