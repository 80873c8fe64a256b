"""The light on the paper, and the page without it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from recto.filters.whiten.fine import bars, brightest, crisp, fine_light, framed, steepness
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
_MOST_COLD, _COLD_SLOPE = 0.22, 1.2
_MOST_GREEN, _GREEN_SLOPE = 0.18, 0.6
_DARK = 0.42
_LEAST_HULL = 0.003
_WHITE = (0.70, 0.94)
_SHOULDER = (0.05, 0.14)


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
    kept : bool ndarray, shape (h, w)
        Bars, and unless they are not asked for, pictures, highlighter and boxes.
    """

    small: Samples
    colour: tuple[int, ...]
    paper_share: float
    evenness: float
    grain: float
    kept: NDArray[np.bool_]

    @classmethod
    def of(cls, samples: Samples, keep_pictures: bool = True, *, two_tones: bool = False) -> Light:
        """The light on a page; where it has two tones and no pictures, the smooth light without bars, at half the cost.

        Paper, colour and evenness are the same either way.
        """
        small = shrunk(samples)
        near = background(small, _REACH_PX)
        pictures = _pictures(samples, small.shape[:2], keep_pictures)
        rough = two_tones and not pictures.any()
        kept = np.zeros(small.shape[:2], dtype=bool) if rough else bars(small)
        light = near if rough else fine_light(small, kept)
        colour, alike = _usual(near, light)
        if keep_pictures:
            foreign = _rounded(~alike | _darker(near, wide_background(small)) | framed(pictures, light))
            light, near = filled(light, foreign), filled(near, foreign)
            kept = kept | foreign
        return cls(light, colour, float(alike.mean()), _evenness(near), _grain(samples, light), kept)


def _evenness(near: Samples) -> float:
    """Of the smoother light, since the finer one follows the grain of a white page as well."""
    low, high = (float(np.percentile(brightest(near), q)) for q in (5, 95))
    return low / max(high, 1.0)


def _grain(samples: Samples, light: Samples) -> float:
    """From the pixels that are nearly as bright as the light, by their median deviation; one pixel in sixteen."""
    height, width = light.shape[:2]
    few = samples[: height * STRIDE : STRIDE, : width * STRIDE : STRIDE].astype(np.float32)
    share = few / np.maximum(light[: few.shape[0], : few.shape[1]], 1)
    share = share[(share > 0.6) & (share < 1.4)]
    if share.size < 100:
        return 0.0
    return float(1.4826 * np.median(np.abs(share - np.median(share))))


def _usual(near: Samples, light: Samples) -> tuple[tuple[int, ...], NDArray[np.bool_]]:
    """The paper's colour (the median of the brighter half), and where the hue is that of paper in any light."""
    smooth = near.reshape(near.shape[0], near.shape[1], -1)
    tone = smooth.max(axis=2)
    colour = np.median(smooth[tone >= np.median(tone)], axis=0).astype(np.float32)
    if smooth.shape[2] == 1:
        return (int(colour[0]),), np.ones(tone.shape, dtype=bool)
    flat = light.astype(np.float32)
    tone = flat.max(axis=2)
    hue = flat / np.maximum(tone, 1.0)[..., None]
    usual = colour / max(float(colour.max()), 1.0)
    far = np.abs(hue - usual).max(axis=2)
    alike = far < _HUE_STEP + 6.0 / np.maximum(tone, 8.0)
    shade = _shade(flat, colour) & ~alike
    if shade.any():
        depth = np.abs(np.log(np.maximum(float(colour.max()), 1.0) / np.maximum(tone, 1.0)))
        alike |= shade & ~crisp(shade, depth, steepness(brightest(light)))
    return tuple(int(v) for v in colour), alike


def _shade(flat: NDArray[np.float32], colour: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Where the paper may lie in a shadow that is bluer or redder than the light: sun and sky, lamp and window.

    Such a shadow is dimmer in every channel (and what the sun reaches through it, brighter), and the more it is, the
    farther may its hue be; between green and purple it hardly moves. Highlighter and pale boxes are as bright as the
    paper in one channel at least.
    """
    ratio = np.maximum(flat, 1.0) / np.maximum(colour, 1.0)
    dim = np.maximum(1.0 - ratio.max(axis=2), 1.0 - 1.0 / ratio.min(axis=2))
    log = np.log(ratio)
    red, blue = log[..., 0] - log[..., 1], log[..., 2] - log[..., 1]
    cold = np.abs(blue - red) < 2 * np.minimum(_MOST_COLD, _COLD_SLOPE * dim)
    return np.asarray(cold & (np.abs(blue + red) < np.minimum(_MOST_GREEN, _GREEN_SLOPE * dim)))


def _darker(near: Samples, wide: Samples) -> NDArray[np.bool_]:
    """Too dark for a shadow, and enclosed by paper."""
    ratio = near.astype(np.float32) < _DARK * wide.astype(np.float32)
    return enclosed(ratio if ratio.ndim == 2 else np.asarray(ratio.all(axis=2)))


def _pictures(samples: Samples, shape: tuple[int, ...], wanted: bool) -> NDArray[np.bool_]:
    if not wanted:
        return np.zeros(shape, dtype=bool)
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

    Only pixels all of whose channels are near the paper's are pushed, so that pale colours stay; on paper of little
    grain no more than must be, so that pale print does.
    """
    height, width = samples.shape[:2]
    full_rows = max(STRIDE, _BAND_PX // width // STRIDE * STRIDE)
    white = float(np.clip(1.0 - 3.0 * light.grain, *_WHITE))
    shoulder = float(np.clip(8.0 * light.grain, *_SHOULDER))
    drawn = np.empty_like(samples)
    for start in range(0, height, full_rows):
        rows = slice(start, min(height, start + full_rows))
        share = samples[rows].astype(np.float32) / np.maximum(enlarged_rows(light.small, (height, width), rows), 1)
        least = share if share.ndim == 2 else share.min(axis=2, keepdims=True)
        t = np.clip((least - (white - shoulder)) / shoulder, 0, 1)
        t = t * t * (3 - 2 * t)
        share = np.minimum(share, 1)
        share += (1 - share) * t
        even = share * 255
        if strength < 1.0:
            even = samples[rows] * (1 - strength) + even * strength
        drawn[rows] = np.rint(even)
    return drawn
