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
_TILE_PX, _LARGE_PX = 4_500_000, 40_000_000
_HALO_PX = 128
_STROKE_PX = 14.0
_SMALL_TEXT_PX = 15.0
_MOST_ENLARGED_PX = 12_000_000

Part = tuple[slice, slice]
""" What is drawn of a side, and what is seen for it. """


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
    for (rows, high), (columns, wide) in _tiles(shape):
        light, deep = (enlarged_rows(plane, shape, high)[:, wide] for plane in (paper, half))
        found = _run(planes(samples[high, wide], grey[high, wide], light, deep))
        inner = found[
            rows.start - high.start : rows.stop - high.start, columns.start - wide.start : columns.stop - wide.start
        ]
        drawn[rows, columns] = inner if soft else _cut(inner)
    return drawn


def _run(seen: Samples) -> Samples:
    height, width = seen.shape[1:]
    fed = np.empty((1, len(seen), _whole(height), _whole(width)), dtype=np.float32)
    fed[0, :, :height, :width] = seen
    fed[0, :, height:, :width] = seen[:, -1:]
    fed[0, :, :, width:] = fed[0, :, :, width - 1 : width]
    return np.asarray(load(NAME).run(planes=fed)[0][0, 0, :height, :width], dtype=np.uint8)


def _tiles(shape: tuple[int, int]) -> Iterator[tuple[Part, Part]]:
    """Squares that cover the page, each within what the net sees for it, rows first.

    All that is seen has one size and begins on a multiple of the net's step: every tile sees one grid, and the memory
    of one run serves the next.
    """
    height, width = shape
    most = _TILE_PX if height * width <= _LARGE_PX else _TILE_PX // 3
    across = -(-width // int(2 * most**0.5))
    down = -(-height * (width // across) // most)
    for rows in _parts(height, max(1, down)):
        for columns in _parts(width, across):
            yield rows, columns


def _parts(side: int, count: int) -> Iterator[Part]:
    step = _whole(-(-side // count))
    count = -(-side // step)
    size = _whole(side) if count == 1 else min(_whole(side), step + min(2, count - 1) * _HALO_PX)
    for start in range(0, side, step):
        first = min(max(0, start - _HALO_PX), max(0, _whole(side - size)))
        yield slice(start, min(side, start + step)), slice(first, min(side, first + size))


def _whole(side: int) -> int:
    return -(-side // STEP_PX) * STEP_PX
