"""The skew angle of a page of text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from recto.blueprint import Estimate
from recto.filters.deskew.normalise import shrunk, texture
from recto.filters.deskew.spectrum import Power, along_rays, power_spectrum
from recto.raster import Dpi, Page

_COARSE_DEG = np.arange(-90.0, 90.0, 0.5)
_FINE_DEG = np.arange(-1.0, 1.0001, 0.05)


@dataclass(frozen=True)
class Skew(Estimate):
    """By how much the lines of text are turned.

    Attributes
    ----------
    angle_deg : float
        Positive when the page is turned clockwise: its lines fall to the right.
    """

    name: ClassVar[str] = "skew"
    angle_deg: float


def estimate_skew(page: Page, max_angle_deg: float = 15.0) -> Skew:
    """The skew of the text body and how sure it is."""
    if min(page.shape) < 32:
        return Skew(confidence=0.0, angle_deg=0.0)
    reading = read_skew(page, max_angle_deg)
    confidence = float(np.clip(min(reading.height / 22, reading.ratio / 3.2), 0, 1))
    return Skew(confidence=confidence, angle_deg=reading.angle_deg)


def pixel_aspect(dpi: Dpi | None) -> float:
    """Width over height of a pixel: 1 unless the page credibly says otherwise, as faxes do."""
    if dpi is None or min(dpi) < 50 or max(dpi) > 1300:
        return 1.0
    ratio = dpi.y / dpi.x
    return ratio if 0.33 <= ratio <= 3.0 else 1.0


@dataclass(frozen=True)
class Reading:
    angle_deg: float
    height: float
    ratio: float
    sharpness: float


def read_skew(page: Page, max_angle_deg: float = 15.0) -> Reading:
    small = shrunk(page)
    flat = texture(small)
    flat *= _window(flat.shape)
    size = (_even_dft(flat.shape[0]), _even_dft(int(flat.shape[1] * 1.5)))
    power = power_spectrum(flat, size)
    coarse, height, ratio = _coarse(power, size, max_angle_deg)
    fine, sharp = _fine(power, size, coarse)
    return Reading(fine, height, ratio, sharp)


def _even_dft(n: int) -> int:
    n = cv2.getOptimalDFTSize(n)
    while n % 2:
        n = cv2.getOptimalDFTSize(n + 1)
    return n


def _window(shape: tuple[int, ...]) -> NDArray[np.float32]:
    def ramp(n: int) -> NDArray[np.float32]:
        edge = max(1, n // 12)
        w = np.ones(n, dtype=np.float32)
        r = np.sin(np.linspace(0, np.pi / 2, edge + 1)[:-1]) ** 2
        w[:edge] = r
        w[n - edge :] = r[::-1]
        return w

    return ramp(shape[0])[:, None] * ramp(shape[1])[None, :]


def _coarse(power: Power, size: tuple[int, int], max_angle_deg: float) -> tuple[float, float, float]:
    radii = np.arange(0.02, 0.3, 1.5 / size[0])
    rays = np.sqrt(along_rays(power, size, _COARSE_DEG, radii))
    rays /= np.median(rays, axis=1, keepdims=True) + 1e-6
    score = np.minimum(rays, 5.0).mean(axis=0)
    inside = np.abs(_COARSE_DEG) <= max_angle_deg + 1.0
    best = int(np.argmax(np.where(inside, score, -1)))
    middle = np.median(score)
    deviation = np.median(np.abs(score - middle)) + 1e-9
    return float(_COARSE_DEG[best]), float((score[best] - middle) / deviation), float(score[best] / (middle + 1e-9))


def _fine(power: Power, size: tuple[int, int], coarse_deg: float) -> tuple[float, float]:
    radii = np.arange(0.02, 0.48, 1.0 / size[0])
    rays = along_rays(power, size, coarse_deg + _FINE_DEG, radii)
    floor = np.median(along_rays(power, size, coarse_deg + np.r_[-5.0:-2:0.25, 2.25:5.25:0.25], radii), axis=1)
    rays /= (floor + 1e-6)[:, None]
    score = np.minimum(rays, 30.0).sum(axis=0)
    best = int(np.argmax(score))
    best = min(max(best, 1), len(score) - 2)
    a, b, c = score[best - 1 : best + 2]
    shift = 0.5 * (a - c) / (a - 2 * b + c) if a - 2 * b + c else 0.0
    return float(coarse_deg + _FINE_DEG[best] + shift * 0.05), float(score[best] / (np.median(score) + 1e-9))
