"""Black ink on white paper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from recto.blueprint import Change, Estimate, Params, PixelFilter
from recto.filters.binarize.classical import METHODS, named, otsu_threshold
from recto.filters.binarize.fast import fast
from recto.raster import Kind, Page, luma

__all__ = ["Binarize", "BinarizeParams", "Ink"]

Method = Literal[
    "auto", "fast", "otsu", "sauvola", "wolf", "nick", "isauvola", "niblack", "bernsen", "gatos", "su",
    "trsingh", "wan", "bataineh",
]  # fmt: skip


class BinarizeParams(Params):
    method: Method = Field("auto", description="auto chooses and says why.")
    window_px: int | None = Field(None, ge=3, le=151, description="Window of the named local methods.")
    k: float | None = Field(None, ge=-1.0, le=1.0, description="Weight k of the named local methods.")


@dataclass(frozen=True)
class Ink(Estimate):
    """What was taken for ink.

    Attributes
    ----------
    threshold : int
        Luma of the brightest ink pixel, 0 when there is none.
    ink_share : float
        Share of the pixels that became ink, 0 to 1.
    """

    name: ClassVar[str] = "ink"
    threshold: int
    ink_share: float


class Binarize(PixelFilter[BinarizeParams]):
    name: ClassVar[str] = "binarize"
    summary: ClassVar[str] = "Make the page black ink on white paper."
    params = BinarizeParams

    def apply(self, page: Page, params: BinarizeParams) -> Change:
        if page.kind is Kind.BINARY:
            share = float(np.mean(page.samples == 0))
            return Change(None, (Ink(1.0, 127, share),), ("left as it is: it is black and white already",))
        grey = luma(page)
        if int(grey.max()) - int(grey.min()) < 24:
            blank = np.full(grey.shape, 255 if grey.mean() >= 64 else 0, dtype=np.uint8)
            return Change(Page(blank, Kind.BINARY, page.dpi), (Ink(0.0, 0, float(np.mean(blank == 0))),), ())
        if params.method in METHODS:
            ink = named(grey, params.method, params.window_px, params.k)
        elif params.method == "otsu":
            ink = grey <= otsu_threshold(grey)
        else:
            ink = fast(grey)
        samples = np.where(ink, 0, 255).astype(np.uint8)
        level = int(grey[ink].max()) if ink.any() else 0
        return Change(Page(samples, Kind.BINARY, page.dpi), (Ink(0.5, level, float(ink.mean())),), ())
