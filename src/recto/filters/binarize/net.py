"""Ink by the small net, in tiles that overlap."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from recto.filters.binarize.levelled import text_size
from recto.filters.binarize.planes import half_depth, planes
from recto.nets import load
from recto.raster.background import background, enlarged_rows, shrunk
from recto.raster.page import Samples

NAME = "binarize"
REACH_PX = 15
STEP_PX = 32
_TILE_PX = 4_500_000
_HALO_PX = 128
_STROKE_PX = 14.0
_SMALL_TEXT_PX = 15.0
_MOST_ENLARGED_PX = 12_000_000

Square = tuple[slice, slice]


def net_ink(samples: Samples, grey: Samples, *, soft: bool = False) -> Samples:
    """Ink 0 and paper 255 by the net; with ``soft`` the likelihood of paper, 128 at the threshold.

    Parameters
    ----------
    samples : uint8 ndarray, shape (H, W) or (H, W, 3)
        The page; of its colours only their spans are asked, so that a negative needs not be turned.
    grey : uint8 ndarray, shape (H, W)
        Its luma, dark ink on brighter paper.

    Raises
    ------
    EngineError
        The net is not part of this installation.
    """
    text = text_size(grey)
    if 0 < text.height_px < _SMALL_TEXT_PX and grey.size <= _MOST_ENLARGED_PX:
        large = _drawn(_doubled(samples), _doubled(grey), soft=True)
        full = shrunk(large, 2)
        return full if soft else _cut(full)
    factor = max(1, round(text.stroke_px / _STROKE_PX))
    if factor == 1:
        return _drawn(samples, grey, soft=soft)
    small = shrunk(grey, factor)
    likely = _drawn(small if samples.ndim == 2 else shrunk(samples, factor), small, soft=True)
    full = enlarged_rows(likely, (grey.shape[0], grey.shape[1]), slice(0, grey.shape[0]))
    return full if soft else _cut(full)


def _doubled(samples: Samples) -> Samples:
    return np.asarray(cv2.resize(samples, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC), dtype=np.uint8)


def _cut(likely: Samples) -> Samples:
    return np.asarray(cv2.threshold(likely, 127, 255, cv2.THRESH_BINARY)[1], dtype=np.uint8)


def _drawn(samples: Samples, grey: Samples, *, soft: bool) -> Samples:
    shape = (grey.shape[0], grey.shape[1])
    small = shrunk(grey)
    paper = background(small, REACH_PX)
    half = half_depth(small, paper)
    drawn = np.empty(shape, dtype=np.uint8)
    for rows, columns in _tiles(shape):
        high, wide = _with_halo(rows, shape[0]), _with_halo(columns, shape[1])
        light, deep = (enlarged_rows(plane, shape, high)[:, wide] for plane in (paper, half))
        found = _run(planes(samples[high, wide], grey[high, wide], light, deep))
        inner = found[
            rows.start - high.start : rows.stop - high.start, columns.start - wide.start : columns.stop - wide.start
        ]
        drawn[rows, columns] = inner if soft else _cut(inner)
    return drawn


def _run(seen: Samples) -> Samples:
    height, width = seen.shape[1:]
    fed = np.empty((1, len(seen), -(-height // STEP_PX) * STEP_PX, -(-width // STEP_PX) * STEP_PX), dtype=np.float32)
    fed[0, :, :height, :width] = seen
    fed[0, :, height:, :width] = seen[:, -1:]
    fed[0, :, :, width:] = fed[0, :, :, width - 1 : width]
    return np.asarray(load(NAME).run(planes=fed)[0][0, 0, :height, :width], dtype=np.uint8)


def _tiles(shape: tuple[int, int]) -> Iterator[Square]:
    """Squares that cover the page, as few as fit into the memory, their sides multiples of the net's step."""
    height, width = shape
    across = -(-width // max(1, int(2 * _TILE_PX**0.5)))
    wide = -(-width // across // STEP_PX) * STEP_PX
    down = -(-height * wide // _TILE_PX)
    high = -(-height // down // STEP_PX) * STEP_PX
    for top in range(0, height, high):
        for left in range(0, width, wide):
            yield slice(top, min(height, top + high)), slice(left, min(width, left + wide))


def _with_halo(part: slice, side: int) -> slice:
    """The part and its surroundings; it begins on a multiple of the net's step, so that every tile sees one grid."""
    return slice(max(0, part.start - _HALO_PX), min(side, part.stop + _HALO_PX))
