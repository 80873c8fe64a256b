"""MS-SSIM of a flattened page against its flat original, by the DocUNet protocol."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
AREA_PX = 598_400


def at_protocol_size(
    result: NDArray[np.uint8], truth: NDArray[np.uint8]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Both pages in grey, the truth at 598,400 px and the result at the same shape.

    References
    ----------
    Ma et al., "DocUNet", CVPR 2018, doi:10.1109/CVPR.2018.00494.
    """
    scale = (AREA_PX / (truth.shape[0] * truth.shape[1])) ** 0.5
    size = (round(truth.shape[1] * scale), round(truth.shape[0] * scale))
    both = []
    for page in (result, truth):
        grey = page if page.ndim == 2 else cv2.cvtColor(page, cv2.COLOR_RGB2GRAY)
        both.append(np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), dtype=np.uint8))
    return both[0], both[1]


def ms_ssim(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    """Multi-scale structural similarity of two grey pages of one shape, at least 176 px on each side: at most 1.

    References
    ----------
    Wang, Simoncelli and Bovik, "Multiscale structural similarity for image quality assessment", Asilomar 2003,
    doi:10.1109/ACSSC.2003.1292216.

    Raises
    ------
    ValueError
        The shapes differ, or five scales do not fit.
    """
    if a.shape != b.shape or a.ndim != 2 or min(a.shape) < 11 * 16:
        raise ValueError(f"two grey pages of one shape of at least 176 px are needed, not {a.shape} and {b.shape}")
    x, y = a.astype(np.float64), b.astype(np.float64)
    product = 1.0
    for level, weight in enumerate(WEIGHTS):
        luminance, structure = _ssim_parts(x, y)
        last = level == len(WEIGHTS) - 1
        product *= max(luminance if last else structure, 0.0) ** weight
        if not last:
            x, y = _halved(x), _halved(y)
    return product


def _ssim_parts(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[float, float]:
    """Mean of the full SSIM map, and of its contrast and structure part."""
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2

    def mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(cv2.GaussianBlur(values, (11, 11), 1.5)[5:-5, 5:-5], dtype=np.float64)

    mx, my = mean(x), mean(y)
    vx, vy, vxy = mean(x * x) - mx * mx, mean(y * y) - my * my, mean(x * y) - mx * my
    structure = (2 * vxy + c2) / (vx + vy + c2)
    full = structure * (2 * mx * my + c1) / (mx * mx + my * my + c1)
    return float(full.mean()), float(structure.mean())


def _halved(values: NDArray[np.float64]) -> NDArray[np.float64]:
    smooth = cv2.blur(values, (2, 2), borderType=cv2.BORDER_REFLECT)
    return np.asarray(smooth[::2, ::2], dtype=np.float64)
