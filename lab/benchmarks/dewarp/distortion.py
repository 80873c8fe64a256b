"""How far a flattened page is from the flat one: by the map alone, and by the DocUNet protocol's local distortion."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from lab.benchmarks.dewarp.registered import Registered
from lab.metrics.msssim import at_protocol_size
from recto.raster import BackwardMap

Floats = NDArray[np.float64]

_ALONG_PX, _DOWN_PX = 50.0, 18.0
_WORST = 0.07


def residuals(backward: BackwardMap, truth: Registered, flat_shape: tuple[int, int]) -> dict[str, float]:
    """What is left of the warp on the text, the result scaled to the flat page.

    Returns
    -------
    dict
        ``place``: mean distance from where a point should be once the best affine map is taken out, in per cent of the
        width; ``slope``: mean absolute slope of the text lines over 100 px at 200 dpi, in per cent; ``slant``: the same
        of upright strokes over 36 px; ``width``: mean relative error of the widths of letters. The worst 7 % of the
        points, where the registration itself may be wrong, are left out.
    """
    height, width = flat_shape
    marks = truth.marks
    steps = np.array([(0, 0), (_ALONG_PX, 0), (-_ALONG_PX, 0), (0, _DOWN_PX), (0, -_DOWN_PX)])
    wanted = np.concatenate([marks + step for step in steps])
    size = np.array([(backward.shape[1] - 1) / (width - 1), (backward.shape[0] - 1) / (height - 1)])
    read = inverse(backward, truth.photo_points(wanted)) / size
    at, right, left, below, above = np.split(read, 5)
    flat = np.column_stack((marks, np.ones(len(marks))))
    off = at - marks
    off = off - flat @ np.linalg.lstsq(flat, off, rcond=None)[0]
    along, down = (right - left) / (2 * _ALONG_PX), (below - above) / (2 * _DOWN_PX)
    stretch = np.log(np.maximum(np.abs(along[:, 0]), 1e-6))
    return {
        "place": 100 * _mean(np.hypot(*off.T)) / width,
        "slope": 100 * _mean(along[:, 1]),
        "slant": 100 * _mean(down[:, 0]),
        "width": 100 * _mean(stretch - np.median(stretch)),
    }


def _mean(values: Floats) -> float:
    size = np.sort(np.abs(values))
    return float(size[: max(1, int((1 - _WORST) * len(size)))].mean())


def inverse(backward: BackwardMap, points: Floats) -> Floats:
    """Points of the input as points of the output, by Newton's method from the nearest of a grid."""
    height, width = backward.shape
    y, x = np.meshgrid(np.linspace(0, height - 1, 56), np.linspace(0, width - 1, 44), indexing="ij")
    starts = np.stack((x.ravel(), y.ravel()), axis=1)
    seen = backward.read_points(starts)
    nearest = np.array([int(((seen - point) ** 2).sum(axis=1).argmin()) for point in points])
    out = starts[nearest].copy()
    for _ in range(12):
        here = backward.read_points(out)
        across, down = backward.read_points(out + (1, 0)) - here, backward.read_points(out + (0, 1)) - here
        off = points - here
        size = across[:, 0] * down[:, 1] - across[:, 1] * down[:, 0]
        size = np.where(np.abs(size) < 1e-3, 1e-3, size)
        step_x = (off[:, 0] * down[:, 1] - off[:, 1] * down[:, 0]) / size
        step_y = (across[:, 0] * off[:, 1] - across[:, 1] * off[:, 0]) / size
        out += np.clip(np.stack((step_x, step_y), axis=1), -40, 40)
    return out


def local_distortion(result: NDArray[np.uint8], truth: NDArray[np.uint8]) -> float:
    """Mean length of the dense flow from the flat page to the result, both at 598,400 px, in pixels.

    DIS optical flow (Kroeger et al. 2016) stands for the SIFT flow of the protocol: compare with figures made by it,
    not with those of papers.

    References
    ----------
    You et al., "Multiview rectification of folded documents", TPAMI 2018, doi:10.1109/TPAMI.2017.2675980.
    """
    here, flat = at_protocol_size(result, truth)
    flow = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM).calc(flat, here, None)
    return float(np.hypot(flow[..., 0], flow[..., 1]).mean())
