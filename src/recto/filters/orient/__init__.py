"""Turn a page upright: 0, 90, 180 or 270 degrees, exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pydantic import Field

from recto.blueprint import Estimate, GeometryFilter, Move, Params
from recto.filters.orient.upright import GATE, orientation
from recto.raster import AffineMap, Dpi, Page, luma

__all__ = ["Orient", "OrientParams", "Orientation"]


@dataclass(frozen=True)
class Orientation(Estimate):
    """How the page lies.

    Attributes
    ----------
    confidence : float
    angle_deg : int
        0, 90, 180 or 270: the page is turned clockwise by so much.
    """

    name: ClassVar[str] = "orientation"
    angle_deg: int


class OrientParams(Params):
    min_confidence: float = Field(
        GATE, ge=0.0, le=1.0, description="Below this confidence the page is left as it is. 0 always turns, 1 never."
    )


class Orient(GeometryFilter[OrientParams]):
    name: ClassVar[str] = "orient"
    summary: ClassVar[str] = "Turn the page upright by quarter turns, exactly; leave it when unsure."
    params = OrientParams

    def find(self, page: Page, params: OrientParams) -> Move:
        told = orientation(luma(page))
        if told is None:
            return Move(None, estimates=(Orientation(0.0, 0),), notes=("left as it is: no text found",))
        angle_deg, confidence = told
        found = (Orientation(confidence, angle_deg),)
        if confidence < params.min_confidence or params.min_confidence >= 1.0:
            return Move(None, estimates=found, notes=("left as it is: not sure which way up the text is",))
        if angle_deg == 0:
            return Move(None, estimates=found, notes=("left as it is: the page is upright",))
        upright = AffineMap.quarter_turns(page.shape, 360 - angle_deg)
        dpi = page.dpi
        if dpi is not None and angle_deg != 180:
            dpi = Dpi(dpi.y, dpi.x)
        return Move(upright, dpi, estimates=found)
