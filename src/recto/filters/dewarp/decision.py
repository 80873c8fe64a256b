"""Do no harm: when a sheet is flattened by its outline, when by its lines, and when it is left alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from recto.blueprint import Estimate, Move, Params
from recto.filters.dewarp.camera import FORMATS_MM
from recto.filters.dewarp.coarse import GRID, Sheet, agreement, sheet_of
from recto.filters.dewarp.lines import Floats, Lines, coherence, find_lines, unlevelness
from recto.filters.dewarp.outline import Outline
from recto.filters.dewarp.refine import Refined, refine
from recto.raster import Dpi, GridMap, Page, luma
from recto.raster.page import Samples

_LINES_WIDTH_PX = 1400
_LEAST_LINES_WIDTH_PX = 1000
_FEW_LINES = 6
PERSPECTIVE_DEG = 5.0
"""No scanner sees a sheet with sides this far from parallel or square."""
_DRAWN, _DRAWN_INSIDE = 0.7, 0.4
"""Shares of pixels that are exactly their neighbours, outside and inside the outline; a camera's noise leaves fewer."""
_AGREED = 0.85
"""What outline and net must share where there are no lines to prove the sheet."""
_RIMS = ((0.012, 0.01), (0.003, 0.01))
"""The rim of the outline that is not looked at, and what must lie beyond it: a sheet may nearly fill the frame."""


class DewarpParams(Params):
    crop: Literal["page", "keep"] = Field(
        "page", description="page: the sheet alone; keep: with a strip of what lies round it."
    )
    refine: bool = Field(True, description="Level the text lines after the sheet was flattened by its outline.")
    strength: float = Field(1.0, ge=0.0, le=1.0, description="0 leaves the page as it is, 1 flattens it fully.")


@dataclass(frozen=True)
class Warp(Estimate):
    """How a page is warped.

    Attributes
    ----------
    kind : str
        ``flat``, ``outline`` (a sheet on a table), ``net`` (a sheet whose edge is hard to see) or ``lines`` (text
        lines alone).
    bend : float
        How far the sides of the sheet are from those of a rectangle, as a share of its width.
    unlevel_before, unlevel_after : float
        Mean absolute slope of text lines (rise over run, a turn of the whole page apart) on the page that came
        and on the one that goes.
    paper : str or None
        Paper format, when it is recognised.
    """

    name: ClassVar[str] = "warp"
    kind: str = "flat"
    bend: float = 0.0
    unlevel_before: float = 0.0
    unlevel_after: float = 0.0
    paper: str | None = None


@dataclass(frozen=True)
class Scene:
    """What is seen before anything is decided.

    Attributes
    ----------
    outline : Outline
        In the small picture.
    raw : Lines
        Text lines of the page as it is.
    around : Surroundings
    strays : int
        How many of the lines lie outside the outline.
    """

    outline: Outline
    raw: Lines
    around: Surroundings
    strays: int = 0

    @property
    def is_photo(self) -> bool:
        """True for a sheet on a table in the light, or seen at a slant: no scanner sees a sheet so."""
        if self.around.is_table:
            return True
        slanted = self.outline.skewness_deg > PERSPECTIVE_DEG and self.outline.seen > 0.97
        return slanted and not (self.around.is_drawn and self.strays > 0)

    def refusal(self) -> str | None:
        """Why the outline is no sheet to be flattened; None when it is one."""
        outline = self.outline
        if outline.score < 0.7 or outline.bulge > 0.3 or outline.seen < 0.8 or self.around.inside < 0.12:
            return "no sheet found"
        if outline.skewness_deg < 0.4 and outline.bulge < 0.006:
            return "the page is flat"
        if self.is_photo:
            return None
        if self.around.is_drawn and self.strays > 1:
            return "no sheet found"
        if outline.skewness_deg < 1.0 and outline.bulge < 0.015:
            return "the page is flat"
        if self.raw.count >= _FEW_LINES and unlevelness(self.raw, turned=True) < 0.012:
            return "the page is flat"
        return None


@dataclass(frozen=True)
class Surroundings:
    """What lies round the outline.

    Attributes
    ----------
    inside, outside : float
        Shares of the picture inside the outline and clearly outside of it.
    is_table : bool
        True for a thing in the light; False for the even black or white of a scanner's lid, or for nothing.
    is_drawn : bool
        True for what no camera saw: most pixels are exactly their neighbours, as in screenshots and drawings.
    agreed : float
        How well the outline agrees with what the net takes for page, 0 to 1.
    """

    inside: float
    outside: float
    is_table: bool
    is_drawn: bool = False
    agreed: float = 0.0


