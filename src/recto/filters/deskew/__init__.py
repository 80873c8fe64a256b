"""Turn a page of text straight."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from recto.blueprint import GeometryFilter, Move, Params
from recto.filters.deskew.estimate import Skew, estimate_skew, skew_and_error
from recto.raster import AffineMap, Page

STRAIGHT_DEG = 0.03
_STRAIGHT_ERRORS, _STRAIGHT_AT_MOST_DEG = 2.0, 0.4
"""A page that may be straight, as far as can be told, is worth no resampling."""

__all__ = ["STRAIGHT_DEG", "Deskew", "DeskewParams", "Skew", "estimate_skew"]


class DeskewParams(Params):
    max_angle_deg: float = Field(
        15.0, gt=0.0, le=45.0, description="Pages turned by more than this are left as they are, in degrees."
    )
    canvas: Literal["expand", "keep", "crop"] = Field(
        "expand",
        description="expand: nothing is cut; keep: same shape; crop: the largest rectangle without corners.",
    )
    min_confidence: float = Field(
        0.5, ge=0.0, le=1.0, description="Pages whose skew is less certain than this are left as they are."
    )


class Deskew(GeometryFilter[DeskewParams]):
    name: ClassVar[str] = "deskew"
    summary: ClassVar[str] = "Find by how much the lines of text are turned and turn the page straight."
    params = DeskewParams

    def find(self, page: Page, params: DeskewParams) -> Move:
        skew, error_deg = skew_and_error(page, params.max_angle_deg)
        found = (skew,)
        if skew.confidence < params.min_confidence:
            return Move(None, estimates=found, notes=("left as it is: no text lines that are certain enough",))
        if abs(skew.angle_deg) > params.max_angle_deg:
            beyond = f"left as it is: turned by {skew.angle_deg:.1f} degrees, more than max_angle_deg"
            return Move(None, estimates=found, notes=(beyond,))
        if abs(skew.angle_deg) <= max(STRAIGHT_DEG, min(_STRAIGHT_ERRORS * error_deg, _STRAIGHT_AT_MOST_DEG)):
            return Move(None, estimates=found, notes=("left as it is: the page is straight",))
        turned = AffineMap.turn(page.shape, -skew.angle_deg, params.canvas, pixel_aspect=page.pixel_aspect)
        return Move(turned, page.dpi, estimates=found)
