"""Pixels per inch as files state them, and when not to believe it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from recto.raster import Dpi

MIN_DPI = 30.0
MAX_DPI = 4800.0
MAX_RATIO = 2.5
"""Fax scans of 204 x 98 are true; more than this between x and y is not."""

_PNG_STEP_DPI = 0.0254
"""One pixel a metre: some writers round 300 DPI to it, others cut."""
_WRITTEN_FOR_UNKNOWN_DPI = 72.0
_SCREEN_DPI = 96.0
_LARGEST_SCREEN_INCH = 17.0

_EXIF_X, _EXIF_Y, _EXIF_UNIT = 282, 283, 296


def believable(x: float, y: float, shape: tuple[int, int]) -> Dpi | None:
    """The stated resolution, or None when it is absurd.

    Parameters
    ----------
    x, y : float
        Pixels per inch.
    shape : tuple of int
        ``(H, W)`` in pixels, of the page as it is stored.

    Returns
    -------
    Dpi or None
        None outside 30 to 4800, when x and y differ by more than 2.5 times, for 72 (what programs write for
        "I do not know"), and for 96 when the paper would be longer than 17 inches: then a camera or an
        editor wrote its default. Values within the rounding of PNG's pixels per metre are whole again.
    """
    if not (MIN_DPI <= x <= MAX_DPI and MIN_DPI <= y <= MAX_DPI):
        return None
    if max(x, y) / min(x, y) > MAX_RATIO:
        return None
    x, y = _whole(x), _whole(y)
    if x == y == _WRITTEN_FOR_UNKNOWN_DPI:
        return None
    if x == y == _SCREEN_DPI and max(shape) / _SCREEN_DPI > _LARGEST_SCREEN_INCH:
        return None
    return Dpi(x, y)


def first_believable(stated: Iterable[tuple[float, float]], shape: tuple[int, int]) -> Dpi | None:
    """The first of several statements that is not absurd."""
    for x, y in stated:
        found = believable(x, y, shape)
        if found is not None:
            return found
    return None


def stated_by_info(info: Mapping[Any, Any]) -> list[tuple[float, float]]:
    """What JFIF, pHYs, BMP or TIFF say; empty when they say nothing."""
    dpi = info.get("dpi")
    return _numbers(dpi[0], dpi[1], 1.0) if isinstance(dpi, tuple) and len(dpi) == 2 else []


def stated_by_exif(tags: Mapping[int, Any]) -> list[tuple[float, float]]:
    """What EXIF says; empty when it says nothing."""
    unit = tags.get(_EXIF_UNIT, 2)
    if unit not in (2, 3):
        return []
    return _numbers(tags.get(_EXIF_X), tags.get(_EXIF_Y), 2.54 if unit == 3 else 1.0)


def _numbers(x: Any, y: Any, factor: float) -> list[tuple[float, float]]:
    try:
        return [(float(x) * factor, float(y) * factor)]
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return []


def _whole(dpi: float) -> float:
    nearest = float(round(dpi))
    return nearest if abs(dpi - nearest) <= _PNG_STEP_DPI else dpi
