"""The binarizers that are compared: ours, every method of doxapy, OpenCV's, scikit-image's."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import doxapy
import numpy as np
from numpy.typing import NDArray

from recto.filters.binarize import Binarize, BinarizeParams
from recto.raster import Kind, Page

Samples = NDArray[np.uint8]
Method = Callable[[Samples], Samples]

DOXA = ("SAUVOLA", "WOLF", "NICK", "ISAUVOLA", "GATOS", "SU", "NIBLACK", "BERNSEN", "BATAINEH", "TRSINGH", "WAN")


def methods() -> dict[str, Method]:
    """Name → function from a grey or colour page to 0 (ink) and 255 (paper)."""
    found: dict[str, Method] = {f"recto {name}": _ours(name) for name in ("net", "fast", "auto")}
    for name in DOXA:
        found[f"doxapy {name.title()}"] = _doxa(name, {})
    found["doxapy Wolf 50/0.3"] = _doxa("WOLF", {"window": 50, "k": 0.3})
    found["doxapy Sauvola 40/0.3"] = _doxa("SAUVOLA", {"window": 40, "k": 0.3})
    found["doxapy Nick 40/-0.1"] = _doxa("NICK", {"window": 40, "k": -0.1})
    found["OpenCV Otsu"] = _otsu
    found["OpenCV Gauss 31/15"] = _gauss
    found["scikit-image Sauvola"] = _skimage
    return found


def _grey(samples: Samples) -> Samples:
    return samples if samples.ndim == 2 else np.asarray(cv2.cvtColor(samples, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def _ours(method: str) -> Method:
    params = BinarizeParams.model_validate({"method": method})

    def run(samples: Samples) -> Samples:
        kind = Kind.GREY if samples.ndim == 2 else Kind.COLOUR
        page = Binarize().apply(Page(samples, kind), params).page
        return samples if page is None else page.samples

    return run


def _doxa(name: str, parameters: dict[str, float]) -> Method:
    def run(samples: Samples) -> Samples:
        drawn = np.array(_grey(samples), order="C")
        doxapy.Binarization.update_to_binary(getattr(doxapy.Binarization.Algorithms, name), drawn, parameters)
        return drawn

    return run


def _otsu(samples: Samples) -> Samples:
    return np.asarray(cv2.threshold(_grey(samples), 0, 255, cv2.THRESH_OTSU)[1], dtype=np.uint8)


def _gauss(samples: Samples) -> Samples:
    drawn = cv2.adaptiveThreshold(_grey(samples), 255, cv2.ADAPTIVE_THRESH_GAUSSIAN_C, cv2.THRESH_BINARY, 31, 15)
    return np.asarray(drawn, dtype=np.uint8)


def _skimage(samples: Samples) -> Samples:
    from skimage.filters import threshold_sauvola

    grey = _grey(samples)
    return np.where(grey > threshold_sauvola(grey, 75, 0.2), 255, 0).astype(np.uint8)
