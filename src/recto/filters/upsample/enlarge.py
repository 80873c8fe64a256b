"""Enlarge by the net: band by band, so that memory does not grow with the page."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from recto.filters.upsample.detail import (
    BORDER_PX,
    FACTORS,
    MARGIN_PX,
    activity,
    agreed,
    plateaus,
    residual,
)
from recto.filters.upsample.interpolate import Floats, Samples, bicubic, bilinear, repeated, slopes
from recto.filters.upsample.two_tone import CONTEXT_PX as PRINT_CONTEXT_PX
from recto.filters.upsample.two_tone import print_likeness
from recto.filters.upsample.undecided import CONTEXT_PX, GUESSES_FROM, REACH_PX, trust

_BAND_OUTPUT_PX = 8_000_000
_BAND_ROWS = (64, 480)
_NEAR_PX = 6
_DARK_PAGE = 100


def enlarged(samples: Samples, grey: Samples, shape: tuple[int, int], scale: float) -> Samples:
    """Draw a page at ``shape`` with the net's detail.

    The net works by 2, 3 or 4; a factor between is drawn at the next whole one and shrunk by area.

    Parameters
    ----------
    samples : uint8 ndarray, shape (H, W) or (H, W, 3)
    grey : uint8 ndarray, shape (H, W)
        Its luma.
    shape : tuple of int
        ``(H, W)`` of the result.
    scale : float
        Above 1, at most 4.
    """
    if np.median(grey) < _DARK_PAGE:
        # The net has seen little inverse print; turned over, it is print like any other.
        return 255 - _drawn(255 - samples, 255 - grey, shape, scale)
    return _drawn(samples, grey, shape, scale)


def _drawn(samples: Samples, grey: Samples, shape: tuple[int, int], scale: float) -> Samples:
    factor = next(k for k in FACTORS if k >= scale)
    height, width = grey.shape
    drawn = np.empty((*shape, *samples.shape[2:]), dtype=np.uint8)
    lowest, highest = _BAND_ROWS
    rows = int(np.clip(_BAND_OUTPUT_PX // (width * factor * factor), lowest, highest)) // 2 * 2
    step = max(1, int(rows * shape[0] / height))
    whole = (height * factor, width * factor)
    for start in range(0, shape[0], step):
        stop = min(shape[0], start + step)
        if whole == shape:
            drawn[start:stop] = _rounded(_band(samples, grey, start // factor, stop // factor, factor))
            continue
        ratio = whole[0] / shape[0]
        top = int(start * ratio) // factor // 2 * 2
        bottom = min(height, math.ceil(stop * ratio / factor))
        band = _band(samples, grey, top, bottom, factor)
        drawn[start:stop] = _rounded(_shrunk(band, (start, stop), top * factor, ratio, shape[1]))
    return drawn


def _rounded(values: Floats) -> Samples:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def _band(samples: Samples, grey: Samples, top: int, bottom: int, factor: int) -> Floats:
    """Rows ``top`` to ``bottom`` of the page at ``factor`` times the size, in float."""
    luma, flat = _luma(grey, top, bottom, factor)
    if samples.ndim == 2:
        # Shrunk afterwards, what overshoots white must not pale the ink beside it.
        return np.clip(luma, 0, 255, out=luma)
    above, below = max(0, top - _NEAR_PX), min(len(grey), bottom + _NEAR_PX)
    inside = slice((top - above) * factor, (bottom - above) * factor)
    smooth = bicubic(samples[above:below], factor)[inside]
    if luma is flat:
        return smooth
    follow = bilinear(slopes(samples[above:below], grey[above:below]), factor)[inside]
    return np.asarray(smooth + follow * (luma - flat)[..., None], dtype=np.float32)


def _luma(grey: Samples, top: int, bottom: int, factor: int) -> tuple[Floats, Floats]:
    """The luma of these rows with the net's detail, and interpolated alone; the same twice if there is none."""
    height, reach = grey.shape[0], REACH_PX if factor >= GUESSES_FROM else 0
    above, below = max(0, top - reach), min(height, bottom + reach)
    inside = slice((top - above) * factor, (bottom - above) * factor)
    luma, flat, active = _detailed(grey, above, below, factor)
    plain = flat[inside]
    if luma is flat:
        return plain, plain
    if factor >= GUESSES_FROM:
        first, last = max(0, above - CONTEXT_PX), min(height, below + CONTEXT_PX)
        kept = bilinear(trust(grey[first:last], luma, above - first, factor), factor)[inside]
        luma = plain + kept * (luma[inside] - plain)
    first, last = max(0, top - _NEAR_PX), min(height, bottom + _NEAR_PX)
    darkest, brightest = (repeated(b[top - first : bottom - first], factor) for b in plateaus(grey[first:last]))
    # Elsewhere the page is interpolated, overshoot and all, as it is where a whole band has nothing to draw.
    heard = repeated(active[top - above : bottom - above].astype(np.uint8), factor) > 0
    return np.asarray(np.clip(luma, darkest, brightest, out=luma, where=heard), dtype=np.float32), plain


