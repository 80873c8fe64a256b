"""The light that follows its own edges: shadows of hands and leaves, folds and creases."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from recto.raster.background import filled
from recto.raster.page import Samples

Mask = NDArray[np.bool_]
Plane = NDArray[np.float32]

_NARROW, _LETTERS, _BARS = 7, 15, 41
_BODY = 9
_MEDIAN = 5
_RADIUS = 4
_ROUGHNESS = 0.03
_CRISP_STEP = 0.55
_FRAME_SIDES, _FRAME_STEP, _FRAME_CRISP, _FRAME_SHARE, _FRAME_REACH = (5, 15), 0.1, 0.75, 0.4, 11
_PALE, _PLAIN, _DEEP = 0.05, 0.25, 0.7
_MOSTLY, _PARTLY = 0.8, 0.5
_BAND, _FULL = 30, 0.8


def fine_light(small: Samples, bar: Mask) -> Samples:
    """The paper's tone at every point of a shrunk page, true to hard edges of the light.

    A closing steps over strokes up to 28 px of the page, which leaves an edge of the light where it is; a filter that
    keeps edges then smooths what lies between them. What is wider and printed is told from a shadow by its rim, and
    lies on the paper that a wider closing finds.

    Parameters
    ----------
    small : uint8 ndarray, shape (h, w) or (h, w, 3)
        A shrunk page (see ``recto.raster.background.shrunk``).
    bar : bool ndarray, shape (h, w)
        See ``bars``.

    References
    ----------
    He, Sun, Tang: Guided image filtering, IEEE TPAMI 35(6), 2013.
    """
    tone = brightest(small)
    letters = printed(_closed(tone, _NARROW), _closed(tone, _LETTERS))
    wider = cv2.dilate((bar | letters).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    closed = filled(_closed(small, _NARROW), wider)
    smooth = np.asarray(cv2.medianBlur(closed, _MEDIAN), dtype=np.uint8).reshape(small.shape)
    if small.ndim == 2:
        return _smoothed(smooth)
    return np.dstack([_smoothed(np.ascontiguousarray(smooth[..., c])) for c in range(small.shape[2])])


def bars(small: Samples) -> Mask:
    """Printed bars and large letters of a shrunk page, up to 160 px of the page, whatever light letters lie in them."""
    tone = brightest(small)
    return printed(np.asarray(cv2.medianBlur(tone, _BODY), dtype=np.uint8), _closed(tone, _BARS))


def printed(tone: Samples, paper: Samples) -> Mask:
    """Where a plane is darker than its paper by something printed and not by a shadow.

    Print has a crisp rim all around; a shadow is soft at one side at least, and that of a crease, which is pale, has no
    upright rectangle's shape. What is deep may touch a shadow.

    Parameters
    ----------
    tone, paper : uint8 ndarray, shape (h, w)
    """
    depth, steep = _log(paper) - _log(tone), steepness(tone)
    found = crisp(depth > _PALE, depth, steep, bands=True)
    found |= crisp(depth > _PLAIN, depth, steep)
    return np.asarray(found | crisp(depth > _DEEP, depth, steep, _PARTLY))


def steepness(tone: Samples) -> Plane:
    """The largest step of a plane's logarithm in the 5 × 5 pixels around each, float32, shape (h, w)."""
    square = np.ones((3, 3), np.uint8)
    return np.asarray(cv2.dilate(cv2.morphologyEx(_log(tone), cv2.MORPH_GRADIENT, square), square), dtype=np.float32)


def crisp(mask: Mask, depth: Plane, steep: Plane, least: float = _MOSTLY, *, bands: bool = False) -> Mask:
    """The components of a mask whose rim is a step of the tone, that at the page's edge not counted.

    Parameters
    ----------
    mask : bool ndarray, shape (h, w)
    depth : float32 ndarray, shape (h, w)
        Logarithm of the paper over the tone.
    steep : float32 ndarray, shape (h, w)
        See ``steepness``.
    least : float
        Share of the rim that must be one.
    bands : bool
        Upright rectangles alone, 120 px of the page long at least.
    """
    if not mask.any():
        return mask
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    area = stats[:, cv2.CC_STAT_AREA]
    usual = np.bincount(labels[mask], depth[mask], count) / np.maximum(area, 1)
    rim = _rim(mask)
    at = labels[rim]
    steps = np.bincount(at, steep[rim] > _CRISP_STEP * usual[at], count)
    keep = steps >= least * np.maximum(np.bincount(at, minlength=count), 1)
    if bands:
        wide, high = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
        keep &= (area >= _FULL * wide * high) & (np.maximum(wide, high) >= _BAND)
    keep[0] = False
    return np.asarray(keep[labels])


def framed(areas: Mask, light: Samples) -> Mask:
    """The rectangles of a mask at whose sides the light seems to step: pictures, and no paper half in shadow.

    Sides along the page's edge are not counted; a picture that fills the page is one.

    Parameters
    ----------
    areas : bool ndarray, shape (h, w)
    light : uint8 ndarray, shape (h, w) or (h, w, 3)
    """
    if not areas.any():
        return areas
    log = _log(brightest(light))
    near, far = (cv2.morphologyEx(log, cv2.MORPH_GRADIENT, np.ones((side, side), np.uint8)) for side in _FRAME_SIDES)
    there = (near > _FRAME_STEP) & (near > _FRAME_CRISP * far)
    steps = cv2.dilate(there.astype(np.uint8), np.ones((_FRAME_REACH, _FRAME_REACH), np.uint8)) > 0
    count, labels = cv2.connectedComponents(areas.astype(np.uint8), connectivity=4)
    rim = _rim(areas)
    at = labels[rim]
    keep = np.bincount(at, steps[rim], count) >= _FRAME_SHARE * np.bincount(at, minlength=count)
    keep[0] = False
    return np.asarray(keep[labels])


def _rim(mask: Mask) -> Mask:
    """The outermost pixels of a mask; along the page's edge it has none."""
    square = np.ones((3, 3), np.uint8)
    inner = cv2.erode(mask.astype(np.uint8), square, borderType=cv2.BORDER_CONSTANT, borderValue=1)
    return np.asarray(mask & (inner == 0))


def _closed(small: Samples, side: int) -> Samples:
    window = cv2.getStructuringElement(cv2.MORPH_RECT, (side, side))
    closed = cv2.morphologyEx(small, cv2.MORPH_CLOSE, window, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(closed, dtype=np.uint8).reshape(small.shape)


def brightest(small: Samples) -> Samples:
    """The brightest channel, shape (h, w)."""
    return small if small.ndim == 2 else np.asarray(small.max(axis=2))


def _log(tone: Samples) -> Plane:
    return np.log(np.maximum(tone, 1).astype(np.float32))


def _smoothed(plane: Samples) -> Samples:
    """A channel without its grain and with its edges: guided by itself, in logarithms, as dark paper is like bright."""
    side = (2 * _RADIUS + 1, 2 * _RADIUS + 1)
    log = _log(plane)
    mean: Plane = np.asarray(cv2.blur(log, side), dtype=np.float32)
    varies: Plane = np.asarray(cv2.blur(log * log, side), dtype=np.float32)
    varies -= mean * mean
    np.maximum(varies, 0.0, out=varies)
    slope = varies / (varies + np.float32(_ROUGHNESS**2))
    mean -= slope * mean
    log *= cv2.blur(slope, side)
    log += cv2.blur(mean, side)
    return np.clip(np.rint(np.exp(log, out=log)), 1, 255).astype(np.uint8)
