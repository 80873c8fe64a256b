"""Pixels and points: the arithmetic that every filter stands on."""

from recto.raster.backward_map import AffineMap, BackwardMap, ComposedMap, GridMap, compose
from recto.raster.luma import luma
from recto.raster.page import Dpi, Kind, Page
from recto.raster.paper import paper_colour
from recto.raster.resample import Interpolation, resample

__all__ = [
    "AffineMap",
    "BackwardMap",
    "ComposedMap",
    "Dpi",
    "GridMap",
    "Interpolation",
    "Kind",
    "Page",
    "compose",
    "luma",
    "paper_colour",
    "resample",
]
