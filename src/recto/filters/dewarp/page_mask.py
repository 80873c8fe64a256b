"""Which pixels are page: colour models of page and table that start from the picture's middle and border."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from recto.raster.page import Samples

Mask = NDArray[np.bool_]

_BINS = (40, 32, 32)
_ROUNDS = 6


def page_masks(picture: Samples, chance: NDArray[np.float32] | None = None) -> list[Mask]:
    """Several guesses at the region of the page, the likeliest first.

    Parameters
    ----------
    picture : uint8 ndarray, shape (h, w, 3)
        A small R'G'B' picture, about 320 px on its long side.
    chance : float32 ndarray, shape (h, w), optional
        How likely each pixel is page, 0 to 1, when something is known of it.

    Returns
    -------
    list of bool ndarray, shape (h, w)
        True on the page. Each is one region without holes.

    References
    ----------
    Rother, Kolmogorov and Blake, "GrabCut", SIGGRAPH 2004, doi:10.1145/1186562.1015720: two colour models that
    are fitted in turn with the region. Here the models are histograms, and smoothing stands for the graph cut.
    """
    bare = _without_ink(picture)
    lab = np.asarray(cv2.cvtColor(bare, cv2.COLOR_RGB2LAB), dtype=np.uint8)
    guesses = [_by_colour_models(lab, _middle(lab.shape[0], lab.shape[1], rim)) for rim in (0.10, 0.22)]
    lightness = lab[..., 0]
    cut, _ = cv2.threshold(lightness, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    guesses.append(lightness > cut)
    yellow = lab[..., 2]
    cut, _ = cv2.threshold(yellow, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    guesses.append(yellow < cut)
    guesses.append(_without_shadow(guesses[0], lightness))
    if chance is not None:
        likely = np.clip(chance, 0.03, 0.97).astype(np.float32)
        guesses = [_by_colour_models(lab, likely), chance > 0.5, *guesses]
    found: list[Mask] = []
    for guess in guesses:
        region = _one_region(guess)
        if region is not None and all(_overlap(region, other) < 0.992 for other in found):
            found.append(region)
    return found


def _without_shadow(guess: Mask, lightness: Samples) -> Mask:
    """The region without what is far darker than most of it: the shadow that a lifted sheet throws on the table."""
    if not guess.any():
        return guess
    lit: Mask = guess & (lightness > 0.42 * float(np.median(lightness[guess])))
    return lit


def _overlap(one: Mask, other: Mask) -> float:
    """Intersection over union."""
    return float((one & other).sum() / max((one | other).sum(), 1))


def _without_ink(picture: Samples) -> Samples:
    """The picture with dark strokes closed, so that only paper and table remain."""
    closed = cv2.morphologyEx(picture, cv2.MORPH_CLOSE, np.ones((3, 3), dtype=np.uint8))
    return np.asarray(cv2.medianBlur(closed, 7), dtype=np.uint8)


def _by_colour_models(lab: Samples, prior: NDArray[np.float32]) -> Mask:
    """Two colour histograms fitted in turn with the region; ``prior`` is the chance of page before looking."""
    codes = _codes(lab)
    chance = prior.copy()
    for _ in range(_ROUNDS):
        page, table = _histogram(codes, chance), _histogram(codes, 1 - chance)
        odds = np.log(page + 1e-5) - np.log(table + 1e-5)
        evidence = cv2.GaussianBlur(np.clip(odds, -4, 4)[codes].astype(np.float32), (0, 0), 1.2)
        total = 2.0 * np.asarray(evidence) + np.log(prior / (1 - prior))
        chance = (1 / (1 + np.exp(-total))).astype(np.float32)
    region: Mask = chance > 0.5
    return region


def _codes(lab: Samples) -> NDArray[np.int32]:
    steps = np.array([256 // n for n in _BINS])
    cells = lab // steps.astype(np.uint8)
    cells = np.minimum(cells, np.array(_BINS) - 1).astype(np.int32)
    codes: NDArray[np.int32] = (cells[..., 0] * _BINS[1] + cells[..., 1]) * _BINS[2] + cells[..., 2]
    return codes


def _histogram(codes: NDArray[np.int32], weights: NDArray[np.float32]) -> NDArray[np.float64]:
    """A smoothed three-dimensional colour histogram that sums to one, flat."""
    counts = np.bincount(codes.ravel(), weights=weights.ravel(), minlength=int(np.prod(_BINS))).reshape(_BINS)
    for axis in range(3):
        low, high = np.roll(counts, 1, axis), np.roll(counts, -1, axis)
        counts = 0.5 * counts + 0.25 * (low + high)
    total = counts.sum()
    flat: NDArray[np.float64] = counts.ravel() / max(total, 1e-9)
    return flat


def _middle(height: int, width: int, rim: float) -> NDArray[np.float32]:
    """Chance of page before looking: low at the border of the picture, high in its middle."""
    y = np.minimum(np.arange(height), np.arange(height)[::-1]) / max(rim * min(height, width), 1)
    x = np.minimum(np.arange(width), np.arange(width)[::-1]) / max(rim * min(height, width), 1)
    inside = np.minimum(np.minimum(y[:, None], x[None, :]), 1.0)
    return (0.12 + 0.73 * inside).astype(np.float32)


def _one_region(guess: Mask) -> Mask | None:
    """The largest region, opened a little and without holes; None when nothing of size is left."""
    size = max(3, round(max(guess.shape) * 0.012)) | 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    padded = cv2.copyMakeBorder(guess.astype(np.uint8), size, size, size, size, cv2.BORDER_REPLICATE)
    opened = cv2.morphologyEx(padded, cv2.MORPH_OPEN, kernel)[size:-size, size:-size]
    contours, _ = cv2.findContours(np.ascontiguousarray(opened), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not contours:
        return None
    largest = max(contours, key=cv2.contourArea)
    if cv2.contourArea(largest) < 0.08 * guess.size:
        return None
    region = np.zeros(guess.shape, dtype=np.uint8)
    cv2.drawContours(region, [largest], -1, 1, cv2.FILLED)
    return region.astype(np.bool_)
