"""Pale print made darker, so that one threshold for the whole page takes it for ink, too."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from recto.raster.background import enlarged_rows, shrunk
from recto.raster.page import Samples

Mask = NDArray[np.bool_]
Plane = NDArray[np.float32]

_STRIDE = 2
_STROKE, _NEAR = 15, 19
_DEPTH = 0.8
_MOST = 2.0
_GRAIN = (0.20, 0.32)
_BAND_PX = 2_000_000


def deepened(samples: Samples, kept: Mask, strength: float) -> Samples:
    """A whitened page whose strokes are all nearly as deep: pale ones up to twice as far from the paper as they were.

    What counts is the darkest channel, so that coloured ink is deep already; all channels of a pixel go the same way,
    so that it keeps its hue. Strokes are up to 30 px wide; what is wider keeps its tone.

    Parameters
    ----------
    samples : uint8 ndarray, shape (H, W) or (H, W, 3)
        Paper is white.
    kept : bool ndarray, shape (H // 4, W // 4)
        Where nothing is changed: pictures and boxes.
    strength : float
        0 to 1.
    """
    height, width = samples.shape[:2]
    floor, gain = _strokes(_darkest(samples), kept, strength)
    drawn = np.empty_like(samples)
    step = max(_STRIDE, _BAND_PX // width // _STRIDE * _STRIDE)
    for start in range(0, height, step):
        rows = slice(start, min(height, start + step))
        depth = 255.0 - samples[rows].astype(np.float32)
        deepest = depth if depth.ndim == 2 else depth.max(axis=2)
        below, more = (enlarged_rows(plane, (height, width), rows).astype(np.float32) for plane in (floor, gain))
        stroke = np.clip(deepest - (255.0 - below), 0.0, None) / np.maximum(deepest, 1.0)
        factor = 1.0 + more * stroke * np.float32((_MOST - 1.0) / 255.0)
        depth *= factor if depth.ndim == 2 else factor[..., None]
        drawn[rows] = np.rint(255.0 - np.minimum(depth, 255.0))
    return drawn


def _darkest(samples: Samples) -> Samples:
    small = shrunk(samples, _STRIDE)
    return small if small.ndim == 2 else np.asarray(small.min(axis=2))


def _strokes(small: Samples, kept: Mask, strength: float) -> tuple[Samples, Samples]:
    """What lies under the strokes, and how much more depth they want: 255 is all that there may be."""
    window = np.ones((_STROKE, _STROKE), np.uint8)
    floor = cv2.morphologyEx(small, cv2.MORPH_CLOSE, window, borderType=cv2.BORDER_REPLICATE)
    depth = cv2.dilate(cv2.subtract(floor, small), np.ones((_NEAR, _NEAR), np.uint8))
    near: Plane = np.asarray(cv2.blur(depth.astype(np.float32), (_NEAR, _NEAR)), dtype=np.float32) / np.float32(255)
    wanted = np.clip(_DEPTH / np.maximum(near, 1e-3), 1.0, _MOST) - 1.0
    wanted *= np.clip((near - _GRAIN[0]) / (_GRAIN[1] - _GRAIN[0]), 0.0, 1.0)
    still = cv2.resize(kept.astype(np.uint8), small.shape[::-1], interpolation=cv2.INTER_NEAREST) > 0
    wanted[still] = 0.0
    gain = np.rint(wanted * (255.0 * strength / (_MOST - 1.0))).astype(np.uint8)
    return np.asarray(floor, dtype=np.uint8), gain
