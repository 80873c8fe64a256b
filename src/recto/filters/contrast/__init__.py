"""Bright paper and dark ink, without clipping what lies between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np
from pydantic import Field

from recto.blueprint import Change, Estimate, Params, PixelFilter
from recto.raster import Kind, Page
from recto.raster.page import Samples

__all__ = ["Contrast", "ContrastParams", "Tones"]

_BAND_ROWS = 256


class ContrastParams(Params):
    clip_share: float = Field(
        0.001,
        ge=0.0,
        le=0.05,
        description="Share of the pixels at either end that may become pure black or pure white.",
    )
    strength: float = Field(1.0, ge=0.0, le=1.0, description="0 leaves the page, 1 stretches it fully.")
    least_span: int = Field(
        32, ge=2, le=255, description="Below this span of tones, in luma, the page counts as blank and is left."
    )


@dataclass(frozen=True)
class Tones(Estimate):
    """The tones between which the page lives.

    Attributes
    ----------
    black, white : int
        Tones that become 0 and 255.
    """

    name: ClassVar[str] = "tones"
    black: int
    white: int


class Contrast(PixelFilter[ContrastParams]):
    name: ClassVar[str] = "contrast"
    summary: ClassVar[str] = "Stretch the tones so that paper is bright and ink is dark; colours keep their hue."
    params = ContrastParams

    def inspect(self, page: Page, params: ContrastParams) -> tuple[Estimate, ...]:
        return (tones(page, params.clip_share),)

    def apply(self, page: Page, params: ContrastParams) -> Change:
        found = tones(page, params.clip_share)
        span = found.white - found.black
        if page.kind is Kind.BINARY:
            return Change(None, (found,), ("left as it is: it is black and white already",))
        if span < params.least_span:
            return Change(None, (found,), ("left as it is: there is nothing but one tone",))
        curve = _line(found, params.strength)
        if int(np.abs(curve.astype(int) - np.arange(256)).max()) <= 4:
            return Change(None, (found,), ("left as it is: it has full contrast already",))
        stretched = np.asarray(cv2.LUT(page.samples, curve), dtype=np.uint8)
        return Change(Page(stretched, page.kind, page.dpi), (found,))


def tones(page: Page, clip_share: float) -> Tones:
    """The tones below and above which no more than ``clip_share`` of the pixels lie.

    Of a colour page the darkest and the brightest channel of each pixel are asked, so that no channel is cut off
    and every hue stays. The confidence is the share of the tonal range that is used.
    """
    darkest, brightest = np.zeros(256), np.zeros(256)
    for start in range(0, page.height_px, _BAND_ROWS):
        dark = bright = page.samples[start : start + _BAND_ROWS]
        if page.kind is Kind.COLOUR:
            red, green, blue = cv2.split(dark)
            dark = np.asarray(cv2.min(cv2.min(red, green), blue), dtype=np.uint8)
            bright = np.asarray(cv2.max(cv2.max(red, green), blue), dtype=np.uint8)
        darkest += np.bincount(dark.ravel(), minlength=256)
        brightest += np.bincount(bright.ravel(), minlength=256)
    below, above = (np.cumsum(counts) / counts.sum() for counts in (darkest, brightest))
    black = min(int(np.searchsorted(below, clip_share, side="right")), 255)
    white = int(np.searchsorted(above, 1.0 - clip_share - 1e-9, side="left"))
    white = min(max(white, black), 255)
    return Tones((white - black) / 255.0, black, white)


def _line(found: Tones, strength: float) -> Samples:
    """The tone curve: 256 entries, a straight line from black to white, never falling."""
    tone = np.arange(256, dtype=np.float64)
    full = np.clip((tone - found.black) * 255.0 / max(1, found.white - found.black), 0, 255)
    return np.rint(tone + strength * (full - tone)).astype(np.uint8)
