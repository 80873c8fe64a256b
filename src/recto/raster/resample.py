"""Draw a page through a backward map, once."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from recto.raster.backward_map import AffineMap, BackwardMap, local_scale
from recto.raster.page import Dpi, Kind, Page, Samples
from recto.raster.paper import paper_colour

_BLOCK_PX = 1 << 21
_REMAP_LIMIT_PX = 32_000
_SMOOTH_INK_PX = 0.5


class Interpolation(StrEnum):
    NEAREST = "nearest"
    LINEAR = "linear"
    CUBIC = "cubic"
    LANCZOS = "lanczos"


_CV2 = {
    Interpolation.NEAREST: cv2.INTER_NEAREST,
    Interpolation.LINEAR: cv2.INTER_LINEAR,
    Interpolation.CUBIC: cv2.INTER_CUBIC,
    Interpolation.LANCZOS: cv2.INTER_LANCZOS4,
}


def resample(
    page: Page,
    backward: BackwardMap,
    *,
    interpolation: Interpolation = Interpolation.CUBIC,
    fill: tuple[int, ...] | None = None,
    dpi: Dpi | None = None,
) -> Page:
    """The page drawn through ``backward``.

    Parameters
    ----------
    page : Page
    backward : BackwardMap
        From points of the output to points of ``page``.
    interpolation : Interpolation
        A map of whole quarter turns copies pixels whatever is asked for here.
    fill : tuple of int, optional
        One value per channel for points outside the page; the paper's colour by default.
    dpi : Dpi, optional
        Resolution of the output; unknown by default.

    Returns
    -------
    Page
        Of the map's shape and the page's kind: a binary page is smoothed by half a pixel, interpolated as grey
        and cut at one half, so that its strokes keep their width and get no ragged edges.

    Notes
    -----
    Cubic is the default because it was measured (``docs/filters/rotate.md``): 3.5 dB above linear and 0.4 dB
    below Lanczos at a fifth of its time. OpenCV 5 evaluates it without rounding the fraction of a pixel.
    """
    if isinstance(backward, AffineMap) and backward.is_lattice and _inside(page, backward):
        return Page(_copied(page.samples, backward), page.kind, dpi)
    filled = paper_colour(page) if fill is None else fill
    source = page.samples
    scale = local_scale(backward)
    blur_px = 0.5 * np.sqrt(max(scale * scale - 1.0, 0.0))
    if blur_px > 0.3:
        source = np.asarray(cv2.GaussianBlur(source, (0, 0), blur_px), dtype=np.uint8)
    if page.kind is Kind.BINARY and interpolation is not Interpolation.NEAREST and blur_px <= 0.3:
        source = np.asarray(cv2.GaussianBlur(source, (0, 0), _SMOOTH_INK_PX), dtype=np.uint8)
    height, width = backward.shape
    drawn = np.empty((height, width, *source.shape[2:]), dtype=np.uint8)
    step = max(1, _BLOCK_PX // width)
    for start in range(0, height, step):
        stop = min(height, start + step)
        if isinstance(backward, AffineMap) and width <= _REMAP_LIMIT_PX:
            drawn[start:stop] = _affine_rows(source, backward, (start, stop), interpolation, filled)
        else:
            drawn[start:stop] = _drawn_rows(source, backward.rows(start, stop), interpolation, filled)
    if page.kind is Kind.BINARY:
        drawn = np.where(drawn >= 128, 255, 0).astype(np.uint8)
    return Page(drawn, page.kind, dpi)


def _affine_rows(
    source: Samples, affine: AffineMap, span: tuple[int, int], interpolation: Interpolation, fill: tuple[int, ...]
) -> Samples:
    """The rows ``span`` of the output of an affine map, without a dense map."""
    start, stop = span
    width = affine.shape[1]
    corners = np.array([[x, y] for x in (0.0, width - 1.0) for y in (float(start), stop - 1.0)])
    left, top, right, bottom = _window(source, affine.read_points(corners))
    if max(right - left, bottom - top) > _REMAP_LIMIT_PX:
        return _drawn_rows(source, affine.rows(start, stop), interpolation, fill)
    matrix = affine.matrix.copy()
    matrix[:, 2] += matrix[:, 1] * start - (left, top)
    drawn = cv2.warpAffine(
        source[top:bottom, left:right],
        matrix,
        (width, stop - start),
        flags=_CV2[interpolation] | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=fill,
    )
    return np.asarray(drawn, dtype=np.uint8).reshape(stop - start, width, *source.shape[2:])


def _window(source: Samples, points: NDArray[np.floating[Any]]) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what reading at ``points`` needs of ``source``: never empty."""
    margin = 5
    height, width = source.shape[:2]
    # Column by column: along the short axis NumPy takes twenty times as long.
    low = np.floor([points[:, k].min() for k in (0, 1)]).astype(int) - margin
    high = np.ceil([points[:, k].max() for k in (0, 1)]).astype(int) + margin + 1
    left, top = (int(v) for v in np.clip(low, 0, (width - 1, height - 1)))
    right, bottom = (int(v) for v in np.clip(high, (left + 1, top + 1), (width, height)))
    return left, top, right, bottom


def _drawn_rows(
    source: Samples, rows: NDArray[np.float32], interpolation: Interpolation, fill: tuple[int, ...]
) -> Samples:
    """Read ``source`` at ``rows``, from the window that the rows need (cv2.remap addresses 32,767 px at most)."""
    left, top, right, bottom = _window(source, rows.reshape(-1, 2))
    window = source[top:bottom, left:right]
    if max(window.shape[:2]) > _REMAP_LIMIT_PX or max(rows.shape[:2]) > _REMAP_LIMIT_PX:
        half = rows.shape[1] // 2
        parts = (rows[:, :half], rows[:, half:])
        return np.concatenate([_drawn_rows(source, p, interpolation, fill) for p in parts], axis=1)
    drawn = cv2.remap(
        window,
        rows - np.array((left, top), dtype=np.float32),
        None,  # type: ignore[call-overload]  # an empty array here makes OpenCV 5.0's linear remap read garbage
        interpolation=_CV2[interpolation],
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=fill,
    )
    return np.asarray(drawn, dtype=np.uint8).reshape(*rows.shape[:2], *source.shape[2:])


def _inside(page: Page, affine: AffineMap) -> bool:
    height, width = affine.shape
    corners = affine.read_points(np.array([[0.0, 0.0], [width - 1, height - 1]]))
    return bool((corners >= 0).all() and (corners <= (page.width_px - 1, page.height_px - 1)).all())


def _copied(samples: Samples, affine: AffineMap) -> Samples:
    height, width = affine.shape
    y, x = np.arange(height)[:, None], np.arange(width)[None, :]
    m = affine.matrix.astype(np.intp)
    if m[0, 1] == 0:
        return np.ascontiguousarray(samples[m[1, 1] * y + m[1, 2], m[0, 0] * x + m[0, 2]])
    return np.ascontiguousarray(samples[m[1, 0] * x + m[1, 2], m[0, 1] * y + m[0, 2]])
