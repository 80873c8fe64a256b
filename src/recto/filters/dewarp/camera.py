"""The true aspect of a flat page seen by a camera."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Quad = NDArray[np.float64]
Floats = NDArray[np.float64]

FORMATS_MM = {"A4": (210.0, 297.0), "Letter": (215.9, 279.4), "Legal": (215.9, 355.6)}
_COMMON = {"A4": 1.0, "Letter": 0.5, "Legal": 0.1}
_MOST_DOUBT = 0.13
_FOCAL_LENGTHS = np.geomspace(0.65, 2.2, 13)
_USUAL_FOCAL_LENGTH = 0.85


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


@dataclass(frozen=True)
class Pose:
    """A flat rectangle before a camera.

    Attributes
    ----------
    plane : float64 ndarray, shape (3, 3)
        From points of the rectangle, its width 1 and its height ``aspect``, to points of the picture.
    normal : float64 ndarray, shape (3,)
        What one unit of height above the rectangle adds to the homogeneous point of the picture.
    aspect : float
        Height over width.
    doubt : float
        How much of the aspect may be wrong, as a share, because the focal length is not known: large where one pair
        of sides stays parallel in a steep view.
    """

    plane: NDArray[np.float64]
    normal: NDArray[np.float64]
    aspect: float
    doubt: float = 0.0

    def seen(self, x: Floats, y: Floats, z: Floats) -> Floats:
        """Points in space, in widths of the rectangle, as points of the picture: shape (..., 2)."""
        lifted = (
            x[..., None] * self.plane[:, 0]
            + y[..., None] * self.plane[:, 1]
            + z[..., None] * self.normal
            + self.plane[:, 2]
        )
        seen: Floats = lifted[..., :2] / lifted[..., 2:]
        return seen


def pose_of(corners: Quad, picture_shape: tuple[int, int]) -> Pose:
    """The rectangle whose corners are seen.

    The principal point is taken in the middle of the picture and pixels as square. Each plausible focal length
    gives a height, a width, and an angle between the two that should be right; the logarithms of focal length and
    aspect are averaged over them, weighted by how right the angle is and how usual the length.

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
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    unit = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    matrix = homography(unit, (corners - middle) / long)
    logs, weights = [], []
    for focal in _FOCAL_LENGTHS:
        across, down = _edges(matrix, focal)
        a, d = float(np.linalg.norm(across)), float(np.linalg.norm(down))
        cosine = float(across @ down) / max(a * d, 1e-12)
        logs.append(np.log(max(d, 1e-9) / max(a, 1e-9)))
        usual = np.log(focal / _USUAL_FOCAL_LENGTH) / 0.35
        weights.append(np.exp(-0.5 * (cosine / 0.03) ** 2 - 0.5 * usual**2) + 1e-12)
    middle_log = float(np.average(logs, weights=weights))
    aspect = float(np.exp(middle_log))
    doubt = float(np.average((np.array(logs) - middle_log) ** 2, weights=weights)) ** 0.5
    focal = float(np.exp(np.average(np.log(_FOCAL_LENGTHS), weights=weights)))
    across, down = _edges(matrix, focal)
    down = down / aspect
    normal = np.cross(across, down) / max(float(np.linalg.norm(across)), 1e-12)
    to_picture = np.array([[long, 0, middle[0]], [0, long, middle[1]], [0, 0, 1.0]])
    plane = np.stack((matrix[:, 0], matrix[:, 1] / aspect, matrix[:, 2]), axis=1)
    return Pose(to_picture @ plane, to_picture @ (normal * (focal, focal, 1.0)), aspect, doubt)


def _edges(matrix: NDArray[np.float64], focal: float) -> tuple[Floats, Floats]:
    """Directions of the rectangle's width and height in the camera's space."""
    return matrix[:, 0] / (focal, focal, 1.0), matrix[:, 1] / (focal, focal, 1.0)


def paper_format(aspect: float, doubt: float = 0.0) -> tuple[str, float] | None:
    """The known paper format that a page of that height over width most likely has, and its exact aspect.

    Parameters
    ----------
    aspect : float
        As it was measured.
    doubt : float
        How much of the aspect may be wrong, as a share, beyond what is usual for a flat page; 0 for a flat one.

    Returns
    -------
    tuple of str and float, or None
        None when no format is near.
    """
    doubt = min(max(doubt, 0.0), _MOST_DOUBT)
    best: tuple[float, str, float] | None = None
    for name, (short, long) in FORMATS_MM.items():
        for exact in (long / short, short / long):
            off = abs(float(np.log(aspect / exact)))
            unlikely = 0.5 * (off / (0.02 + doubt)) ** 2 - float(np.log(_COMMON[name]))
            if off <= 0.045 + doubt and (best is None or unlikely < best[0]):
                best = (unlikely, name, exact)
    return None if best is None else (best[1], best[2])
