"""Flatten a sheet by what the net sees, where no outline will do: on a like table, or reaching out of the frame."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from recto.blueprint import Move
from recto.filters.dewarp.coarse import sheet_of
from recto.filters.dewarp.coarse_net import CoarseMap, FirstLook, coarse_map
from recto.filters.dewarp.decision import (
    PERSPECTIVE_DEG,
    DewarpParams,
    Surroundings,
    Warp,
    framed,
    looked_at,
    strays,
    surroundings,
)
from recto.filters.dewarp.lines import Lines, coherence, unlevelness
from recto.filters.dewarp.outline import Outline
from recto.filters.dewarp.refine import refine
from recto.raster import Page, luma
from recto.raster.page import Samples

_SURE = 0.8
_FILLED = 0.85
_LEAST_LINES = 10
_LEVEL = 0.03
_FEW_LINES = 6
_FLAT = 0.02
_FLAT_ON_A_TABLE = 0.008
"""A table round the sheet proves a photo, so that smaller slopes of smooth lines are worth levelling."""
_LEAST_TABLE = 0.05
_GAIN = 0.5
_GAIN_WHEN_ROUGH = 0.25
_SMOOTH = 0.5
_SMOOTH_ON_A_TABLE = 0.35


def by_net(
    page: Page, picture: Samples, factor: float, first: FirstLook, raw: Lines, params: DewarpParams
) -> Move | None:
    """The map of both looks, its lines levelled; None when that is not clearly better than the page as it is.

    Parameters
    ----------
    page : Page
    picture : uint8 ndarray, shape (h, w, 3)
        The page at about a megapixel, R'G'B'.
    factor : float
        Pixels of the page per pixel of the picture.
    first : FirstLook
        At the picture.
    raw : Lines
        Text lines of the page as it is.
    params : DewarpParams
    """
    before = unlevelness(raw, turned=True)
    if params.strength < 1.0 or (raw.count >= _FEW_LINES and before < _FLAT_ON_A_TABLE):
        return None
    seen = coarse_map(picture, first=first)
    if seen is None or seen.confidence < _SURE:
        return None
    outline = _edge(seen, (picture.shape[0], picture.shape[1]))
    around = surroundings(picture, outline, first.chance)
    on_a_table = _on_a_table(outline, around)
    # Slopes that no smooth surface foretells are those of handwriting rather than of a bend.
    smooth = coherence(raw) > (_SMOOTH_ON_A_TABLE if on_a_table else _SMOOTH)
    if raw.count >= _FEW_LINES and before < _FLAT and not (on_a_table and smooth):
        return None
    if _is_flat(outline, around) or (around.is_drawn and strays(raw, page.shape, outline, factor) > 1):
        return None
    if outline.bulge > 0.3 or outline.seen < 0.3 or not 0.12 < around.inside < 0.99:
        return None
    # A leaf that fills the frame: the first look doubts parts of the "sheet", and the second would cut writing off.
    if _filled(first.chance, outline, (picture.shape[0], picture.shape[1])) < _FILLED:
        return None
    grid = (seen.grid + 0.5) * factor - 0.5
    sheet = replace(sheet_of(outline.scaled(factor), page.shape), grid=grid)
    if sheet.shape[0] * sheet.shape[1] > 2.5 * page.height_px * page.width_px:
        return None
    reached = refine(luma(page), grid, looked_at(sheet.shape), outlined=False, rounds=3 if params.refine else 0)
    if reached.lines < _LEAST_LINES or reached.after > _LEVEL:
        return None
    if raw.count >= _FEW_LINES and reached.after > (_GAIN if smooth else _GAIN_WHEN_ROUGH) * before:
        return None
    warp = Warp(0.9 * seen.confidence, "net", outline.bulge, before, reached.after, sheet.paper)
    return Move(*framed(reached.grid, sheet, params.crop), (warp,))


def _on_a_table(outline: Outline, around: Surroundings) -> bool:
    """True when a table is seen round the sheet; a dark one counts where the sheet is seen at a slant."""
    slanted = outline.skewness_deg > PERSPECTIVE_DEG and not around.is_drawn
    return around.outside > _LEAST_TABLE and (around.is_table or slanted)


def _is_flat(outline: Outline, around: Surroundings) -> bool:
    """True for a sheet with straight sides at right angles, to within what the net's map is right to."""
    skewness_deg, bulge = (0.6, 0.01) if around.is_table else (2.0, 0.015)
    return outline.skewness_deg < skewness_deg and outline.bulge < bulge


def _filled(chance: NDArray[np.float32], outline: Outline, shape: tuple[int, int]) -> float:
    """Mean chance of page inside the outline."""
    height, width = chance.shape
    scale = np.array([width / shape[1], height / shape[0]])
    region = np.zeros(chance.shape, dtype=np.uint8)
    cv2.fillPoly(region, [np.rint((outline.polygon + 0.5) * scale - 0.5).astype(np.int32)], 1)
    return float(chance[region > 0].mean()) if region.any() else 0.0


def _edge(seen: CoarseMap, shape: tuple[int, int]) -> Outline:
    """The edges of the map as an outline, with how much of them lies in the frame."""
    grid = seen.grid
    sides = (grid[0], grid[:, -1], grid[-1], grid[:, 0])
    points = np.concatenate(sides)
    inside = ((points > 1) & (points < (shape[1] - 2, shape[0] - 2))).all(axis=1)
    return Outline(sides, seen.confidence, 25.0, float(inside.mean()), 1.0)