def surroundings(picture: Samples, outline: Outline, chance: NDArray[np.float32]) -> Surroundings:
    """Look round the outline in the small R'G'B' picture, of which ``chance`` tells how likely each part is page."""
    height, width = picture.shape[:2]
    region = np.zeros((height, width), dtype=np.uint8)
    cv2.fillPoly(region, [np.rint(outline.polygon).astype(np.int32)], 1)
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    for rim, least in _RIMS:
        side = 2 * max(3, round(rim * max(height, width))) + 1
        away = cv2.dilate(region, np.ones((side, side), dtype=np.uint8)) == 0
        beyond = grey[away]
        outside = beyond.size / region.size
        if outside > least:
            break
    is_table = is_drawn = False
    if outside > least:
        low, middle, high = (float(v) for v in np.percentile(beyond, (10, 50, 90)))
        is_table = 45 < middle < 240 and high - low > 6
        here = picture[1:, 1:]
        even = ((here == picture[:-1, 1:]) & (here == picture[1:, :-1])).all(axis=2)
        # A dark table may be even, but the paper on it is not.
        within, beyond_it = even[region[1:, 1:] > 0], even[away[1:, 1:]]
        is_drawn = bool(within.size and beyond_it.mean() > _DRAWN and within.mean() > _DRAWN_INSIDE)
    agreed = agreement(outline, chance, chance.shape[1] / width, chance.shape[0] / height)
    return Surroundings(float(region.mean()), outside, is_table and not is_drawn, is_drawn, agreed)


def strays(raw: Lines, page_shape: tuple[int, int], outline: Outline, factor: float) -> int:
    """How many lines lie outside an outline of which a pixel stands for ``factor`` pixels of the page."""
    height, width = looked_at(page_shape)
    size = np.array((page_shape[1] / width, page_shape[0] / height)) / factor
    polygon = outline.polygon.astype(np.float32)[:, None]
    count = 0
    for number in range(raw.count):
        x, y = (np.median(raw.points[raw.line == number], axis=0) + 0.5) * size - 0.5
        count += cv2.pointPolygonTest(polygon, (float(x), float(y)), False) < 0
    return count


def left(why: str, warp: Warp) -> Move:
    """Nothing is moved, and why."""
    return Move(None, estimates=(warp,), notes=(f"left as it is: {why}",))


def lines_of(page: Page) -> Lines:
    """The text lines of the page as it is."""
    height, width = looked_at(page.shape)
    grey = luma(page)
    if (height, width) != page.shape:
        grey = np.asarray(
            cv2.resize(
                grey, (width, height), interpolation=cv2.INTER_AREA if width < page.width_px else cv2.INTER_LINEAR
            ),
            dtype=np.uint8,
        )
    return find_lines(grey)


def looked_at(shape: tuple[int, int]) -> tuple[int, int]:
    """The shape at which lines are looked for."""
    scale = min(max(1.0, _LEAST_LINES_WIDTH_PX / min(shape)), _LINES_WIDTH_PX / min(shape), 2.0)
    return max(16, round(shape[0] * scale)), max(16, round(shape[1] * scale))


def by_outline(page: Page, scene: Scene, outline: Outline, params: DewarpParams) -> Move | None:
    """Flatten the sheet in ``outline`` (in pixels of the page); None when that would do no good."""
    sheet = sheet_of(outline, page.shape)
    area = scene.around.inside * page.height_px * page.width_px
    if sheet.shape[0] * sheet.shape[1] > 2.5 * area:
        return None
    shape = looked_at(sheet.shape)
    grey = luma(page)
    reached = refine(grey, sheet.grid, shape, rounds=3 if params.refine else 0)
    raw = unlevelness(scene.raw, turned=True)
    if not _worth_it(scene, reached, raw):
        return None
    warp = Warp(
        confidence=min(1.0, outline.score) * (1.0 if reached.lines >= _FEW_LINES else 0.8),
        kind="outline",
        bend=outline.bulge,
        unlevel_before=raw,
        unlevel_after=reached.after,
        paper=sheet.paper,
    )
    grid = _blended(reached.grid, outline, params.strength)
    return Move(*framed(grid, sheet, params.crop), (warp,))


