"""Square patches of a page's text, at one size of type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from recto.raster.page import Samples

PATCH_PX = 96
_GLYPH_PX = 8.0
"""The typical lesser side of a glyph in a patch: about the x-height of Latin print."""
_LONG_SIDE_PX = 1800
_LEAST_CONTRAST = 8.0
_MAX_COMPONENTS = 60_000


@dataclass(frozen=True)
class TextMap:
    """Where a page has marks that look like glyphs.

    Attributes
    ----------
    glyph_px : float
        Typical lesser side of a glyph, in pixels of the page.
    centres : float32 ndarray, shape (N, 2)
        ``(x, y)`` of the marks of about that size, in pixels of the page.
    weights : float32 ndarray, shape (N,)
        Greater side of each mark, cut at three times ``glyph_px``: its length along a line.
    """

    glyph_px: float
    centres: NDArray[np.float32]
    weights: NDArray[np.float32]


def text_map(grey: Samples) -> TextMap | None:
    """Find the marks of a page that may be glyphs; None when there are none.

    Parameters
    ----------
    grey : uint8 ndarray, shape (H, W)
    """
    factor = max(1, round(max(grey.shape) / _LONG_SIDE_PX))
    small = grey if factor == 1 else _shrunk(grey, factor)
    ink = _ink(small)
    if ink is None:
        return None
    count, _, stats, centres = cv2.connectedComponentsWithStats(ink, connectivity=8, ltype=cv2.CV_32S)
    if not 4 <= count <= _MAX_COMPONENTS:
        return None
    width, height = stats[1:, cv2.CC_STAT_WIDTH], stats[1:, cv2.CC_STAT_HEIGHT]
    less, more = np.minimum(width, height), np.maximum(width, height)
    likely = (less >= 2) & (more >= 4) & (more <= 0.12 * max(small.shape)) & (more <= 14 * less)
    if np.count_nonzero(likely) < 3:
        return None
    # Dots of a leader and specks are solid; letters are not, and they are what has a size.
    hollow = likely & (stats[1:, cv2.CC_STAT_AREA] < 0.8 * width * height)
    sized = hollow if np.count_nonzero(hollow) >= 3 else likely
    size = _weighted_median(less[sized], np.minimum(more[sized], 60).astype(np.float64) ** 2)
    near = likely & (less >= 0.45 * size) & (less <= 2.2 * size)
    weights = np.minimum(more[near], 3 * size) * factor
    return TextMap(
        glyph_px=size * factor,
        centres=((centres[1:][near] + 0.5) * factor - 0.5).astype(np.float32),
        weights=weights.astype(np.float32),
    )


def _shrunk(grey: Samples, factor: int) -> Samples:
    height, width = (max(1, side // factor) for side in grey.shape)
    whole = grey[: height * factor, : width * factor]
    return np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _ink(small: Samples) -> Samples | None:
    """A mask, 1 on what differs from its surroundings as strokes do, whichever of ink and paper is dark.

    The difference counts relative to the light on the paper, and the threshold is a share of the strong differences,
    so that neither a shadow nor grain decides what a stroke is.
    """
    window = 2 * max(7, max(small.shape) // 60) + 1
    surround = cv2.blur(small, (window, window))
    few = cv2.subtract(surround, small, dtype=cv2.CV_32F)[::5, ::3]
    if float((few * few * few).mean()) < 0:
        small, surround = np.asarray(255 - small, dtype=np.uint8), cv2.bitwise_not(surround)
    # At least 24 below: in deep shadow the grain of the camera is all there is.
    darker = cv2.divide(cv2.subtract(surround, small), np.maximum(surround, 24), scale=255)
    few = np.asarray(darker)[::5, ::3].astype(np.float32).ravel()
    strokes = few[few > _LEAST_CONTRAST]
    if strokes.size < 12:
        return None
    level = max(_LEAST_CONTRAST, 0.35 * _weighted_median(strokes, strokes * strokes * strokes))
    return (np.asarray(darker) > level).astype(np.uint8)


def _weighted_median(values: NDArray[Any], weights: NDArray[Any]) -> float:
    order = np.argsort(values, kind="stable")
    total = np.cumsum(weights[order], dtype=np.float64)
    return float(values[order][int(np.searchsorted(total, total[-1] / 2))])


def text_patches(
    grey: Samples, found: TextMap, *, limit: int, scale: float = 1.0, side_px: int = PATCH_PX
) -> list[Samples]:
    """Cut the patches that hold most text.

    Parameters
    ----------
    grey : uint8 ndarray, shape (H, W)
    found : TextMap
    limit : int
        At most so many patches, the fullest first, none upon another.
    scale : float
        Size of the type in the patches, as a multiple of the usual one.
    side_px : int
        Side of the patches.

    Returns
    -------
    list of uint8 ndarray, shape (side_px, side_px)
    """
    side = side_px * found.glyph_px / (_GLYPH_PX * scale)
    return [_cut(grey, x, y, side, side_px) for x, y in _fullest(grey.shape, found, side, limit)]


def _fullest(shape: tuple[int, ...], found: TextMap, side: float, limit: int) -> list[tuple[float, float]]:
    """Centres of the windows of ``side`` pixels that hold most of the marks' weight."""
    parts = 4
    cell = side / parts
    rows, columns = int(shape[0] / cell) + 1, int(shape[1] / cell) + 1
    if rows * columns > 4_000_000:
        return []
    r = np.clip((found.centres[:, 1] / cell).astype(np.intp), 0, rows - 1)
    c = np.clip((found.centres[:, 0] / cell).astype(np.intp), 0, columns - 1)
    cells = np.bincount(r * columns + c, found.weights, rows * columns).reshape(rows, columns)
    padded = np.pad(cells, parts - 1)
    chosen: list[tuple[float, float]] = []
    least = 0.0
    for _ in range(limit):
        sums = cv2.boxFilter(padded, cv2.CV_64F, (parts, parts), anchor=(0, 0), normalize=False)
        sums = sums[: rows + parts - 1, : columns + parts - 1]
        top, left = divmod(int(np.argmax(sums)), sums.shape[1])
        weight = float(sums[top, left])
        least = max(least, weight * 0.12)
        if weight < max(least, 3 * found.glyph_px):
            break
        window = padded[top : top + parts, left : left + parts]
        y, x = np.mgrid[0:parts, 0:parts]
        total = window.sum()
        middle = float((window * x).sum() / total), float((window * y).sum() / total)
        # Centre on the text itself, half-way, so that a lone line is not cut by the grid.
        at_x = left - (parts - 1) + (parts / 2 + middle[0] + 0.5) / 2
        at_y = top - (parts - 1) + (parts / 2 + middle[1] + 0.5) / 2
        chosen.append((at_x * cell, at_y * cell))
        window[:] = 0
    return chosen


