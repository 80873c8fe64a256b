"""Dots for the tones of photographs."""

from __future__ import annotations

import numpy as np

from recto.raster.page import Samples


def dithered(grey: Samples) -> Samples:
    """The tones as black dots, by Bayer's 8 × 8 matrix: 0 ink, 255 paper.

    References
    ----------
    Bayer: An optimum method for two-level rendition of continuous-tone pictures, IEEE ICC 1973.
    """
    matrix = np.array([[0]])
    for _ in range(3):
        matrix = np.block([[4 * matrix, 4 * matrix + 2], [4 * matrix + 3, 4 * matrix + 1]])
    limit = ((matrix + 0.5) * 4).astype(np.uint8)
    height, width = grey.shape
    drawn = np.empty_like(grey)
    for start in range(0, height, 1024):
        rows = grey[start : start + 1024]
        tiled = np.tile(limit, (-(-rows.shape[0] // 8), -(-width // 8)))[: rows.shape[0], :width]
        drawn[start : start + 1024] = np.where(rows > tiled, 255, 0)
    return drawn
