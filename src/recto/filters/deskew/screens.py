"""Halftone screens, whose rows of dots are not lines of text."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from recto.filters.deskew.spectrum import Spectrum

_LOWEST, _HIGHEST = 0.1, 0.45
_SHARE = 0.02
_BLUR = 0.5


def screen_frequency(spectrum: Spectrum) -> float | None:
    """The frequency of a square lattice of dots, in cycles per pixel, or None.

    A screen has much of the power of the page in one point of the spectrum, and as much in the point a quarter turn
    away. Text and tables may be as regular one way, or fill a square grid, but never so finely and so purely.
    """
    height, width = spectrum.size
    least = 0.5 * _SHARE * float(cv2.sumElems(spectrum.power[:, 4:])[0])
    fy = ((np.arange(height) - height // 2) / height).astype(np.float32)[:, None]
    fx = ((np.arange(spectrum.power.shape[1]) - 4) / width).astype(np.float32)[None, :]
    radius = fy * fy + fx * fx
    within = ((radius > _LOWEST**2) & (radius < _HIGHEST**2)).view(np.uint8)
    power = cv2.boxFilter(spectrum.power, cv2.CV_32F, (3, 3), normalize=False)
    if cv2.minMaxLoc(power, within)[1] < least:
        return None
    partner_x = np.abs(fy) * width + 4 + 0 * fx
    partner_y = -np.sign(fy + 1e-9) * fx * height + height // 2
    partner = cv2.remap(power, partner_x, partner_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=(0,))
    _, both, _, (column, row) = cv2.minMaxLoc(np.minimum(power, partner), within)
    return float(np.sqrt(radius[row, column])) if both >= least else None


def without_screen(small: NDArray[np.uint8], frequency: float) -> NDArray[np.uint8]:
    """The page blurred until a screen of ``frequency`` is a hundredth as strong: the picture that it stands for."""
    return np.asarray(cv2.GaussianBlur(small, (0, 0), _BLUR / frequency), dtype=np.uint8)
