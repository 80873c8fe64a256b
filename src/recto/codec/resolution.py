"""Pixels per inch as files state them, and when not to believe it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from recto.raster import Dpi

MIN_DPI = 30.0
MAX_DPI = 4800.0
MAX_RATIO = 2.5
"""Fax scans of 204 x 98 are true; more than this between x and y is not."""

WRITTEN_FOR_UNKNOWN_DPI = (72.0, 96.0)

_PNG_STEP_DPI = 0.0254
"""One pixel a metre: some writers round 300 DPI to it, others cut."""

_EXIF_X, _EXIF_Y, _EXIF_UNIT = 282, 283, 296


def believable(x: float, y: float) -> Dpi | None:
    """The stated resolution, or None when it is absurd.

    Parameters
    ----------
    x, y : float
        Pixels per inch.

    Returns
    -------
    Dpi or None
        None outside 30 to 4800, when x and y differ by more than 2.5 times, and for 72 and 96, which cameras
        and editors write for "I do not know". Values within the rounding of PNG's pixels per metre are whole
        again.
    """
    if not (MIN_DPI <= x <= MAX_DPI and MIN_DPI <= y <= MAX_DPI):
        return None
    if max(x, y) / min(x, y) > MAX_RATIO:
        return None
    x, y = _whole(x), _whole(y)
    return None if x == y and x in WRITTEN_FOR_UNKNOWN_DPI else Dpi(x, y)


def first_believable(stated: Iterable[tuple[float, float]]) -> Dpi | None:
    """The first of several statements that is not absurd."""
    for x, y in stated:
        found = believable(x, y)
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
