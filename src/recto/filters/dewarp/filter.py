"""The filter: coarse map, refinement, and the decision to leave a page alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import cv2
import numpy as np
from pydantic import Field

from recto.blueprint import Estimate, GeometryFilter, Move, Params
from recto.filters.dewarp.coarse import WORK_LONG_PX, Sheet, find_outline, sheet_of
from recto.filters.dewarp.outline import Outline
from recto.filters.dewarp.refine import Refined, refine
from recto.raster import Dpi, GridMap, Kind, Page, luma
from recto.raster.page import Samples

_LINES_WIDTH_PX = 1400
_LEAST_SIDE_PX = 200


class DewarpParams(Params):
    crop: Literal["page", "keep"] = Field(
        "page", description="page: the sheet alone; keep: with a strip of what lies round it."
    )
    refine: bool = Field(True, description="Level the text lines after the sheet was flattened by its outline.")
    strength: float = Field(1.0, ge=0.0, le=1.0, description="0 only cuts the sheet out, 1 flattens it fully.")


@dataclass(frozen=True)
class Warp(Estimate):
    """How a page is warped.

    Attributes
    ----------
    kind : str
        ``flat``, ``outline`` (a sheet on a table) or ``lines`` (text lines alone).
    bend : float
        How far the sides of the sheet are from those of a rectangle, as a share of its width.
    unlevel_before, unlevel_after : float
        Mean absolute slope of text lines (rise over run) on the coarsely flattened page and at the end.
    paper : str or None
        Paper format, when it is recognised.
    """

    name: ClassVar[str] = "warp"
    kind: str = "flat"
    bend: float = 0.0
    unlevel_before: float = 0.0
    unlevel_after: float = 0.0
    paper: str | None = None


class Dewarp(GeometryFilter[DewarpParams]):
    name: ClassVar[str] = "dewarp"
    summary: ClassVar[str] = "Flatten a photographed page: perspective, curl and folds."
    params = DewarpParams

    def find(self, page: Page, params: DewarpParams) -> Move:
        if min(page.shape) < _LEAST_SIDE_PX or page.kind is Kind.BINARY:
            return _left("too small or too plain to tell", Warp(0.0))
        picture, factor = _reduced(page)
        outline = find_outline(picture)
        if outline is None or outline.score < 0.5:
            return _left("no sheet found", Warp(0.0 if outline is None else outline.score / 2))
        return _flattened(page, outline.scaled(factor), params)


def _left(why: str, warp: Warp) -> Move:
    return Move(None, estimates=(warp,), notes=(f"left as it is: {why}",))


def _reduced(page: Page) -> tuple[Samples, float]:
    """The page in R'G'B' at about a megapixel, and how many of its pixels one pixel stands for."""
    factor = max(1.0, max(page.shape) / WORK_LONG_PX)
    small = page.samples
    if factor > 1:
        size = (max(1, round(page.width_px / factor)), max(1, round(page.height_px / factor)))
        small = np.asarray(cv2.resize(page.samples, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    if small.ndim == 2:
        small = np.asarray(cv2.cvtColor(small, cv2.COLOR_GRAY2RGB), dtype=np.uint8)
    return small, factor


def _flattened(page: Page, outline: Outline, params: DewarpParams) -> Move:
    sheet = sheet_of(outline, page.shape)
    grid = sheet.grid
    reached: Refined | None = None
    if params.refine:
        reached = refine(luma(page), grid, _looked_at(sheet.shape))
        grid = reached.grid
    dpi = _dpi(sheet)
    warp = Warp(
        confidence=min(1.0, outline.score),
        kind="outline",
        unlevel_before=0.0 if reached is None else reached.before,
        unlevel_after=0.0 if reached is None else reached.after,
        paper=sheet.paper,
    )
    return Move(GridMap(grid, sheet.shape), dpi, (warp,))


def _looked_at(shape: tuple[int, int]) -> tuple[int, int]:
    """The shape at which lines are looked for."""
    scale = min(1.0, _LINES_WIDTH_PX / min(shape))
    return max(16, round(shape[0] * scale)), max(16, round(shape[1] * scale))


def _dpi(sheet: Sheet) -> Dpi | None:
    return None
