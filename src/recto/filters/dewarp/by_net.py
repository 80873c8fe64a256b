"""Flatten a sheet by what the net sees, where no outline will do: on a like table, or reaching out of the frame."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from recto.blueprint import Move
from recto.filters.dewarp.coarse import sheet_of
from recto.filters.dewarp.coarse_net import CoarseMap, FirstLook, coarse_map
from recto.filters.dewarp.decision import DewarpParams, Scene, Warp, framed, looked_at, surroundings
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
_GAIN = 0.5
_GAIN_WHEN_ROUGH = 0.25
_SMOOTH = 0.5


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
    if raw.count >= _FEW_LINES and before < _FLAT:
        return None
    seen = coarse_map(picture, first=first)
    if seen is None or seen.confidence < _SURE or params.strength < 1.0:
        return None
    outline = _edge(seen, (picture.shape[0], picture.shape[1]))
    scene = Scene(outline, raw, surroundings(picture, outline))
    flat = outline.skewness_deg < 0.6 and outline.bulge < 0.01
    if flat or outline.bulge > 0.3 or outline.seen < 0.3 or not 0.12 < scene.around.inside < 0.99:
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
    # Slopes that no smooth surface foretells are those of handwriting rather than of a bend.
    gain = _GAIN if coherence(raw) > _SMOOTH else _GAIN_WHEN_ROUGH
    if raw.count >= _FEW_LINES and reached.after > gain * before:
        return None
    warp = Warp(0.9 * seen.confidence, "net", outline.bulge, before, reached.after, sheet.paper)
    return Move(*framed(reached.grid, sheet, params.crop), (warp,))


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
