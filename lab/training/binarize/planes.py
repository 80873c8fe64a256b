"""What the net looks at: grey, the grey divided by its background, and chroma."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from recto.raster.background import background, enlarged, shrunk
from recto.raster.page import Samples

_REACH_PX = 15


def planes(samples: Samples, paper: Samples | None = None) -> NDArray[np.float32]:
    """The three planes of a piece of a page, each about 0 to 1.

    Parameters
    ----------
    samples : uint8 ndarray, shape (H, W) or (H, W, 3)
    paper : uint8 ndarray, shape (H, W), optional
        The background of the grey, from the whole page; of the piece itself by default.

    Returns
    -------
    float32 ndarray, shape (3, H, W)
        Luma; luma over background (1 on paper); the span between the largest and the smallest channel.
    """
    grey = samples if samples.ndim == 2 else np.asarray(cv2.cvtColor(samples, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    if paper is None:
        paper = enlarged(background(shrunk(grey), _REACH_PX), grey.shape)
    found = np.zeros((3, *grey.shape), dtype=np.float32)
    np.divide(grey, np.float32(255), out=found[0])
    np.divide(grey, np.maximum(paper, 8), out=found[1], dtype=np.float32)
    np.minimum(found[1], 1.25, out=found[1])
    if samples.ndim == 3:
        red, green, blue = cv2.split(samples)
        span = cv2.subtract(cv2.max(cv2.max(red, green), blue), cv2.min(cv2.min(red, green), blue))
        np.divide(span, np.float32(255), out=found[2])
    return found
