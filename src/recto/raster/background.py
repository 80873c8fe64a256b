"""The light on the paper: what the page would look like without ink."""

from __future__ import annotations

import cv2
import numpy as np

from recto.raster.page import Samples

STRIDE = 4


def shrunk(samples: Samples, stride: int = STRIDE) -> Samples:
    """The samples averaged over ``stride`` × ``stride`` squares, at least one pixel a side."""
    height, width = samples.shape[:2]
    size = (max(1, width // stride), max(1, height // stride))
    return np.asarray(cv2.resize(samples, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def background(small: Samples, reach_px: int, smooth_px: int = 21) -> Samples:
    """The paper's tone at every point of a shrunk page: a closing that steps over ink, then a median.

    Parameters
    ----------
    small : uint8 ndarray, shape (H, W) or (H, W, 3)
        A shrunk page (see ``shrunk``), dark ink on bright paper.
    reach_px : int
        Ink narrower than this, in pixels of ``small``, is stepped over; wider dark areas count as paper
        in shadow.
    smooth_px : int
        Window of the median, odd.

    Returns
    -------
    uint8 ndarray, of the shape of ``small``

    References
    ----------
    Gatos, Pratikakis, Perantonis: Adaptive degraded document image binarization, Pattern Recognition 39, 2006
    (division by an estimated background); the closing stands in for their interpolation.
    """
    side = max(3, reach_px | 1)
    window = cv2.getStructuringElement(cv2.MORPH_RECT, (side, side))
    closed = cv2.morphologyEx(small, cv2.MORPH_CLOSE, window, borderType=cv2.BORDER_REPLICATE)
    smooth = cv2.medianBlur(closed, max(3, smooth_px | 1))
    return np.asarray(cv2.GaussianBlur(smooth, (0, 0), smooth_px / 4), dtype=np.uint8).reshape(small.shape)


def enlarged(small: Samples, shape: tuple[int, int]) -> Samples:
    """A shrunk plane drawn at ``(H, W)``, linearly."""
    height, width = shape
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), dtype=small.dtype)
