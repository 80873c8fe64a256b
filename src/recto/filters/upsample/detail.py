"""What the net adds to an interpolated page, tile by tile, and only where there is something to see."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from recto import nets
from recto.filters.upsample.interpolate import Floats, repeated

FACTORS = (2, 3, 4)
MARGIN_PX = 24
"""More than the net's receptive field reaches to either side (23 px), and even: the net halves its input."""
BORDER_PX = 4
"""How far the page is mirrored beyond its edge before the net's own zeros begin, as in training."""

_TILE_PX = 1 << 19
_REACH_PX = 3
_FAINT = 8.0
_CLEAR = 20.0
_EVEN = 2
_UNEVEN = 0.2
_NOISE = 20.0
_NOISY_SHARE = 0.45
"""A patch may be uneven by a fifth of the contrast near it, or by noise of 20 levels, if that is far less than it."""
_SLACK = 3
_AROUND_PX = 5
_NEAR_SHARE = 0.15
_AGAINST = 12.0
_STEEP = 16.0


def activity(grey: NDArray[np.uint8]) -> Floats:
    """How much the net has to say around each pixel: 1 near steep edges, as strokes have, 0 where all is smooth.

    Even paper and the soft shades of a photograph are drawn by interpolation, which is at its best there.

    Parameters
    ----------
    grey : uint8 ndarray, shape (H, W)

    Returns
    -------
    float32 ndarray, shape (H, W), 0 to 1
    """
    small, wide = np.ones((3, 3), dtype=np.uint8), np.ones((2 * _REACH_PX - 1,) * 2, dtype=np.uint8)
    steep = cv2.dilate(cv2.morphologyEx(grey, cv2.MORPH_GRADIENT, small), wide)
    return np.asarray(np.clip((steep.astype(np.float32) - _FAINT) / (_CLEAR - _FAINT), 0, 1), dtype=np.float32)


