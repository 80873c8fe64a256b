"""The project's own classical method: divide by the background, threshold between the local mean and the tone under
the edges, and keep what has edges about as steep as its neighbours'."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from recto.filters.binarize.levelled import PAPER, Levelled
from recto.raster.background import enlarged_rows, shrunk
from recto.raster.page import Samples

Mask = NDArray[np.bool_]
Plane = NDArray[np.float32]
Histogram = NDArray[np.float64]
Labels = NDArray[np.int32]
Counts = NDArray[np.intp]

_BAND_PX = 8_000_000
_HALO_PX = 192
_NEIGHBOURS_PX = 480
_OFFSET = 0.466
_DEVIATION = 1.5
_SMALL_TEXT_PX, _TINY_TEXT_PX, _FINE_TEXT_PX = 24.0, 17.0, 16.0
_CRISP = 2.4
_LEAST_DEPTH = 0.281
_STEEPNESS = 0.5
_DOT_STEEPNESS, _DOT_SHARE, _DOT_REACH = 0.5, 0.33, 0.4
_DOT_DEPTH, _SMALL_DOT_DEPTH = 1.5, 1.2
_SPECK_SHARE, _UNKNOWN_DOT_PX = 0.2, 5.5
_LOCALITY = 0.6
_NOISE_GATE = 2.0
_CRISPNESS = 0.7
_LITTLE_GRAIN, _MOST_GRAIN = 0.2, 0.5
_LEAST_STEEPNESS = 6.0
_LEAST_EDGE_PX = 24
_RIM_SHARE = 0.05
_FRAME_LETTERS = 3.0
_INNER_SHARE = 0.2


@dataclass(frozen=True)
class Contrast:
    """What the edges of the whole page say about its ink, in tones of the levelled page.

    Attributes
    ----------
    tone : float
        Mean tone under the edges, weighed by their squared steepness: half way between ink and paper.
    steepness : float
        Mean steepness of the edges, weighed alike.
    noise : float
        Median steepness of all pixels: that of the paper's grain.
    """

    tone: float
    steepness: float
    noise: float

    @property
    def grain(self) -> float:
        """The noise as a share of the steepness: under 0.1 on clean pages, over 0.6 on paper without ink."""
        return (self.noise + 1) / max(self.steepness, 1e-3)

    @property
    def depth(self) -> float:
        """Half of the step from paper to ink, at least 8."""
        return max(PAPER - self.tone, 8.0)


@dataclass(frozen=True)
class Manner:
    """How the threshold is measured.

    Attributes
    ----------
    stride : int
        Pixels of the page per working pixel, along a side.
    window, edge_window : int
        Sides of the windows in working pixels.
    edge_weight : float
        Share of the tone under the edges in the threshold.
    """

    stride: int = 2
    window: int = 17
    edge_window: int = 37
    edge_weight: float = 0.367

    @classmethod
    def of(cls, levelled: Levelled, contrast: Contrast) -> Manner:
        """Small text wants small windows, and where it is crisp, every pixel."""
        if not 0 < levelled.text_px < _SMALL_TEXT_PX:
            return cls(levelled.stride)
        if contrast.steepness < _CRISP * contrast.depth:
            tiny = levelled.text_px < _TINY_TEXT_PX and contrast.grain < _LITTLE_GRAIN
            return cls(1) if tiny else cls(levelled.stride, 8, 19)
        return cls(1, edge_weight=1.0 if levelled.text_px < _FINE_TEXT_PX else 0.367)


@dataclass(frozen=True)
class Edges:
    """A piece of the levelled page, the same at the working size, and the steepness of its tones there."""

    flat: Samples
    small: Samples
    steep: Samples

    @classmethod
    def of(cls, flat: Samples, stride: int) -> Edges:
        small = flat if stride == 1 else shrunk(flat, stride)
        along, down = (
            cv2.convertScaleAbs(cv2.Sobel(small, cv2.CV_16S, *d, ksize=3), alpha=0.25) for d in ((1, 0), (0, 1))
        )
        return cls(flat, small, np.asarray(cv2.add(along, down), dtype=np.uint8))


def contrast_of(pieces: Iterable[Edges]) -> Contrast | None:
    """The contrast of a page from its bands; None when there is nothing on it but grain.

    On a page with little ink its edges drown in the grain of the paper: then only what is four times as steep as
    the grain is asked.
    """
    counts, tones = np.zeros(256), np.zeros(256)
    for edges in pieces:
        steep = edges.steep.ravel()
        counts += np.bincount(steep, minlength=256)
        tones += np.bincount(steep, edges.small.ravel(), 256)
    noise = float(np.searchsorted(np.cumsum(counts), 0.5 * counts.sum()))
    found = _weighed(counts, tones, noise, 0)
    if found is None or found.grain > _MOST_GRAIN:
        found = _weighed(counts, tones, noise, int(4 * (noise + 1)))
    return found if found is not None and found.steepness >= _LEAST_STEEPNESS else None


def _weighed(counts: Histogram, tones: Histogram, noise: float, least: int) -> Contrast | None:
    """The contrast of the pixels at least that steep; None when there are hardly any."""
    levels = np.arange(256.0)
    if least > 0 and (least > 255 or counts[least:].sum() < _LEAST_EDGE_PX):
        return None
    squares = np.where(levels >= least, levels**2, 0.0)
    weight = float(counts @ squares)
    if weight == 0.0:
        return None
    return Contrast(float(tones @ squares) / weight, float(counts @ (squares * levels)) / weight, noise)


def threshold_surface(edges: Edges, contrast: Contrast, manner: Manner) -> Samples:
    """The tone below which a pixel of the levelled page is ink, at the working size.

    A mean of two thresholds: Sauvola's with its offset measured in the page's own contrast, and the tone under the
    nearby edges, which alone keeps fine strokes apart; never so bright that the paper's grain would become ink.

    References
    ----------
    Sauvola, Pietikäinen: Adaptive document image binarization, Pattern Recognition 33(2), 2000.
    Su, Lu, Tan: Robust document image binarization technique for degraded document images, IEEE TIP 22(4), 2013.
    """
    depth = contrast.depth
    tones = edges.small.astype(np.float32)
    side = (manner.window, manner.window)
    surface: Plane = np.asarray(cv2.boxFilter(tones, cv2.CV_32F, side), dtype=np.float32)
    deviation: Plane = np.asarray(cv2.sqrBoxFilter(tones, cv2.CV_32F, side), dtype=np.float32)
    deviation -= surface * surface
    np.sqrt(np.maximum(deviation, 0.0, out=deviation), out=deviation)
    cv2.scaleAdd(deviation, _OFFSET / _DEVIATION, surface, surface)
    weight = np.square(edges.steep, dtype=np.float32)
    near = (manner.edge_window, manner.edge_window)
    few = 0.294 * max(float(weight.mean()), 1e-3)
    weights: Plane = np.asarray(cv2.boxFilter(weight, cv2.CV_32F, near), dtype=np.float32)
    tones *= weight
    edge: Plane = np.asarray(cv2.boxFilter(tones, cv2.CV_32F, near), dtype=np.float32)
    edge += few * contrast.tone
    weights += few
    edge /= weights
    share = manner.edge_weight
    cv2.addWeighted(surface, 1 - share, edge, share, -(1 - share) * _OFFSET * depth, surface)
    return np.clip(surface, 0, PAPER - _LEAST_DEPTH * depth, out=surface).astype(np.uint8)


def kept(
    ink: cv2.typing.MatLike, edges: Edges, contrast: Contrast, stride: int, beyond: Mask, rim: Rim, *, specks: bool
) -> Mask:
    """The components whose edges are about as steep as those of the ink around them.

    Bleed-through, stains and grain have soft or shallow edges. On clean paper, where there is no grain to be taken for
    ink, edges may be as shallow as pale ink is, if they are nearly as crisp for their depth as those of the page.
    What lies in the bed around the page goes, and so do frames along its edges.
    """
    count, drawn, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8, ltype=cv2.CV_32S)
    labels = np.asarray(drawn, dtype=np.int32)
    height, width = edges.steep.shape
    at = np.ascontiguousarray(labels[: height * stride : stride, : width * stride : stride]).ravel()
    here = np.flatnonzero(at)
    at = np.asarray(at[here], dtype=np.int32)
    steep = edges.steep.ravel()[here].astype(np.float32)
    pixels = np.maximum(np.bincount(at, minlength=count), 1)
    own = np.bincount(at, steep * steep, count) / np.maximum(np.bincount(at, steep, count), 1e-3)
    around = np.bincount(at, _neighbours(edges.steep).ravel()[here], count) / pixels
    wanted = _STEEPNESS * contrast.steepness ** (1 - _LOCALITY) * around**_LOCALITY
    t = float(np.clip((contrast.grain - 0.015) / 0.045, 0, 1))
    t = t * t * (3 - 2 * t)
    depth = PAPER - np.bincount(at, edges.small.ravel()[here], count) / pixels
    crisp = _CRISPNESS * contrast.steepness / (2 * contrast.depth) * depth
    wanted = t * wanted + (1 - t) * np.minimum(wanted, crisp)
    keep = (own > wanted) & (own > _NOISE_GATE * (contrast.noise + 1) * min(1.0, t + 0.25))
    keep &= np.bincount(at, beyond.ravel()[here], count) <= 0.5 * pixels
    keep[_along_edge(labels, at, here, pixels, rim)] = False
    keep[0] = False
    area = stats[:, cv2.CC_STAT_AREA]
    # Dots are soft: half of the steepness is enough beside letters, if they are as deep as ink.
    dots = ~keep & (area < (rim.text_px * _DOT_SHARE) ** 2) & (own > _DOT_STEEPNESS * wanted) & (area > 1)
    dots &= depth > (_SMALL_DOT_DEPTH if rim.text_px < _SMALL_TEXT_PX else _DOT_DEPTH) * contrast.depth
    keep |= dots & _beside(keep, at, here, pixels, (height, width), round(_DOT_REACH * rim.text_px / stride))
    if specks:
        keep &= area >= rim.speck_px
    return np.asarray(np.take(keep, labels, mode="clip"))


def _beside(
    keep: Mask, at: Labels, here: Counts, pixels: Counts, shape: tuple[int, int], reach_px: int
) -> NDArray[np.bool_]:
    """The components that lie within a reach of those that are kept."""
    ink = np.zeros(shape[0] * shape[1], dtype=np.uint8)
    ink[here[keep[at]]] = 1
    window = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach_px + 1, 2 * reach_px + 1))
    near = cv2.dilate(ink.reshape(shape), window).ravel()[here]
    return np.asarray(np.bincount(at, near, pixels.size) > 0)


def _neighbours(steep: Samples) -> Plane:
    """The mean steepness of the edges around each pixel, weighed by their squares."""
    height, width = steep.shape
    size = (max(1, width // 4), max(1, height // 4))
    tones = steep.astype(np.float32)
    weight = tones * tones
    small, cubes = (cv2.resize(a, size, interpolation=cv2.INTER_AREA) for a in (weight, weight * tones))
    side = (_NEIGHBOURS_PX // 8, _NEIGHBOURS_PX // 8)
    mean = cv2.boxFilter(cubes, -1, side) / np.maximum(cv2.boxFilter(small, -1, side), 0.01)
    return np.asarray(cv2.resize(mean, (width, height)), dtype=np.float32)


def fast(levelled: Levelled, *, specks: bool = True, soft: bool = False) -> Samples:
    """Ink 0 and paper 255; with ``soft`` the tones between as the ink's likelihood, 128 at the threshold."""
    bands = _bands(levelled.shape)
    whole = [Edges.of(levelled.flat(bands[0]), levelled.stride)] if len(bands) == 1 else []
    contrast = contrast_of(whole or (Edges.of(levelled.flat(rows), levelled.stride) for rows in bands))
    drawn = np.full(levelled.shape, 255, dtype=np.uint8)
    if contrast is None:
        return drawn
    manner = Manner.of(levelled, contrast)
    if manner.stride != levelled.stride:
        whole = []
        contrast = contrast_of(Edges.of(levelled.flat(rows), manner.stride) for rows in bands) or contrast
    for rows in bands:
        low, high = max(0, rows.start - _HALO_PX), min(levelled.shape[0], rows.stop + _HALO_PX)
        edges = whole[0] if whole else Edges.of(levelled.flat(slice(low, high)), manner.stride)
        surface = threshold_surface(edges, contrast, manner)
        full = np.asarray(cv2.resize(surface, edges.flat.shape[::-1], interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
        beyond = _beyond(levelled, slice(low, high), edges.steep.shape)
        rim = Rim.of(levelled, slice(low, high), edges.steep.shape, manner.stride)
        found = kept(
            cv2.compare(edges.flat, full, cv2.CMP_LT), edges, contrast, manner.stride, beyond, rim, specks=specks
        )
        inner = slice(rows.start - low, rows.stop - low)
        if soft:
            drawn[rows] = _soft(edges.flat[inner], full[inner], found[inner], contrast.depth)
        else:
            drawn[rows][found[inner]] = 0
    return drawn


def _beyond(levelled: Levelled, rows: slice, shape: tuple[int, ...]) -> Mask:
    """The bed around the page in a band, at the working size."""
    if levelled.beyond is None:
        return np.zeros(shape, dtype=bool)
    drawn = enlarged_rows(levelled.beyond.astype(np.uint8), levelled.shape, rows)
    return np.asarray(cv2.resize(drawn, (shape[1], shape[0]), interpolation=cv2.INTER_NEAREST) > 0)


@dataclass(frozen=True)
class Rim:
    """Where a band lies in its page, for the frames that scans leave along the edges.

    Attributes
    ----------
    inner : bool ndarray, of the working shape
        True farther from the page's edge than the rim is wide.
    top, bottom : bool
        The band begins or ends with the page.
    text_px : float
        Height of the page's text, at least 12.
    speck_px : float
        Pixels of the page below which a component is smaller than a dot of the text.
    least_px : float
        Working pixels that a component of the rim must have to be a frame and no letter.
    """

    inner: Mask
    top: bool
    bottom: bool
    text_px: float
    speck_px: float
    least_px: float

    @classmethod
    def of(cls, levelled: Levelled, rows: slice, shape: tuple[int, ...], stride: int) -> Rim:
        height, width = levelled.shape
        margin = _RIM_SHARE * min(height, width)
        y = rows.start + stride * np.arange(shape[0])
        x = stride * np.arange(shape[1])
        inner = ((y >= margin) & (y < height - margin))[:, None] & ((x >= margin) & (x < width - margin))[None, :]
        text_px = max(levelled.text_px, 12.0)
        dot_px = levelled.text_px / 8 if levelled.text_px > 0 else _UNKNOWN_DOT_PX
        speck_px = max(2.0, _SPECK_SHARE * dot_px**2)
        return cls(
            inner, rows.start == 0, rows.stop == height, text_px, speck_px, _FRAME_LETTERS * (text_px / stride) ** 2
        )


def _along_edge(labels: Labels, at: Labels, here: Counts, pixels: Counts, rim: Rim) -> Mask:
    """The components that touch the page's edge, lie mostly in its rim and are larger than words: frames, not ink."""
    count = pixels.size
    touch = np.zeros(count, dtype=bool)
    touch[labels[:, 0]] = touch[labels[:, -1]] = True
    if rim.top:
        touch[labels[0]] = True
    if rim.bottom:
        touch[labels[-1]] = True
    touch &= pixels > rim.least_px
    if touch.any():
        touch &= np.bincount(at, rim.inner.ravel()[here], count) <= _INNER_SHARE * pixels
    return touch


def _soft(flat: Samples, full: Samples, found: Mask, depth: float) -> Samples:
    over = (flat.astype(np.float32) - full) * np.float32(127.0 / depth) + 128
    return np.asarray(np.where(found, np.clip(over, 0, 127), np.clip(over, 128, 255)), dtype=np.uint8)


def _bands(shape: tuple[int, int]) -> list[slice]:
    height, width = shape
    step = max(_HALO_PX, _BAND_PX // width // 16 * 16)
    return [slice(start, min(height, start + step)) for start in range(0, height, step)]
