"""The true aspect of a flat page seen by a camera."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Quad = NDArray[np.float64]

FORMATS_MM = {"A4": (210.0, 297.0), "Letter": (215.9, 279.4), "Legal": (215.9, 355.6)}
_FOCAL_LENGTHS = np.geomspace(0.65, 2.2, 13)
_USUAL_FOCAL_LENGTH = 0.95


def homography(source: Quad, target: Quad) -> NDArray[np.float64]:
    """The projective map of four points onto four points: float64 ndarray, shape (3, 3)."""
    rows = []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y, -u])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y, -v])
    _, _, vt = np.linalg.svd(np.array(rows))
    matrix: NDArray[np.float64] = vt[-1].reshape(3, 3)
    return matrix / matrix[2, 2] if abs(matrix[2, 2]) > 1e-12 else matrix


def project(matrix: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points of shape (..., 2) through a projective map."""
    lifted = points @ matrix[:, :2].T + matrix[:, 2]
    w = np.where(np.abs(lifted[..., 2:]) < 1e-9, 1e-9, lifted[..., 2:])
    out: NDArray[np.float64] = lifted[..., :2] / w
    return out


def aspect_of(corners: Quad, picture_shape: tuple[int, int]) -> float:
    """Height over width of the rectangle whose corners are seen.

    The principal point is taken in the middle of the picture and pixels as square. Each plausible focal length
    gives a height, a width, and an angle between the two that should be right; the lengths are averaged over the
    focal lengths, weighted by how right the angle is and how usual the length.

    Parameters
    ----------
    corners : float64 ndarray, shape (4, 2)
        Top left, top right, bottom right, bottom left, in pixels.
    picture_shape : tuple of int
        ``(H, W)`` of the picture.

    References
    ----------
    Zhang and He, "Whiteboard scanning and image enhancement", Digital Signal Processing 17 (2007),
    doi:10.1016/j.dsp.2006.05.006.
    """
    height, width = picture_shape
    long = float(max(height, width))
    centred = (corners - np.array([(width - 1) / 2, (height - 1) / 2])) / long
    unit = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    matrix = homography(unit, centred)
    logs, weights = [], []
    for focal in _FOCAL_LENGTHS:
        across = matrix[:, 0] / (focal, focal, 1.0)
        down = matrix[:, 1] / (focal, focal, 1.0)
        a, d = float(np.linalg.norm(across)), float(np.linalg.norm(down))
        cosine = float(across @ down) / max(a * d, 1e-12)
        logs.append(np.log(max(d, 1e-9) / max(a, 1e-9)))
        usual = np.log(focal / _USUAL_FOCAL_LENGTH) / 0.35
        weights.append(np.exp(-0.5 * (cosine / 0.03) ** 2 - 0.5 * usual**2) + 1e-12)
    return float(np.exp(np.average(logs, weights=weights)))


def paper_format(aspect: float, tolerance: float = 0.045) -> tuple[str, float] | None:
    """The known paper format of nearly that height over width, and its exact aspect; None when there is none."""
    best: tuple[float, str, float] | None = None
    for name, (short, long) in FORMATS_MM.items():
        for exact in (long / short, short / long):
            off = abs(np.log(aspect / exact))
            if off <= tolerance and (best is None or off < best[0]):
                best = (off, name, exact)
    return None if best is None else (best[1], best[2])
