"""The light on the paper: what the page would look like without ink."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from recto.raster.page import Samples

Mask = NDArray[np.bool_]

STRIDE = 4
_CELL_PX = 8
_LEAST_SHARE = 0.01


def shrunk(samples: Samples, stride: int = STRIDE) -> Samples:
    """The samples averaged over ``stride`` × ``stride`` squares, at least one pixel a side.

    What is left over at the right and at the bottom is not looked at, so that every square is whole: that keeps points
    in place and lets OpenCV take its fast path.
    """
    height, width = samples.shape[:2]
    size = (max(1, width // stride), max(1, height // stride))
    whole = samples[: max(1, height // stride) * stride, : max(1, width // stride) * stride]
    return np.asarray(cv2.resize(whole, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def background(small: Samples, reach_px: int, smooth_px: int = 21) -> Samples:
    """The paper's tone at every point of a shrunk page: a closing that steps over ink, then a median.

    Parameters
    ----------
    small : uint8 ndarray, shape (H, W) or (H, W, 3)
        A shrunk page (see ``shrunk``), dark ink on bright paper.
    reach_px : int
        Ink narrower than this, in pixels of ``small``, is stepped over; wider dark areas count as paper
        in shadow.
    smooth_px : int
        Window of the median, odd.

    Returns
    -------
    uint8 ndarray, of the shape of ``small``

    References
    ----------
    Gatos, Pratikakis, Perantonis: Adaptive degraded document image binarization, Pattern Recognition 39, 2006
    (division by an estimated background); the closing stands in for their interpolation.
    """
    side = max(3, reach_px | 1)
    window = cv2.getStructuringElement(cv2.MORPH_RECT, (side, side))
    closed = cv2.morphologyEx(small, cv2.MORPH_CLOSE, window, borderType=cv2.BORDER_REPLICATE)
    smooth = cv2.medianBlur(closed, max(3, smooth_px | 1))
    return np.asarray(cv2.GaussianBlur(smooth, (0, 0), smooth_px / 4), dtype=np.uint8).reshape(small.shape)


def enlarged(small: Samples, shape: tuple[int, int]) -> Samples:
    """A shrunk plane drawn at ``(H, W)``, linearly."""
    height, width = shape
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), dtype=small.dtype)


def picture_area(grey: Samples) -> Mask:
    """True inside of rectangles that are filled with uneven middle tones, bool, shape (H, W).

    Text and paper live at two tones, with only the soft edges of strokes between them; paper in shadow has a middle
    tone, but an even one, once text is stepped over. A picture has neither.
    """
    small = shrunk(grey, _CELL_PX)
    low, high = (int(np.percentile(small, q)) for q in (1, 95))
    height, width = grey.shape
    area = np.zeros(grey.shape, dtype=bool)
    if high - low < 64 or min(small.shape) < 16:
        return area
    span = high - low
    middle = (small > low + 0.12 * span) & (small < high - 0.2 * span)
    closed = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8)).astype(np.float32)
    mean = cv2.boxFilter(closed, -1, (5, 5))
    spread = np.sqrt(np.maximum(cv2.sqrBoxFilter(closed, -1, (5, 5)) - mean * mean, 0.0))
    full, rough = (cv2.boxFilter(a.astype(np.float32), -1, (9, 9)) for a in (middle, spread > 0.025 * mean + 1.0))
    grown = cv2.morphologyEx(
        ((full > 0.7) & (rough > 0.5)).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((15, 15), np.uint8)
    )
    count, _, stats, _ = cv2.connectedComponentsWithStats(np.asarray(grown, dtype=np.uint8), connectivity=8)
    for x, y, w, h, filled in stats[1:count]:
        if w * h < _LEAST_SHARE * small.size or filled < 0.6 * w * h or min(w, h) < 12:
            continue
        rows = slice(y * _CELL_PX, height if y + h == small.shape[0] else (y + h) * _CELL_PX)
        columns = slice(x * _CELL_PX, width if x + w == small.shape[1] else (x + w) * _CELL_PX)
        area[rows, columns] = True
    return area


def wide_background(small: Samples) -> Samples:
    """The brightest paper within a third of the page's shorter side, smoothed: the shape of ``small``.

    Much brighter than the near background where something wide and dark lies on the paper.
    """
    coarse = shrunk(small, 4)
    reach = max(9, min(coarse.shape[:2]) // 2)
    wide = background(coarse, reach, 5)
    return enlarged(wide, (small.shape[0], small.shape[1]))


def enclosed(mask: Mask) -> Mask:
    """The components of a mask that do not touch its edge."""
    count, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
    inside = np.ones(count, dtype=bool)
    for edge in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        inside[edge] = False
    inside[0] = False
    return np.asarray(inside[labels])


def filled(small: Samples, hole: Mask) -> Samples:
    """The plane with its holes filled from around them, from as near as there is anything.

    Parameters
    ----------
    small : uint8 ndarray, shape (H, W) or (H, W, 3)
    hole : bool ndarray, shape (H, W)
        Left as it is when it covers everything.
    """
    if not hole.any() or hole.all():
        return small
    known = (~hole).astype(np.float32)
    levels = [(small.astype(np.float32) * (known if small.ndim == 2 else known[..., None]), known)]
    while min(levels[-1][1].shape) > 1 and bool((levels[-1][1] < 0.5).any()):
        size = tuple(max(1, (side + 1) // 2) for side in levels[-1][1].shape[::-1])
        levels.append(tuple(cv2.resize(a, size, interpolation=cv2.INTER_AREA) for a in levels[-1]))  # type: ignore[arg-type]
    found = _over(*levels[-1])
    for values, weight in reversed(levels[:-1]):
        below = cv2.resize(found, weight.shape[::-1], interpolation=cv2.INTER_LINEAR)
        share = np.clip(2 * weight, 0, 1)
        share = share if values.ndim == 2 else share[..., None]
        found = share * _over(values, weight) + (1 - share) * below
    return np.where(hole if small.ndim == 2 else hole[..., None], np.clip(np.rint(found), 0, 255), small).astype(
        np.uint8
    )


def _over(values: NDArray[np.float32], weight: NDArray[np.float32]) -> NDArray[np.float32]:
    least = np.maximum(weight, np.float32(1e-4))
    return np.asarray(values / (least if values.ndim == 2 else least[..., None]), dtype=np.float32)


def enlarged_rows(small: Samples, shape: tuple[int, int], rows: slice) -> Samples:
    """Some rows of a shrunk plane drawn at ``(H, W)``, linearly, each square where it was; bands meet without a seam.

    Parameters
    ----------
    small : uint8 ndarray, shape (h, w) or (h, w, 3)
    shape : tuple of int
        Of the whole page.
    rows : slice
        With a start and a stop inside of the page.

    Returns
    -------
    uint8 ndarray, shape (rows, W) or (rows, W, 3)
    """
    width = shape[1]
    step_y, step_x = (1.0 / max(1, full // few) for full, few in zip(shape, small.shape[:2], strict=True))
    first, last = ((row + 0.5) * step_y - 0.5 for row in (rows.start, rows.stop - 1))
    low, high = max(0, int(np.floor(first)) - 1), min(small.shape[0], int(np.ceil(last)) + 2)
    matrix = np.array(((step_x, 0.0, 0.5 * step_x - 0.5), (0.0, step_y, first - low)))
    drawn = cv2.warpAffine(
        np.ascontiguousarray(small[low:high]),
        matrix,
        (width, rows.stop - rows.start),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(drawn, dtype=np.uint8).reshape(rows.stop - rows.start, width, *small.shape[2:])
