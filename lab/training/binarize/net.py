"""Ink by the small net, in bands: to be measured here until it is good enough to move into the filter."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from lab.training.binarize.planes import planes
from recto.filters.binarize.levelled import text_size
from recto.raster.background import background, enlarged_rows, shrunk
from recto.raster.page import Samples

WEIGHTS = Path("lab/runs/binarize/binarize.onnx")
_BAND_PX = 3_000_000
_HALO_PX = 128
_STEP_PX = 32
_REACH_PX = 15
_STROKE_PX = 14.0


@cache
def _session(weights: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(weights.read_bytes(), options, providers=["CPUExecutionProvider"])


def net_ink(samples: Samples, weights: Path = WEIGHTS, *, soft: bool = False) -> Samples:
    """Ink 0 and paper 255 by the net; with ``soft`` the likelihood of paper as grey.

    Parameters
    ----------
    samples : uint8 ndarray, shape (H, W) or (H, W, 3)
        Dark ink on brighter paper.
    weights : Path
        An ONNX file as ``export`` writes it.
    """
    height, width = samples.shape[:2]
    grey = samples if samples.ndim == 2 else np.asarray(cv2.cvtColor(samples, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    factor = max(1, round(text_size(grey).stroke_px / _STROKE_PX))
    if factor > 1:
        likely = _likelihood(shrunk(samples, factor), weights)
        likely = np.asarray(cv2.resize(likely, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
    else:
        likely = _likelihood(samples, weights)
    return likely if soft else np.where(likely < 128, np.uint8(0), np.uint8(255))


def _likelihood(samples: Samples, weights: Path) -> Samples:
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
        logit = _logit(planes(samples[low:high], light), weights)[start - low : stop - low]
        drawn[start:stop] = 255.0 / (1.0 + np.exp(np.clip(logit, -12, 12)))
    return drawn


def _logit(fed: NDArray[np.float32], weights: Path) -> NDArray[np.float32]:
    height, width = fed.shape[1:]
    padded = np.pad(fed, ((0, 0), (0, -height % _STEP_PX), (0, -width % _STEP_PX)), mode="edge")
    found = _session(weights).run(None, {"planes": padded[None]})[0][0, 0, :height, :width]
    return np.asarray(found, dtype=np.float32)