def _cut(grey: Samples, x: float, y: float, side: float, side_px: int) -> Samples:
    """The window of ``side`` pixels around a point, brought to ``side_px`` pixels."""
    whole = max(2, round(side))
    left, top = round(x - whole / 2), round(y - whole / 2)
    left = min(max(left, 0), max(0, grey.shape[1] - whole))
    top = min(max(top, 0), max(0, grey.shape[0] - whole))
    window = grey[top : top + whole, left : left + whole]
    if window.shape != (whole, whole):
        paper = int(np.median(window))
        below, right = whole - window.shape[0], whole - window.shape[1]
        edges = (below // 2, below - below // 2, right // 2, right - right // 2)
        window = np.asarray(cv2.copyMakeBorder(window, *edges, cv2.BORDER_CONSTANT, value=paper), dtype=np.uint8)
    how = cv2.INTER_AREA if whole > side_px else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(window, (side_px, side_px), interpolation=how), dtype=np.uint8)


def as_ink(patch: Samples) -> NDArray[np.float32]:
    """A patch as the net reads it: 0 paper, about 1 ink, whatever its contrast and polarity."""
    deviation = np.float32(np.median(patch)) - patch.astype(np.float32)
    if float((deviation * deviation * deviation).mean()) < 0:
        deviation = -deviation
    rank = int(deviation.size * 0.96)
    strength = max(float(np.partition(deviation.ravel(), rank)[rank]), 10.0)
    return np.asarray(np.clip(deviation / strength, -0.6, 1.4), dtype=np.float32)
