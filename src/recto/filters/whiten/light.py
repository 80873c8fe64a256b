"""The light on the paper, and the page without it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from recto.raster.background import (
    STRIDE,
    background,
    enclosed,
    enlarged_rows,
    filled,
    picture_area,
    shrunk,
    wide_background,
)
from recto.raster.page import Samples

_REACH_PX = 15
_BAND_PX = 2_000_000
_HUE_STEP = 0.09
_DARK = 0.42
_LEAST_HULL = 0.003
_WHITE = (0.70, 0.94)
_SHOULDER = 0.14


@dataclass(frozen=True)
class Light:
    """What the paper would look like without ink, a pixel for 4 × 4 of the page.

    Attributes
    ----------
    small : uint8 ndarray, shape (h, w) or (h, w, 3)
    colour : tuple of int
        The usual colour of the paper, a value per channel.
    paper_share : float
        Share of the page that has the paper's hue.
    evenness : float
        The darkest twentieth of the light over the brightest, 0 to 1.
    grain : float
        Standard deviation of the paper as a share of its light.
    """

    small: Samples
    colour: tuple[int, ...]
    paper_share: float
    evenness: float
    grain: float

    @classmethod
    def of(cls, samples: Samples, keep_pictures: bool = True) -> Light:
        small = shrunk(samples)
        near = background(small, _REACH_PX)
        colour, alike = _usual(near)
        light = near
        if keep_pictures:
            foreign = ~alike | _darker(near, wide_background(small)) | _pictures(samples, near.shape[:2])
            light = filled(near, _rounded(foreign))
        tone = light if light.ndim == 2 else light.max(axis=2)
        low, high = (float(np.percentile(tone, q)) for q in (5, 95))
        return cls(light, colour, float(alike.mean()), low / max(high, 1.0), _grain(samples, light))


def _grain(samples: Samples, light: Samples) -> float:
    """From the pixels that are nearly as bright as the light, by their median deviation; one pixel in sixteen."""
    height, width = light.shape[:2]
    few = samples[: height * STRIDE : STRIDE, : width * STRIDE : STRIDE].astype(np.float32)
    share = few / np.maximum(light[: few.shape[0], : few.shape[1]], 1)
    share = share[(share > 0.6) & (share < 1.4)]
    if share.size < 100:
        return 0.0
    return float(1.4826 * np.median(np.abs(share - np.median(share))))


def _usual(near: Samples) -> tuple[tuple[int, ...], NDArray[np.bool_]]:
    """The paper's colour (the median of the brighter half), and where the hue is like it whatever the brightness."""
    flat = near.reshape(near.shape[0], near.shape[1], -1).astype(np.float32)
    tone = flat.max(axis=2)
    bright = tone >= np.median(tone)
    colour = np.median(flat[bright], axis=0)
    if flat.shape[2] == 1:
        return (int(colour[0]),), np.ones(tone.shape, dtype=bool)
    hue = flat / np.maximum(tone, 1.0)[..., None]
    usual = colour / max(float(colour.max()), 1.0)
    far = np.abs(hue - usual).max(axis=2)
    return tuple(int(v) for v in colour), far < _HUE_STEP + 6.0 / np.maximum(tone, 8.0)


def _darker(near: Samples, wide: Samples) -> NDArray[np.bool_]:
    """Too dark for a shadow, and enclosed by paper."""
    ratio = near.astype(np.float32) < _DARK * wide.astype(np.float32)
    return enclosed(ratio if ratio.ndim == 2 else np.asarray(ratio.all(axis=2)))


def _pictures(samples: Samples, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    grey = samples if samples.ndim == 2 else np.asarray(cv2.cvtColor(samples, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    area = picture_area(grey).astype(np.uint8)
    return np.asarray(cv2.resize(area, (shape[1], shape[0]), interpolation=cv2.INTER_NEAREST) > 0)


def _rounded(foreign: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Without crumbs; large compact areas as their convex hulls, since a picture is one thing; and a little wider."""
    mask = cv2.morphologyEx(foreign.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((25, 25), np.uint8), borderType=cv2.BORDER_REPLICATE)
    outlines, _ = cv2.findContours(np.asarray(mask), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    for outline in outlines:
        hull = cv2.convexHull(outline)
        area = cv2.contourArea(hull)
        if area > _LEAST_HULL * mask.size and cv2.contourArea(outline) > 0.5 * area:
            cv2.fillConvexPoly(mask, hull, 1)
    return np.asarray(cv2.dilate(mask, np.ones((13, 13), np.uint8)) > 0)


def lit_evenly(samples: Samples, light: Light, strength: float) -> Samples:
    """The page over its light, and what is nearly paper pushed to white.

    Only pixels all of whose channels are near the paper's are pushed, so that pale colours stay.
    """
    height, width = samples.shape[:2]
    full_rows = max(STRIDE, _BAND_PX // width // STRIDE * STRIDE)
    white = float(np.clip(1.0 - 3.0 * light.grain, *_WHITE))
    drawn = np.empty_like(samples)
    for start in range(0, height, full_rows):
        rows = slice(start, min(height, start + full_rows))
        share = samples[rows].astype(np.float32) / np.maximum(enlarged_rows(light.small, (height, width), rows), 1)
        least = share if share.ndim == 2 else share.min(axis=2, keepdims=True)
        t = np.clip((least - (white - _SHOULDER)) / _SHOULDER, 0, 1)
        t = t * t * (3 - 2 * t)
        share = np.minimum(share, 1)
        share += (1 - share) * t
        even = share * 255
        if strength < 1.0:
            even = samples[rows] * (1 - strength) + even * strength
        drawn[rows] = np.rint(even)
    return drawn