def _worth_it(scene: Scene, reached: Refined, raw: float) -> bool:
    """Lines must not be less level after; round a scan they must be clearly more level."""
    unforeseen = scene.raw.count < 0.5 * reached.lines
    if reached.lines < (2 * _FEW_LINES if unforeseen else _FEW_LINES):
        if scene.around.is_drawn or scene.outline.seen < 0.9:
            return False
        return scene.is_photo and scene.outline.score > 0.85 and scene.around.agreed > _AGREED
    if reached.after > 0.12:
        return False
    if unforeseen:
        return True
    if scene.is_photo:
        return reached.after <= max(0.9 * raw, 0.006)
    return reached.after < 0.65 * raw


def _blended(grid: Floats, outline: Outline, strength: float) -> Floats:
    """Between the plain parallelogram of the sheet and the flattened sheet."""
    if strength >= 1.0:
        return grid
    rows, columns = grid.shape[:2]
    tl, tr, br, bl = outline.corners
    across, down = ((tr - tl) + (br - bl)) / 2, ((bl - tl) + (br - tr)) / 2
    first = outline.corners.mean(axis=0) - (across + down) / 2
    v, u = np.meshgrid(np.linspace(0, 1, rows), np.linspace(0, 1, columns), indexing="ij")
    plain = first + u[..., None] * across + v[..., None] * down
    blended: Floats = strength * grid + (1 - strength) * plain
    return blended


def framed(grid: Floats, sheet: Sheet, crop: str) -> tuple[GridMap, Dpi | None]:
    """The map and its resolution, with a strip of surroundings when asked for."""
    height, width = sheet.shape
    dpi = _dpi(sheet)
    if crop == "page":
        return GridMap(grid, (height, width)), dpi
    wider = _extended(_extended(grid).swapaxes(0, 1)).swapaxes(0, 1)
    rows, columns = grid.shape[:2]
    return GridMap(
        wider,
        (round((height - 1) * (rows + 1) / (rows - 1)) + 1, round((width - 1) * (columns + 1) / (columns - 1)) + 1),
    ), dpi


def _extended(grid: Floats) -> Floats:
    """One more row on each side, straight on."""
    return np.concatenate((2 * grid[:1] - grid[1:2], grid, 2 * grid[-1:] - grid[-2:-1]))


def _dpi(sheet: Sheet) -> Dpi | None:
    """The resolution, when the paper's format is known."""
    if sheet.paper is None:
        return None
    short_mm, long_mm = FORMATS_MM[sheet.paper]
    height, width = sheet.shape
    wide_mm, high_mm = (short_mm, long_mm) if height >= width else (long_mm, short_mm)
    return Dpi(width * 25.4 / wide_mm, height * 25.4 / high_mm)


def by_lines(page: Page, raw: Lines, params: DewarpParams) -> Move:
    """Level the lines of a page without an outline; leave it when they are level, or do not get so."""
    before = unlevelness(raw, turned=True)
    warp = Warp(0.0, unlevel_before=before, unlevel_after=before)
    if raw.count < 10:
        return left("no sheet and too few text lines found", warp)
    if before < 0.02 or coherence(raw) < 0.9:
        return left("the page is flat", Warp(0.9, unlevel_before=before, unlevel_after=before))
    if not params.refine:
        return left("no sheet found", warp)
    v, u = np.meshgrid(
        np.linspace(0, page.height_px - 1, GRID[0]), np.linspace(0, page.width_px - 1, GRID[1]), indexing="ij"
    )
    grid = np.stack((u, v), axis=2)
    reached = refine(luma(page), grid, looked_at(page.shape), outlined=False)
    if reached.rounds == 0 or reached.after > 0.4 * before or reached.after > 0.014 or reached.lines < raw.count // 2:
        return left("its lines do not get clearly more level", warp)
    sure = float(np.clip(1.2 - 1.5 * reached.after / before, 0.0, 1.0))
    warp = Warp(sure, kind="lines", unlevel_before=before, unlevel_after=reached.after)
    moved = params.strength * reached.grid + (1 - params.strength) * grid
    return Move(GridMap(moved, page.shape), page.dpi, (warp,))
