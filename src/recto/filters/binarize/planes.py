"""What the net looks at: luma, luma over its background, chroma, and how deep a tone is beside the ink around it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from recto.raster.page import Samples

PAPER = 204
_CELL = 4
_NEAR_CELLS = 31
_BAND_CELLS = 64
_PRIOR = 1.0
_LEAST_DEPTH = 6.0

Plane = NDArray[np.float32]


def half_depth(small: Samples, paper: Samples, usual: float | None = None) -> Samples:
    """Half of the step from paper to the ink nearby, for every point of a shrunk page.

    The mean depth under the edges, weighed by their squared steepness, lies half way between paper and ink. It is
    asked within about 480 px of the page; where there are few edges, the whole page's answers.

    Parameters
    ----------
    small, paper : uint8 ndarray, shape (h, w)
        The page at a quarter of its size, and its background.
    usual : float, optional
        The whole page's, when the piece is not the whole page; see ``usual_half_depth``.

    Returns
    -------
    uint8 ndarray, shape (h // 4, w // 4)
        At least 6, in tones of the page divided by its background, where paper is 204.
    """
    weighted, weight = _edges(small, paper)
    side = (_NEAR_CELLS, _NEAR_CELLS)
    share = np.float32(_PRIOR * max(float(weight.mean()), 0.1))
    prior = _mean(weighted, weight) if usual is None else usual
    weights = cv2.boxFilter(weight, cv2.CV_32F, side) + share
    found = cv2.boxFilter(weighted, cv2.CV_32F, side) + share * np.float32(prior)
    return np.clip(found / weights, _LEAST_DEPTH, PAPER).astype(np.uint8)


def usual_half_depth(small: Samples, paper: Samples) -> float:
    """The same for the whole page: one number."""
    return _mean(*_edges(small, paper))


def _edges(small: Samples, paper: Samples) -> tuple[Plane, Plane]:
    """Squared steepness times depth, and squared steepness: means over cells of 4 × 4 pixels, made in bands."""
    height, width = small.shape
    shape = (max(1, height // _CELL), max(1, width // _CELL))
    weighted, weight = np.empty(shape, dtype=np.float32), np.empty(shape, dtype=np.float32)
    for start in range(0, shape[0], _BAND_CELLS):
        stop = min(shape[0], start + _BAND_CELLS)
        first, last = start * _CELL, min(height, stop * _CELL)
        low, high = max(0, first - 1), min(height, last + 1)
        flat = cv2.divide(small[low:high], cv2.max(paper[low:high], np.array(8.0)), scale=PAPER)
        along, down = (cv2.Sobel(flat, cv2.CV_32F, *d, ksize=3)[first - low : last - low] for d in ((1, 0), (0, 1)))
        steep = along * along + down * down
        depth = cv2.subtract(np.full_like(flat, PAPER), flat)[first - low : last - low]
        whole, size = min(width, shape[1] * _CELL), (shape[1], stop - start)
        weight[start:stop] = cv2.resize(steep[:, :whole], size, interpolation=cv2.INTER_AREA)
        weighted[start:stop] = cv2.resize((steep * depth)[:, :whole], size, interpolation=cv2.INTER_AREA)
    return weighted, weight


def _mean(weighted: Plane, weight: Plane) -> float:
    return max(_LEAST_DEPTH, float(weighted.sum() / max(float(weight.sum()), 0.1)))


def planes(samples: Samples, grey: Samples, light: Samples, half: Samples) -> Samples:
    """The four planes of a piece of a page, as bytes.

    Parameters
    ----------
    samples : uint8 ndarray, shape (H, W) or (H, W, 3)
    grey : uint8 ndarray, shape (H, W)
        Luma of ``samples``.
    light : uint8 ndarray, shape (H, W)
        Background of the luma: see ``recto.raster.background``.
    half : uint8 ndarray, shape (H, W)
        See ``half_depth``.

    Returns
    -------
    uint8 ndarray, shape (4, H, W)
        Luma; luma over background, 204 on paper, at most 255; the span between the largest and the smallest channel;
        depth beside that of the ink nearby: 0 paper, 128 ink of the usual depth, at most 255.
    """
    found = np.zeros((4, *grey.shape), dtype=np.uint8)
    found[0] = grey
    cv2.divide(grey, cv2.max(light, 8), dst=found[1], scale=PAPER)  # type: ignore[call-overload]
    if samples.ndim == 3:
        red, green, blue = cv2.split(samples)
        high, low = cv2.max(cv2.max(red, green), blue), cv2.min(cv2.min(red, green), blue)
        cv2.subtract(high, low, dst=found[2])
    depth = cv2.subtract(np.full_like(grey, PAPER), found[1])
    cv2.divide(depth, half, dst=found[3], scale=64)
    return found
