"""Ink by the small net, in bands."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from recto.filters.binarize.levelled import text_size
from recto.filters.binarize.planes import planes
from recto.nets import WEIGHTS, load
from recto.raster.background import background, enlarged_rows, shrunk
from recto.raster.page import Samples

_BAND_PX = 3_000_000
_HALO_PX = 128
_STEP_PX = 32
_REACH_PX = 15
_STROKE_PX = 14.0


def net_there() -> bool:
    """Whether the weights are part of this installation."""
    return (WEIGHTS / "binarize.onnx").is_file()


def net_ink(samples: Samples, *, soft: bool = False) -> Samples:
    """Ink 0 and paper 255 by the net; with ``soft`` the likelihood of paper as grey.

    Parameters
    ----------
    samples : uint8 ndarray, shape (H, W) or (H, W, 3)
        Dark ink on brighter paper.

    Raises
    ------
    EngineError
        The weights are missing or damaged.
    """
    height, width = samples.shape[:2]
    grey = samples if samples.ndim == 2 else np.asarray(cv2.cvtColor(samples, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    factor = max(1, round(text_size(grey).stroke_px / _STROKE_PX))
    if factor > 1:
        likely = _likelihood(shrunk(samples, factor))
        likely = np.asarray(cv2.resize(likely, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
    else:
        likely = _likelihood(samples)
    return likely if soft else np.where(likely < 128, np.uint8(0), np.uint8(255))


def _likelihood(samples: Samples) -> Samples:
    """Of paper: 0 certain ink, 255 certain paper."""
    height, width = samples.shape[:2]
    grey = samples if samples.ndim == 2 else np.asarray(cv2.cvtColor(samples, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    paper = background(shrunk(grey), _REACH_PX)
    drawn = np.empty((height, width), dtype=np.uint8)
    rows = max(_STEP_PX, _BAND_PX // width // _STEP_PX * _STEP_PX)
    for start in range(0, height, rows):
        stop = min(height, start + rows)
        low, high = max(0, start - _HALO_PX), min(height, stop + _HALO_PX)
        light = enlarged_rows(paper, (height, width), slice(low, high))
        logit = _logit(planes(samples[low:high], light))[start - low : stop - low]
        drawn[start:stop] = 255.0 / (1.0 + np.exp(np.clip(logit, -12, 12)))
    return drawn


def _logit(fed: NDArray[np.float32]) -> NDArray[np.float32]:
    height, width = fed.shape[1:]
    padded = np.pad(fed, ((0, 0), (0, -height % _STEP_PX), (0, -width % _STEP_PX)), mode="edge")
    found = load("binarize").run(planes=padded[None])[0][0, 0, :height, :width]
    return np.asarray(found, dtype=np.float32)