def _detailed(grey: Samples, top: int, bottom: int, factor: int) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """The luma of these rows with all of the net's detail, and interpolated alone; the same twice if there is none.

    The third answer is, for each pixel of the small page, whether the net had a say.
    """
    height = grey.shape[0]
    above, below = max(0, top - _NEAR_PX), min(height, bottom + _NEAR_PX)
    near, rows = grey[above:below], slice(top - above, bottom - above)
    inside = slice(rows.start * factor, rows.stop * factor)
    busy = activity(near) * _print_likeness(grey, above, below)
    # One pixel more, because the weight is interpolated.
    active = cv2.dilate((busy > 0).astype(np.uint8), np.ones((3, 3), np.uint8))[rows] > 0
    flat = bicubic(near, factor)[inside]
    if not active.any():
        return flat, flat, active
    luma = bilinear(near, factor)[inside] + residual(*_surroundings(grey, top, bottom), active, factor)
    luma = flat + bilinear(busy, factor)[inside] * (luma - flat)
    return agreed(luma, flat, near, rows, factor), flat, active


def _print_likeness(grey: Samples, top: int, bottom: int) -> Floats:
    above, below = max(0, top - PRINT_CONTEXT_PX), min(grey.shape[0], bottom + PRINT_CONTEXT_PX)
    return print_likeness(grey[above:below])[top - above : bottom - above]


def _surroundings(grey: Samples, top: int, bottom: int) -> tuple[Samples, tuple[int, int]]:
    """The rows with what lies around them, and where they begin in it; beyond the page it is mirrored a little."""
    above, below = max(0, top - MARGIN_PX), min(grey.shape[0], bottom + MARGIN_PX)
    over, under = BORDER_PX * (above == 0), BORDER_PX * (below == grey.shape[0])
    around = cv2.copyMakeBorder(grey[above:below], over, under, BORDER_PX, BORDER_PX, cv2.BORDER_REFLECT)
    return np.asarray(around), (over + top - above, BORDER_PX)


def _shrunk(band: Floats, rows: tuple[int, int], first: int, ratio: float, width: int) -> Floats:
    """The output rows from ``rows[0]`` to ``rows[1]``, each the mean of the stretch of input that it covers.

    Parameters
    ----------
    band : float32 ndarray, shape (h, w) or (h, w, 3)
        Input rows from the row ``first`` on.
    rows : tuple of int
    first : int
    ratio : float
        Input rows per output row, 1 to 2.
    width : int
        Of the output.
    """
    weights = np.zeros((rows[1] - rows[0], band.shape[0]), dtype=np.float32)
    edges = np.arange(band.shape[0] + 1) + first
    for k, row in enumerate(range(*rows)):
        begin, end = row * ratio, (row + 1) * ratio
        weights[k] = np.diff(np.clip(edges, begin, end)) / ratio
    tall = np.ascontiguousarray(band.reshape(band.shape[0], -1))
    low = (weights @ tall).reshape(len(weights), *band.shape[1:])
    narrow = cv2.resize(low, (width, len(weights)), interpolation=cv2.INTER_AREA)
    return np.asarray(narrow, dtype=np.float32).reshape(len(weights), width, *band.shape[2:])
