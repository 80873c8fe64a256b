"""Enlarging by interpolation, shrinking by area, and colour that follows the luma."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

_METHODS = {"bicubic": cv2.INTER_CUBIC, "lanczos": cv2.INTER_LANCZOS4}


def enlarge(samples: NDArray[np.uint8], shape: tuple[int, int], method: str) -> NDArray[np.uint8]:
    """Draw ``samples`` at ``shape`` by ``bicubic`` or ``lanczos`` interpolation: edges fall on edges.

    Parameters
    ----------
    samples : uint8 ndarray, shape (H, W) or (H, W, 3)
    shape : tuple of int
        ``(H, W)`` of the result, no smaller than that of ``samples``.
    method : {"bicubic", "lanczos"}
    """
    drawn = cv2.resize(samples, (shape[1], shape[0]), interpolation=_METHODS[method])
    return np.asarray(drawn, dtype=np.uint8).reshape(*shape, *samples.shape[2:])
