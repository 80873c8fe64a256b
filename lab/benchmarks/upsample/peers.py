"""The filter and those that it is compared with."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from recto.filters.upsample import Upsample, UpsampleParams
from recto.raster import Kind, Page

Samples = NDArray[np.uint8]
Method = Callable[[Samples, float], Samples]


def recto(small: Samples, factor: float) -> Samples:
    """This project's filter, by its door."""
    page = Upsample().apply(Page(small, Kind.GREY), UpsampleParams(scale=factor)).page
    assert page is not None
    return page.samples


def _opencv(interpolation: int) -> Method:
    def drawn(small: Samples, factor: float) -> Samples:
        shape = (round(small.shape[1] * factor), round(small.shape[0] * factor))
        return np.asarray(cv2.resize(small, shape, interpolation=interpolation), dtype=np.uint8)

    return drawn


def _pillow(filter_: Image.Resampling) -> Method:
    def drawn(small: Samples, factor: float) -> Samples:
        shape = (round(small.shape[1] * factor), round(small.shape[0] * factor))
        return np.asarray(Image.fromarray(small).resize(shape, filter_))

    return drawn


def _sharpened(small: Samples, factor: float) -> Samples:
    large = _opencv(cv2.INTER_CUBIC)(small, factor).astype(np.float32)
    soft = cv2.GaussianBlur(large, (0, 0), 0.7 * factor)
    return np.clip(np.rint(large + 1.5 * (large - soft)), 0, 255).astype(np.uint8)


METHODS: dict[str, Method] = {
    "recto": recto,
    "bicubic": _opencv(cv2.INTER_CUBIC),
    "bicubic + unsharp": _sharpened,
    "Lanczos (OpenCV)": _opencv(cv2.INTER_LANCZOS4),
    "Lanczos (Pillow)": _pillow(Image.Resampling.LANCZOS),
    "bicubic (Pillow)": _pillow(Image.Resampling.BICUBIC),
}
