"""Bright paper and dark ink, without clipping what lies between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from recto.blueprint import Change, Estimate, Params, PixelFilter
from recto.raster import Kind, Page, luma

__all__ = ["Contrast", "ContrastParams", "Tones"]


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
        Luma that becomes 0 and 255.
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
        return Change(Page(stretched(page, curve), page.kind, page.dpi), (found,))


def tones(page: Page, clip_share: float) -> Tones:
    """The luma below and above which no more than ``clip_share`` of the pixels lie.

    The confidence is the share of the tonal range that is used: 0 for a single tone, 1 for black to white.
    """
    counts = np.bincount(luma(page).ravel(), minlength=256)
    share = np.cumsum(counts) / counts.sum()
    black = int(np.searchsorted(share, clip_share, side="right"))
    white = int(np.searchsorted(share, 1.0 - clip_share, side="left"))
    black, white = min(black, 255), min(max(white, black), 255)
    return Tones((white - black) / 255.0, black, white)


def stretched(page: Page, curve: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The page through a tone curve of 256 entries; all channels alike, so that grey stays grey."""
    return np.asarray(curve[page.samples], dtype=np.uint8)


def _line(found: Tones, strength: float) -> NDArray[np.uint8]:
    tone = np.arange(256, dtype=np.float64)
    full = np.clip((tone - found.black) * 255.0 / max(1, found.white - found.black), 0, 255)
    return np.asarray(np.rint(tone + strength * (full - tone)), dtype=np.uint8)
