"""Text lines and rulings of a nearly flat page, as points that should be level."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from recto.filters.dewarp.baseline import baseline
from recto.filters.dewarp.rulings import level_rulings
from recto.raster.page import Samples

Floats = NDArray[np.float64]

_MOST_GLYPHS = 3000
_LARGEST = 12
_PALE = 0.4
_SOFT = 0.6
_AT_ONCE = 500


@dataclass(frozen=True)
class Lines:
    """Points on lines.

    Attributes
    ----------
    points : float64 ndarray, shape (N, 2), x first
        In pixels of the picture.
    line : intp ndarray, shape (N,)
        Which line each point belongs to, from 0.
    weight : float64 ndarray, shape (N,)
    glyph_px : float
        Median height of a glyph; 0 when there are none.
    """

    points: Floats
    line: NDArray[np.intp]
    weight: Floats
    glyph_px: float

    @property
    def count(self) -> int:
        return int(self.line.max()) + 1 if len(self.line) else 0

    def moved(self, points: Floats) -> Lines:
        """The same lines with their points elsewhere."""
        return Lines(points, self.line, self.weight, self.glyph_px)


def find_lines(grey: Samples, *, steep: float = 0.35, gap: float = 1.7) -> Lines:
    """The text lines and rulings of a page whose lines are level to within ``steep`` (rise over run).

    Parameters
    ----------
    grey : uint8 ndarray, shape (H, W)
        A page of about 150 to 200 dpi.
    steep, gap : float
        The steepest line, and the widest gap in a line in glyph heights. A wide gap ties the columns of a table, on
        a page that is nearly level already.
    """
    ink = ink_mask(grey)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8), connectivity=8)
    looks = _looks(grey, ink, np.asarray(labels), np.asarray(stats))
    boxes = np.column_stack((stats, looks)).astype(np.float64)[1:count]
    glyphs = _printed(_glyph_boxes(boxes, grey.shape[1]))
    chains = _chains(glyphs, steep, gap)
    points: list[Floats] = []
    line: list[NDArray[np.intp]] = []
    weight: list[Floats] = []
    for chain in chains:
        feet = baseline(glyphs[chain])
        if feet is not None:
            points.append(feet)
            line.append(np.full(len(feet), len(line), dtype=np.intp))
            weight.append(np.ones(len(feet)))
    for ruling in level_rulings(grey, steep) + _bars(grey):
        points.append(ruling)
        line.append(np.full(len(ruling), len(line), dtype=np.intp))
        weight.append(np.full(len(ruling), 0.7))
    height = float(np.median(glyphs[:, 3])) if len(glyphs) else 0.0
    if not points:
        return Lines(np.zeros((0, 2)), np.zeros(0, np.intp), np.zeros(0), height)
    return Lines(np.concatenate(points), np.concatenate(line), np.concatenate(weight), height)


def ink_mask(grey: Samples) -> NDArray[np.bool_]:
    """Strokes: darker than their neighbourhood by more than noise, whatever the light."""
    size = max(25, round(grey.shape[1] / 45)) | 1
    values = cv2.GaussianBlur(grey, (0, 0), 0.7)
    mean = cv2.boxFilter(values, cv2.CV_32F, (size, size))
    depth = np.asarray(cv2.subtract(mean, values, dtype=cv2.CV_32F), dtype=np.float32)
    spread = cv2.blur(depth * depth, (size, size))
    noise = float(np.percentile(np.abs(depth[::4, ::4]), 25)) * 3.14
    least = max(5.0, 3.0 * noise)
    # The depth's own square against that of the spread: no roots of three million numbers.
    mask: NDArray[np.bool_] = (depth > least) & (depth * depth > 0.64 * spread)
    return mask


def _glyph_boxes(boxes: Floats, width: int) -> Floats:
    """Components of the size of letters: rows of left, top, width, height, area."""
    low, high = width / 320, width / _LARGEST
    good = (boxes[:, 3] >= low) & (boxes[:, 3] <= high) & (boxes[:, 2] <= 3 * high) & (boxes[:, 2] >= 2)
    good &= boxes[:, 4] >= 0.12 * boxes[:, 2] * boxes[:, 3]
    good &= boxes[:, 2] < 9 * boxes[:, 3]
    letters = boxes[good]
    if len(letters) > _MOST_GLYPHS:
        letters = letters[np.sort(np.argsort(-letters[:, 4], kind="stable")[:_MOST_GLYPHS])]
    return letters


def _looks(grey: Samples, ink: NDArray[np.bool_], labels: NDArray[Any], stats: NDArray[Any]) -> Floats:
    """Of each component: how much darker than its surroundings it is, as a share of their lightness; how sharp."""
    size = max(25, round(grey.shape[1] / 45)) | 1
    around = cv2.blur(grey, (size, size))
    across = cv2.Sobel(grey, cv2.CV_16S, 1, 0)
    down = cv2.Sobel(grey, cv2.CV_16S, 0, 1)
    at = np.flatnonzero(ink)
    label = labels.ravel()[at]
    light = around.ravel()[at].astype(np.float64)
    depth = light - grey.ravel()[at]
    steep = np.hypot(across.ravel()[at].astype(np.float64), down.ravel()[at]) / 4
    area = np.maximum(stats[:, 4], 1)
    contrast: Floats = np.bincount(label, depth / np.maximum(light, 1), len(stats)) / area
    sharp: Floats = np.bincount(label, steep, len(stats)) / np.maximum(np.bincount(label, depth, len(stats)), 1)
    looks: Floats = np.stack((contrast, sharp), axis=1)
    return looks


def _printed(glyphs: Floats) -> Floats:
    """Without what is far paler, or far less sharp, than most letters: the shaded sides of creases."""
    for column, share in ((5, _PALE), (6, _SOFT)):
        if len(glyphs):
            glyphs = glyphs[glyphs[:, column] > share * np.percentile(glyphs[:, column], 75)]
    return glyphs


def _chains(glyphs: Floats, steep: float, widest: float) -> list[NDArray[np.intp]]:
    """Glyphs chained to lines: each to its nearest mutual neighbour on the right."""
    if len(glyphs) < 3:
        return []
    order = np.argsort(glyphs[:, 0], kind="stable")
    left, top, width, height = glyphs[order, :4].T
    right, bottom, middle = left + width, top + height, top + height / 2
    stop = np.searchsorted(left, right + widest * height + 4, side="right")
    follower = np.full(len(order), -1)
    gap_of = np.full(len(order), np.inf)
    # Pairs of letters, a few hundred letters at a time.
    for start in range(0, len(order), _AT_ONCE):
        first = np.arange(start, min(start + _AT_ONCE, len(order)))
        ahead = np.maximum(stop[first] - first - 1, 0)
        i = np.repeat(first, ahead)
        j = i + 1 + np.arange(len(i)) - np.repeat(np.cumsum(ahead) - ahead, ahead)
        near = np.minimum(bottom[i], bottom[j]) > np.maximum(top[i], top[j])
        i, j = i[near], j[near]
        gap = left[j] - right[i]
        tall, short = np.maximum(height[i], height[j]), np.minimum(height[i], height[j])
        overlap = np.minimum(bottom[i], bottom[j]) - np.maximum(top[i], top[j])
        run = np.maximum(left[j] + width[j] / 2 - left[i] - width[i] / 2, 1)
        fits = (gap > -0.5 * np.minimum(width[i], width[j])) & (gap < widest * tall) & (short > 0.33 * tall)
        fits &= (gap < 1.7 * tall) | (np.abs(bottom[j] - bottom[i]) < 0.3 * short)
        fits &= (overlap > 0.35 * short) & (np.abs(middle[j] - middle[i]) < steep * run + 0.5 * tall)
        i, j = i[fits], j[fits]
        cost = np.maximum(gap[fits], 0) + 1.0 * np.abs(bottom[j] - bottom[i])
        # The cheapest of each letter, the leftmost of equals: written last.
        cheapest_last = np.lexsort((-j, -cost))
        follower[i[cheapest_last]], gap_of[i[cheapest_last]] = j[cheapest_last], cost[cheapest_last]
    return [order[chain] for chain in _linked(follower, gap_of)]


def _linked(follower: NDArray[np.intp], cost: Floats) -> list[NDArray[np.intp]]:
    """Chains of at least three, each glyph followed and preceded by one at most."""
    leader = np.full(len(follower), -1)
    for i in np.argsort(cost, kind="stable"):
        j = follower[i]
        if j >= 0 and leader[j] < 0:
            leader[j] = i
    chains = []
    following = np.full(len(follower), -1)
    following[leader[leader >= 0]] = np.flatnonzero(leader >= 0)
    for start in np.flatnonzero(leader < 0):
        chain = [int(start)]
        while following[chain[-1]] >= 0:
            chain.append(int(following[chain[-1]]))
        if len(chain) >= 3:
            chains.append(np.array(chain, dtype=np.intp))
    return chains


def _bars(grey: Samples) -> list[Floats]:
    """Upper and lower edges of wide dark bars, such as the heads of tables."""
    height, width = grey.shape
    small = cv2.resize(grey, None, fx=0.125, fy=0.125, interpolation=cv2.INTER_AREA)
    light = cv2.medianBlur(cv2.dilate(small, np.ones((11, 11), dtype=np.uint8)), 9)
    shade = cv2.resize(np.asarray(light * 0.72, dtype=np.uint8), (width, height), interpolation=cv2.INTER_LINEAR)
    dark = cv2.compare(cv2.blur(grey, (3, 3)), shade, cv2.CMP_LT)
    dark = cv2.morphologyEx(dark, cv2.MORPH_OPEN, np.ones((width // 140, width // 60), dtype=np.uint8))
    # Regions are told apart on every second pixel, in a quarter of the time; their edges are read on all.
    count, labels, stats, _ = cv2.connectedComponentsWithStats(np.ascontiguousarray(dark[::2, ::2]), connectivity=4)
    found = []
    for k in range(1, min(count, 40)):
        left, top, wide, high = (2 * int(v) for v in stats[k, :4])
        if wide < width / 12 or high > 0.5 * wide or 4 * stats[k, 4] < 0.35 * wide * high:
            continue
        if top < 4 or top + high > height - 4:
            continue
        rows, columns = np.arange(top - 1, top + high), left + np.arange(4, wide - 4, max(3, width // 200))
        own = labels[np.ix_(np.arange(top, top + high + 1) // 2, columns // 2)] == k
        own[1:] |= labels[np.ix_(rows[1:] // 2, columns // 2)] == k
        part = own & (dark[np.ix_(rows, columns)] > 0)
        upper, lower = part.argmax(axis=0), len(rows) - 1 - part[::-1].argmax(axis=0)
        thick = lower - upper
        good = part.any(axis=0) & (np.abs(thick - np.median(thick)) < 0.25 * np.median(thick) + 1)
        if good.sum() >= 8 and np.median(thick) < width / 16:
            found += [np.stack((columns[good], top - 1 + edge[good]), axis=1) for edge in (upper, lower)]
    return [np.asarray(edge, dtype=np.float64) for edge in found]


def slopes(lines: Lines) -> tuple[Floats, Floats, Floats]:
    """Slopes (rise over run) of parts of lines, each about eight glyph heights long, with their middles and lengths.

    Returns
    -------
    slope : float64 ndarray, shape (N,)
        Positive: the line falls to the right.
    middle : float64 ndarray, shape (N, 2)
    run : float64 ndarray, shape (N,)
        Length along x in pixels.
    """
    if not lines.count:
        return np.zeros(0), np.zeros((0, 2)), np.zeros(0)
    x, y = lines.points.T
    starts = np.flatnonzero(np.diff(lines.line, prepend=-1))
    low, high = np.minimum.reduceat(x, starts)[lines.line], np.maximum.reduceat(x, starts)[lines.line]
    parts = np.maximum(1, ((high - low) / max(8.0 * lines.glyph_px, 40.0)).astype(np.intp))
    which = np.minimum(((x - low) / (high - low + 1e-6) * parts).astype(np.intp), parts - 1)
    first = np.concatenate(([0], np.cumsum(parts[starts])))[:-1]
    part = first[lines.line] + which
    count = np.bincount(part)

    def mean(values: Floats) -> Floats:
        means: Floats = np.bincount(part, values) / np.maximum(count, 1)
        return means

    middle = np.stack((mean(x), mean(y)), axis=1)
    off = x - middle[part, 0]
    reach = np.full((2, len(count)), -np.inf)
    np.maximum.at(reach[0], part, off)
    np.maximum.at(reach[1], part, -off)
    run = reach.sum(axis=0)
    slope = np.bincount(part, off * y) / np.maximum(np.bincount(part, off * off), 1e-12)
    good = (count >= 3) & (run >= max(2.5 * lines.glyph_px, 12))
    return slope[good], middle[good], run[good]


def unlevelness(lines: Lines, *, turned: bool = False) -> float:
    """How far lines are from level: mean absolute slope of their parts (rise over run), weighted by length.

    Parameters
    ----------
    lines : Lines
    turned : bool
        Measure from the median slope, so that a page that is merely turned counts as level.
    """
    slope, _, run = slopes(lines)
    if not len(slope):
        return 0.0
    middle = _median(slope, run) if turned else 0.0
    return float(np.average(np.minimum(np.abs(slope - middle), 0.5), weights=run))


def coherence(lines: Lines) -> float:
    """Share of the slopes' variance that a smooth surface foretells: near 0 for handwriting, near 1 for curl.

    Each slope is foretold by a cubic surface through the others, so that a few slopes, through which such a surface
    always passes, do not count as smooth.
    """
    slope, middle, run = slopes(lines)
    if len(slope) < 12:
        return 0.0
    scaled = (middle - middle.mean(axis=0)) / np.maximum(middle.std(axis=0), 1.0)
    x, y = scaled.T
    basis = np.stack((np.ones_like(x), x, y, x * x, x * y, y * y, x**3, x * x * y, x * y * y), axis=1)
    slope = np.clip(slope - _median(slope, run), -0.4, 0.4)
    left, size, _ = np.linalg.svd(basis * np.sqrt(run)[:, None], full_matrices=False)
    left = left[:, size > 1e-9 * size[0]]
    fitted = left @ (left.T @ (slope * np.sqrt(run))) / np.sqrt(run)
    off = np.abs(slope - fitted) / np.maximum(1 - (left**2).sum(axis=1), 1e-6)
    missed = float((run * np.minimum(off, 0.4)).sum())
    total = float((run * np.abs(slope)).sum())
    return float(np.clip(1 - (missed / max(total, 1e-12)) ** 2, 0, 1))


def _median(values: Floats, weights: Floats) -> float:
    order = np.argsort(values)
    total = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(total, total[-1] / 2)])
