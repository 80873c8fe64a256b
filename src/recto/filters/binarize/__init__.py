"""Black ink on white paper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from recto.blueprint import Change, Estimate, Params, PixelFilter
from recto.filters.binarize.classical import METHODS, named, otsu_threshold
from recto.filters.binarize.fast import fast
from recto.filters.binarize.levelled import Levelled
from recto.filters.binarize.net import net_ink
from recto.filters.binarize.pictures import dithered
from recto.filters.binarize.polarity import bright_on_dark
from recto.filters.binarize.twotoned import cut_between, drawn_ink, grainy_share, tones_of
from recto.raster import Kind, Page, luma
from recto.raster.background import picture_area
from recto.raster.page import Samples

__all__ = ["Binarize", "BinarizeParams", "Ink"]

Method = Literal[
    "auto",
    "net",
    "fast",
    "otsu",
    "sauvola",
    "wolf",
    "nick",
    "isauvola",
    "niblack",
    "bernsen",
    "gatos",
    "su",
    "trsingh",
    "wan",
    "bataineh",
]

_BLANK_SPAN = 24
_GRAINY_SHARE = 0.15
_BAND_ROWS = 512


class BinarizeParams(Params):
    method: Method = Field(
        "auto",
        description="auto cuts two-toned and drawn pages exactly and takes net, a small neural net, for the others; "
        "fast is five times as quick; the named ones are classical methods with their papers' parameters.",
    )
    window_px: int | None = Field(None, ge=3, le=151, description="Window of the named local methods, in pixels.")
    k: float | None = Field(None, ge=-1.0, le=1.0, description="Weight k of the named local methods.")
    specks: Literal["drop", "keep"] = Field(
        "drop", description="drop takes away what is smaller than a dot of the page's own text (fast only)."
    )
    pictures: Literal["threshold", "dither", "keep"] = Field(
        "threshold",
        description="Photographs in the page: cut like the rest, drawn in dots, or left grey (the page is then grey).",
    )
    soft: bool = Field(
        False,
        description="A grey page of the ink's likelihood, black certain ink and 128 at the threshold (net and fast).",
    )


@dataclass(frozen=True)
class Ink(Estimate):
    """What was taken for ink.

    Attributes
    ----------
    threshold : int
        Luma half way between the mean of the ink and the mean of the paper.
    ink_share : float
        Share of the pixels that became ink, 0 to 1.

    The confidence is the step from paper to ink as a share of the whole tonal range, times two, at most 1.
    """

    name: ClassVar[str] = "ink"
    threshold: int
    ink_share: float


class Binarize(PixelFilter[BinarizeParams]):
    name: ClassVar[str] = "binarize"
    summary: ClassVar[str] = "Make the page black ink on white paper, whatever the light."
    params = BinarizeParams

    def inspect(self, page: Page, params: BinarizeParams) -> tuple[Estimate, ...]:
        return self.apply(page, params).estimates

    def apply(self, page: Page, params: BinarizeParams) -> Change:
        if page.kind is Kind.BINARY:
            share = float(np.mean(page.samples == 0))
            return Change(None, (Ink(1.0, 128, share),), ("left as it is: it is black and white already",))
        grey = luma(page)
        if _is_blank(grey):
            return _blank(page, grey)
        drawn, note = _drawn(page.samples, grey, params)
        estimate = _ink(grey, drawn)
        notes: tuple[str, ...] = (note,) if note else ()
        if params.pictures != "threshold" and not params.soft:
            area = picture_area(grey)
            if area.any():
                drawn = drawn.copy()
                drawn[area] = grey[area] if params.pictures == "keep" else dithered(grey)[area]
                notes += (f"pictures on {area.mean():.0%} of the page: {params.pictures}",)
        return Change(Page.of(drawn, page.dpi), (estimate,), notes)


def _drawn(samples: Samples, grey: Samples, params: BinarizeParams) -> tuple[Samples, str]:
    """The page in black and white (or soft) by the method asked for, and what auto chose."""
    method, note = params.method, ""
    if method == "auto":
        tones = tones_of(grey)
        if tones.two_toned:
            return _two(
                cut_between(grey, tones)
            ), f"two-toned already: cut half way, at {(tones.black + tones.white) // 2}"
        if tones.even_paper and grainy_share(grey, tones.fullest) < _GRAINY_SHARE:
            return _two(drawn_ink(grey)), "drawn on an even paper: every stroke cut at half its own height"
        method, note = "net", "chose net: the paper is uneven"
    if method == "otsu":
        return _two(grey <= otsu_threshold(grey)), note
    if method in METHODS:
        return _two(named(grey, method, params.window_px, params.k)), note
    turned = bright_on_dark(grey)
    if turned:
        grey = 255 - grey
    if method == "net":
        drawn = net_ink(samples, grey, soft=params.soft)
    else:
        drawn = fast(Levelled.of(grey), specks=params.specks == "drop", soft=params.soft)
    return (np.asarray(255 - drawn, dtype=np.uint8) if turned else drawn), note


def _is_blank(grey: Samples) -> bool:
    return int(grey.max()) - int(grey.min()) < _BLANK_SPAN


def _blank(page: Page, grey: Samples) -> Change:
    """One tone: white, or black where it is nearly black."""
    ink = bool(grey.mean() < 64)
    plain = np.full(grey.shape, 0 if ink else 255, dtype=np.uint8)
    return Change(Page(plain, Kind.BINARY, page.dpi), (Ink(0.0, 64, float(ink)),), ("the page has one tone",))


def _two(ink: NDArray[np.bool_]) -> Samples:
    return np.where(ink, np.uint8(0), np.uint8(255))


def _ink(grey: Samples, drawn: Samples) -> Ink:
    tones = np.zeros((2, 256))
    for start in range(0, grey.shape[0], _BAND_ROWS):
        rows = slice(start, start + _BAND_ROWS)
        ink = cv2.inRange(drawn[rows], np.array(0.0), np.array(127.0))
        tones[1] += cv2.calcHist([grey[rows]], [0], ink, [256], [0, 256]).reshape(-1)
        tones[0] += cv2.calcHist([grey[rows]], [0], None, [256], [0, 256]).reshape(-1)
    tones[0] -= tones[1]
    share = float(tones[1].sum() / tones.sum())
    if share in (0.0, 1.0):
        return Ink(0.0, 0 if share == 0.0 else 255, share)
    bright, dark = tones @ np.arange(256) / tones.sum(axis=1)
    return Ink(float(np.clip((bright - dark) / 127.5, 0, 1)), round((dark + bright) / 2), share)
