"""Halftone screens, whose rows of dots are not lines of text."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from recto.filters.deskew.spectrum import AHEAD, Spectrum

_LOWEST, _HIGHEST = 0.1, 0.45
_SHARE = 0.02
_BLUR = 0.6

Floats = NDArray[np.float64]


def screen_frequency(spectrum: Spectrum) -> float | None:
    """The frequency of a square lattice of dots, in cycles per pixel, or None.

    A screen has much of the power of the page in one point of the spectrum, and as much in the point a quarter turn
    away. Text and tables may be as regular one way, or fill a square grid, but never so finely and so purely.
    """
    height, width = spectrum.size
    least = 0.5 * _SHARE * float(cv2.sumElems(spectrum.power[:, AHEAD:])[0])
    # a peak of nine points has a ninth of its power in one
    row, column = np.divmod(np.flatnonzero(spectrum.power > least / 9), spectrum.power.shape[1])
    fx, fy = (column - AHEAD) / width, (row - height // 2) / height
    radius = np.hypot(fx, fy)
    within = (fx >= 0) & (radius > _LOWEST) & (radius < _HIGHEST)
    fx, fy, radius = fx[within], fy[within], radius[within]
    if len(radius) == 0:
        return None
    # the point a quarter turn away, on the half of the spectrum that is kept
    both = np.minimum(_around(spectrum, fx, fy), _around(spectrum, np.abs(fy), np.where(fy < 0, fx, -fx)))
    best = int(np.argmax(both))
    return float(radius[best]) if both[best] >= least else None


def _around(spectrum: Spectrum, fx: Floats, fy: Floats) -> Floats:
    """The power of the nine points about each frequency."""
    height, width = spectrum.size
    row, column = np.rint(fy * height).astype(np.intp) + height // 2, np.rint(fx * width).astype(np.intp) + AHEAD
    total = np.zeros(len(row))
    for y in (-1, 0, 1):
        for x in (-1, 0, 1):
            total += spectrum.power[
                np.clip(row + y, 0, height - 1), np.clip(column + x, 0, spectrum.power.shape[1] - 1)
            ]
    return total


def without_screen(small: NDArray[np.uint8], frequency: float) -> NDArray[np.uint8]:
    """The page blurred until a screen of ``frequency`` is a thousandth as strong: the picture that it stands for.

    In floating point, for kernels of bytes leave more of it than that.
    """
    soft = cv2.GaussianBlur(small.astype(np.float32), (0, 0), _BLUR / frequency)
    return np.asarray(np.rint(soft), dtype=np.uint8)
