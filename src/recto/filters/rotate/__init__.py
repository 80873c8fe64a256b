"""Turn a page by a given angle."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from recto.blueprint import GeometryFilter, Move, Params
from recto.raster import AffineMap, Dpi, Page


class RotateParams(Params):
    angle_deg: float = Field(0.0, ge=-360.0, le=360.0, description="Clockwise turn in degrees.")
    canvas: Literal["expand", "keep", "crop"] = Field(
        "expand",
        description="expand: nothing is cut; keep: same shape; crop: the largest rectangle without corners.",
    )


class Rotate(GeometryFilter[RotateParams]):
    name: ClassVar[str] = "rotate"
    summary: ClassVar[str] = "Turn the page clockwise by a given angle; quarter turns are exact."
    params = RotateParams
    looks: ClassVar[bool] = False

    def find(self, page: Page, params: RotateParams) -> Move:
        angle_deg = params.angle_deg % 360.0
        if angle_deg == 0.0:
            return Move(None, notes=("left as it is: the angle is zero",))
        if angle_deg % 90.0 == 0.0 and (params.canvas == "expand" or angle_deg == 180.0):
            quarter = AffineMap.quarter_turns(page.shape, int(angle_deg))
            dpi = page.dpi
            if dpi is not None and angle_deg != 180.0:
                dpi = Dpi(dpi.y, dpi.x)
            return Move(quarter, dpi)
        turned = AffineMap.turn(page.shape, angle_deg, params.canvas, pixel_aspect=page.pixel_aspect)
        return Move(turned, page.dpi)
