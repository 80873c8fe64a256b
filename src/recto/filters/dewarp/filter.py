"""The filter: what kind of picture is it, and which way to flatten it."""

from __future__ import annotations

from typing import ClassVar

import cv2
import numpy as np

from recto.blueprint import GeometryFilter, Move
from recto.filters.dewarp.by_net import by_net
from recto.filters.dewarp.coarse import WORK_LONG_PX, find_outline
from recto.filters.dewarp.coarse_net import first_look
from recto.filters.dewarp.decision import (
    DewarpParams,
    Scene,
    Warp,
    by_lines,
    by_outline,
    left,
    lines_of,
    strays,
    surroundings,
)
from recto.raster import Kind, Page
from recto.raster.page import Samples

_LEAST_SIDE_PX = 200


class Dewarp(GeometryFilter[DewarpParams]):
    name: ClassVar[str] = "dewarp"
    summary: ClassVar[str] = "Flatten a photographed page: perspective, curl and folds."
    params = DewarpParams

    def find(self, page: Page, params: DewarpParams) -> Move:
        if page.kind is Kind.BINARY:
            return left("black and white pages are scans", Warp(0.0))
        if min(page.shape) < _LEAST_SIDE_PX or max(page.shape) > 6 * min(page.shape):
            return left("too small or too narrow for a photo of a page", Warp(0.0))
        if params.strength == 0.0:
            return left("the strength is zero", Warp(0.0))
        picture, factor = _reduced(page)
        raw = lines_of(page)
        look = first_look(picture)
        outline = find_outline(picture, look.chance)
        if outline is not None:
            around = surroundings(picture, outline, look.chance)
            scene = Scene(outline, raw, around, strays(raw, page.shape, outline, factor))
            if scene.refusal() is None:
                move = by_outline(page, scene, outline.scaled(factor), params)
                if move is not None:
                    return move
        return by_net(page, picture, factor, look, raw, params) or by_lines(page, raw, params)


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