def plateaus(grey: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The darkest and the brightest that may be drawn around each pixel.

    Where a patch of at least 3 × 3 px is nearly as dark as anything near, nothing near is truly darker: an edge
    between two such patches is sharp already and must not ring. The less even the patch (noise, the waves of a JPEG
    along an edge) the more room is left. Elsewhere strokes may be thinner than a pixel, and the darkest pixel says
    little: there the bounds are 0 and 255.

    Parameters
    ----------
    grey : uint8 ndarray, shape (H, W)

    Returns
    -------
    tuple of uint8 ndarray, shape (H, W)
    """
    small, wide = np.ones((3, 3), dtype=np.uint8), np.ones((2 * _REACH_PX + 1,) * 2, dtype=np.uint8)
    both = [(tones, cv2.erode(tones, wide).astype(np.int16)) for tones in (grey, 255 - grey)]
    contrast = 255 - both[0][1] - both[1][1]
    allowed = np.maximum(_EVEN, np.maximum(_UNEVEN * contrast, np.minimum(_NOISE, _NOISY_SHARE * contrast)))
    bounds = []
    for tones, lowest in both:
        lowest_patch = cv2.erode(cv2.morphologyEx(tones, cv2.MORPH_CLOSE, small), wide)
        uneven = lowest_patch - lowest
        room = _SLACK + np.maximum(uneven - _EVEN, 0)
        bounds.append(np.where(uneven <= allowed, np.maximum(lowest - room, 0), 0).astype(np.uint8))
    return bounds[0], (255 - bounds[1]).astype(np.uint8)


def agreed(drawn: Floats, plain: Floats, grey: NDArray[np.uint8], rows: slice, factor: int) -> Floats:
    """``drawn`` without strokes on what is plainly paper, and without gaps in what is plainly ink.

    Where the interpolated page comes near the darkest tone around, nothing much brighter is drawn, and where it comes
    near the brightest, nothing much darker: detail is made between the two tones, not against them.

    Parameters
    ----------
    drawn, plain : float32 ndarray, shape (factor * H, factor * W)
        The luma with the net's detail, and as it is interpolated.
    grey : uint8 ndarray, shape (h, W)
        The small page, with some rows around.
    rows : slice
        Its rows that were drawn.
    factor : int
    """
    box = np.ones((_AROUND_PX,) * 2, dtype=np.uint8)
    dark, bright = (f(grey, box)[rows].astype(np.float32) for f in (cv2.erode, cv2.dilate))
    near = _NEAR_SHARE * (bright - dark)
    room: Floats = repeated(dark + near, factor)
    np.subtract(plain, room, out=room)
    agreeing = np.minimum(drawn, np.add(plain, _widened(room), out=room), out=room)
    room = repeated(bright - near, factor)
    np.subtract(room, plain, out=room)
    return np.maximum(agreeing, np.subtract(plain, _widened(room), out=room), out=agreeing)


def _widened(beyond: Floats) -> Floats:
    """How far the net may go against a tone, in place: a little where the page comes near it, soon anywhere beyond."""
    np.maximum(beyond, 0, out=beyond)
    beyond *= _STEEP
    beyond += _AGAINST
    return beyond


def residual(around: NDArray[np.uint8], origin: tuple[int, int], active: NDArray[np.bool_], factor: int) -> Floats:
    """What the net adds to the bilinear enlargement of a part of a page.

    Parameters
    ----------
    around : uint8 ndarray, shape (H, W)
        Luma of the part and of at least ``MARGIN_PX`` around it, or as far as ``BORDER_PX`` beyond the page.
    origin : tuple of int
        Row and column in ``around`` where the part begins, both even.
    active : bool ndarray, shape (h, w)
        Where the answer is wanted; it is 0 elsewhere, or whatever came along.
    factor : {2, 3, 4}

    Returns
    -------
    float32 ndarray, shape (factor * h, factor * w)
        In grey levels.
    """
    net = nets.load("upsample")
    added = np.zeros((active.shape[0] * factor, active.shape[1] * factor), dtype=np.float32)
    for top, bottom, left, right in tiles(active):
        y, x = max(0, top + origin[0] - MARGIN_PX), max(0, left + origin[1] - MARGIN_PX)
        window = around[y : bottom + origin[0] + MARGIN_PX, x : right + origin[1] + MARGIN_PX]
        even = np.pad(window, ((0, window.shape[0] % 2), (0, window.shape[1] % 2)), mode="edge")
        luma = even.astype(np.float32)[None, None] / np.float32(255)
        (drawn,) = net.run(luma=luma, factor=np.array([factor], dtype=np.float32))
        first_row, first_column = (top + origin[0] - y) * factor, (left + origin[1] - x) * factor
        rows = slice(first_row, first_row + (bottom - top) * factor)
        columns = slice(first_column, first_column + (right - left) * factor)
        added[top * factor : bottom * factor, left * factor : right * factor] = drawn[0, 0, rows, columns] * 255
    return added


def tiles(active: NDArray[np.bool_]) -> Iterator[tuple[int, int, int, int]]:
    """Cover what is active with rectangles ``(top, bottom, left, right)``, split at wide gaps and where too large."""
    yield from _covered(active, 0, 0)


def _covered(active: NDArray[np.bool_], top: int, left: int) -> Iterator[tuple[int, int, int, int]]:
    rows, columns = np.flatnonzero(active.any(axis=1)), np.flatnonzero(active.any(axis=0))
    if len(rows) == 0:
        return
    # Tiles begin on even rows and columns, so that the halves of the net fall alike in every tiling.
    r0, c0 = int(rows[0]) - (top + int(rows[0])) % 2, int(columns[0]) - (left + int(columns[0])) % 2
    r0, c0 = max(r0, 0), max(c0, 0)
    r1, c1 = int(rows[-1]) + 1, int(columns[-1]) + 1
    height, width = r1 - r0, c1 - c0
    cut_row, cut_column = _gap(rows), _gap(columns)
    if cut_row is None and cut_column is None:
        if (height + 2 * MARGIN_PX) * (width + 2 * MARGIN_PX) <= _TILE_PX or max(height, width) <= 2:
            yield top + r0, top + r1, left + c0, left + c1
            return
        if height >= width:
            cut_row = r0 + _even_half(height)
        else:
            cut_column = c0 + _even_half(width)
    if cut_row is not None:
        parts = ((active[:cut_row], top, left), (active[cut_row:], top + cut_row, left))
    else:
        parts = ((active[:, :cut_column], top, left), (active[:, cut_column:], top, left + (cut_column or 0)))
    for part, down, across in parts:
        yield from _covered(part, down, across)


def _gap(places: NDArray[np.intp]) -> int | None:
    """The even middle of the widest gap, if it is wider than the margins that a cut costs."""
    steps = np.diff(places)
    if len(steps) == 0 or steps.max() <= 3 * MARGIN_PX:
        return None
    widest = int(steps.argmax())
    return int(places[widest] + steps[widest] // 2) // 2 * 2


def _even_half(length: int) -> int:
    return max(2, length // 2 // 2 * 2)
