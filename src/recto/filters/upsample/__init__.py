"""Enlarge small, blurred pages so that they read again."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from recto.blueprint import Change, Estimate, Params, ScaleFilter
from recto.filters.upsample.blocks import block_side
from recto.filters.upsample.enlarge import enlarged
from recto.filters.upsample.interpolate import interpolated
from recto.filters.upsample.x_height import X_HEIGHT_AT_300_DPI_PX, TextSize, text_size
from recto.raster import Dpi, Kind, Page, luma

__all__ = ["TextSize", "Upsample", "UpsampleParams"]

_READING_DPI = 300.0
_LARGEST_SCALE = 4.0
_NOT_WORTH_IT = 1.25
_SURE = 0.4


class UpsampleParams(Params):
    scale: float | None = Field(
        None, ge=1.0, le=_LARGEST_SCALE, description="Enlarge by this factor, whatever is on the page."
    )
    dpi: float | None = Field(
        None,
        ge=50.0,
        le=1200.0,
        description="Enlarge to this resolution, at most four times; ignored when scale is given. 300 by default.",
    )
    method: Literal["auto", "net", "lanczos", "bicubic"] = Field(
        "auto", description="How detail is made; auto is the net where it is better."
    )
    keep_kind: bool = Field(False, description="A binary page comes out binary instead of smooth grey.")


class Upsample(ScaleFilter[UpsampleParams]):
    name: ClassVar[str] = "upsample"
    summary: ClassVar[str] = "Enlarge small or low-resolution text so that it reads again."
    params = UpsampleParams

    def inspect(self, page: Page, params: UpsampleParams) -> tuple[Estimate, ...]:
        """The size of the text."""
        return (text_size(page),)

    def output_shape(self, page: Page, params: UpsampleParams) -> tuple[int, int]:
        scale, _ = _scale(page, params, None if params.scale else text_size(page))
        return _enlarged(page.shape, scale)

    def apply(self, page: Page, params: UpsampleParams) -> Change:
        found = None if params.scale is not None else text_size(page)
        estimates = () if found is None else (found,)
        scale, reason = _scale(page, params, found)
        shape = _enlarged(page.shape, scale)
        if shape == page.shape:
            return Change(None, estimates, (f"left as it is: {reason}",))
        samples = _drawn(page, shape, scale, params.method)
        dpi = None if page.dpi is None else page.dpi.scaled(scale)
        return Change(_of_kind(page, samples, dpi, params.keep_kind), estimates, (reason,))


def _enlarged(shape: tuple[int, int], scale: float) -> tuple[int, int]:
    return max(1, round(shape[0] * scale)), max(1, round(shape[1] * scale))


def _drawn(page: Page, shape: tuple[int, int], scale: float, method: str) -> NDArray[np.uint8]:
    if method in ("lanczos", "bicubic"):
        return interpolated(page.samples, shape, method)
    side = block_side(page.samples)
    if side > 1 and text_size(page).confidence < _SURE:
        side = 1  # without text the squares may be what is to be seen: the modules of a code
    samples, grey = (np.ascontiguousarray(s[::side, ::side]) for s in (page.samples, luma(page)))
    if scale * side <= _LARGEST_SCALE:
        return enlarged(samples, grey, shape, scale * side)
    reach = int(_LARGEST_SCALE)
    largest = (grey.shape[0] * reach, grey.shape[1] * reach)
    return interpolated(enlarged(samples, grey, largest, _LARGEST_SCALE), shape, "bicubic")


def _of_kind(page: Page, samples: NDArray[np.uint8], dpi: Dpi | None, keep_kind: bool) -> Page:
    """A binary page becomes grey, unless its kind is to be kept."""
    if page.kind is not Kind.BINARY:
        return Page(samples, page.kind, dpi)
    if keep_kind:
        return Page(np.where(samples >= 128, 255, 0).astype(np.uint8), Kind.BINARY, dpi)
    return Page(samples, Kind.GREY, dpi)


def _scale(page: Page, params: UpsampleParams, found: TextSize | None) -> tuple[float, str]:
    """The factor to enlarge by, 1 to leave the page alone, and why."""
    if params.scale is not None:
        return params.scale, f"enlarged {params.scale:g} times, as asked"
    assert found is not None
    wanted = params.dpi or _READING_DPI
    present, source = _resolution(page, found)
    if present is None:
        return 1.0, "neither a credible resolution nor text that tells one was found"
    scale = float(np.clip(wanted / present, 1.0, _LARGEST_SCALE))
    if params.dpi is None:
        scale = round(scale * 2) / 2 if scale >= _NOT_WORTH_IT else 1.0
    if scale <= 1.0:
        return 1.0, f"it is large enough, about {present:.0f} dpi {source}"
    return scale, f"enlarged {scale:.3g} times from about {present:.0f} dpi {source}"


def _resolution(page: Page, found: TextSize) -> tuple[float | None, str]:
    """Pixels per inch as the page says, if its text agrees that this can be, else as its text says."""
    by_text = None
    if found.confidence >= _SURE:
        by_text = _READING_DPI * found.x_height_px / X_HEIGHT_AT_300_DPI_PX
    if page.dpi is not None and by_text is not None:
        stated = (page.dpi.x * page.dpi.y) ** 0.5
        if 50.0 <= stated <= 2400.0 and 0.4 <= by_text / stated <= 2.5:
            return stated, "as the file says"
    return by_text, "by the size of its text"
