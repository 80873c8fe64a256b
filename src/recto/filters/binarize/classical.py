"""The named methods, by doxapy and with their papers' parameters."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import doxapy
import numpy as np
from numpy.typing import NDArray

from recto.raster.page import Samples

Mask = NDArray[np.bool_]

_BAND_PX = 3_000_000
_HALO_PX = 160
_LEAST_SIDE_PX = 320


@dataclass(frozen=True)
class Named:
    """One method: doxapy's name, the window in pixels and the weight k; None where it has no such parameter."""

    algorithm: str
    window_px: int | None = None
    k: float | None = None


METHODS: dict[str, Named] = {
    "sauvola": Named("SAUVOLA", 75, 0.2),
    "wolf": Named("WOLF", 40, 0.5),
    "nick": Named("NICK", 75, -0.2),
    "isauvola": Named("ISAUVOLA", 75, 0.2),
    "niblack": Named("NIBLACK", 75, -0.2),
    "bernsen": Named("BERNSEN", 75),
    "gatos": Named("GATOS"),
    "su": Named("SU"),
    "trsingh": Named("TRSINGH", 75, 0.2),
    "wan": Named("WAN", 75, 0.2),
    "bataineh": Named("BATAINEH"),
}


def otsu_threshold(grey: Samples) -> int:
    """The luma at and below which a pixel is ink.

    References
    ----------
    Otsu: A threshold selection method from gray-level histograms, IEEE SMC 9(1), 1979.
    """
    threshold, _ = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    return int(threshold)


def named(grey: Samples, method: str, window_px: int | None = None, k: float | None = None) -> Mask:
    """The ink by one of ``METHODS``.

    Pages over 3 megapixels are read in overlapping bands, because doxapy's integral images take 16 bytes a pixel.

    Parameters
    ----------
    grey : uint8 ndarray, shape (H, W)
    method : str
        A key of ``METHODS``.
    window_px, k
        Instead of the paper's, where the method has such a parameter.

    Returns
    -------
    bool ndarray, shape (H, W)
        True on ink.
    """
    known = METHODS[method]
    parameters: dict[str, float] = {}
    if known.window_px is not None:
        parameters["window"] = known.window_px if window_px is None else window_px
    if known.k is not None:
        parameters["k"] = known.k if k is None else k
    height, width = grey.shape
    rows = max(_HALO_PX, _BAND_PX // width)
    ink = np.empty(grey.shape, dtype=bool)
    for start in range(0, height, rows):
        stop = min(height, start + rows)
        low, high = max(0, start - _HALO_PX), min(height, stop + _HALO_PX)
        ink[start:stop] = _band(grey[low:high], known.algorithm, parameters)[start - low : stop - low]
    return ink


def _band(grey: Samples, algorithm: str, parameters: dict[str, float]) -> Mask:
    """One call of doxapy, which writes outside its memory when a side is shorter than the window: hence the padding."""
    if int(grey.min()) == int(grey.max()):
        return np.zeros(grey.shape, dtype=bool)
    if algorithm == "GATOS" and not 0.0005 < (plain := _band(grey, "SAUVOLA", {})).mean() < 0.7:
        # Gatos divides by counts of ink and of paper; without either of them doxapy would end the process.
        return plain
    height, width = grey.shape
    below, right = max(0, _LEAST_SIDE_PX - height), max(0, _LEAST_SIDE_PX - width)
    samples = np.ascontiguousarray(np.pad(grey, ((0, below), (0, right)), mode="edge"))
    which = getattr(doxapy.Binarization.Algorithms, algorithm)
    doxapy.Binarization.update_to_binary(which, samples, parameters)
    return np.asarray(samples[:height, :width] == 0)
