"""Papers: textures, stains, folds, light and the world beyond the page's edge."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]


def cloud(rng: np.random.Generator, side: int, cells_y: float, cells_x: float) -> Plane:
    """Smooth noise of mean 0 and deviation 1 with about that many cells along each side."""
    small = rng.normal(size=(max(2, int(cells_y)), max(2, int(cells_x)))).astype(np.float32)
    big = cv2.resize(small, (side, side), interpolation=cv2.INTER_CUBIC)
    return np.asarray((big - big.mean()) / (big.std() + 1e-6))


def texture(rng: np.random.Generator, side: int) -> Plane:
    """A paper around 1: fibres, grain and clouds of a random strength."""
    strength = float(np.exp(rng.uniform(np.log(0.005), np.log(0.12))))
    total = np.zeros((side, side), dtype=np.float32)
    for cells in (3, 9, 30, 90, side // 2):
        total += rng.uniform(0, 1) * cloud(rng, side, cells, cells)
    if rng.random() < 0.35:
        total += rng.uniform(0.3, 2) * cloud(rng, side, rng.uniform(40, side / 2), rng.uniform(3, 12))
        total += rng.uniform(0, 1.5) * cloud(rng, side, rng.uniform(3, 12), rng.uniform(40, side / 2))
    return np.asarray(1 + strength * total / (total.std() + 1e-6))


def stains(rng: np.random.Generator, side: int) -> Plane:
    """Factors up to 1: blots with soft or hard rims, some with a dark rim."""
    plane = np.ones((side, side), dtype=np.float32)
    for _ in range(int(rng.integers(1, 4))):
        shape = cloud(rng, side, rng.uniform(2, 7), rng.uniform(2, 7)) + 0.15 * cloud(rng, side, 30, 30)
        level, rim = rng.uniform(0.3, 1.6), float(np.exp(rng.uniform(np.log(0.02), np.log(0.6))))
        inside = 1 / (1 + np.exp(np.clip(-(shape - level) / rim, -30, 30)))
        plane *= 1 - rng.uniform(0.05, 0.6) * inside
        if rng.random() < 0.4:
            plane *= 1 - rng.uniform(0.05, 0.35) * np.exp(-(((shape - level) / (rim + 0.05)) ** 2))
    return plane


def light(rng: np.random.Generator, side: int) -> Plane:
    """Factors up to 1: a slope of light and, at times, the edge of a shadow, soft or hard."""
    y, x = np.mgrid[0:side, 0:side].astype(np.float32) / side - 0.5
    turn = rng.uniform(0, 2 * np.pi)
    along = x * np.cos(turn) + y * np.sin(turn)
    plane = 1 + rng.uniform(0, 0.6) * along
    if rng.random() < 0.5:
        bent = along + 0.05 * cloud(rng, side, 3, 3) + rng.uniform(-0.4, 0.4)
        soft = float(np.exp(rng.uniform(np.log(0.002), np.log(0.2))))
        plane *= 1 - rng.uniform(0.1, 0.7) / (1 + np.exp(np.clip(-bent / soft, -30, 30)))
    return np.asarray(plane, dtype=np.float32)


def folds(rng: np.random.Generator, side: int) -> Plane:
    """Factors around 1: creases with a dark and a bright flank."""
    plane = np.ones((side, side), dtype=np.float32)
    y, x = np.mgrid[0:side, 0:side].astype(np.float32)
    for _ in range(int(rng.integers(1, 4))):
        turn = rng.choice((0.0, np.pi / 2)) + rng.normal() * 0.1
        far = (x - rng.uniform(0, side)) * np.cos(turn) + (y - rng.uniform(0, side)) * np.sin(turn)
        far += 2 * cloud(rng, side, 6, 6)
        width = rng.uniform(0.7, 6)
        plane *= 1 - rng.uniform(0.03, 0.5) * np.exp(-((far / width) ** 2))
        plane *= 1 + rng.uniform(0, 0.15) * np.exp(-(((far - 2 * width) / width) ** 2))
    return plane


def beyond(rng: np.random.Generator, side: int, holes: float = 0.2) -> NDArray[np.bool_]:
    """True outside the page: an uneven edge along one or two sides, and holes in that share of the pages."""
    y, x = np.mgrid[0:side, 0:side].astype(np.float32) / side
    wavy = rng.choice((0.0, 0.003, 0.02)) * (cloud(rng, side, 8, 8) + 0.3 * cloud(rng, side, 60, 60))
    outside = np.zeros((side, side), dtype=bool)
    for _ in range(int(rng.integers(1, 3))):
        turn = rng.choice((0, 1, 2, 3)) * np.pi / 2 + rng.normal() * 0.06
        outside |= (x - 0.5) * np.cos(turn) + (y - 0.5) * np.sin(turn) + wavy > rng.uniform(0.1, 0.48)
    if rng.random() < holes:
        outside |= cloud(rng, side, 6, 6) + 0.2 * cloud(rng, side, 40, 40) > rng.uniform(1.6, 2.4)
    return outside


def colour(rng: np.random.Generator, *, brown: bool = False) -> Plane:
    """The paper's colour, three values around its brightness; ``brown`` that of papyrus and of burnt paper."""
    bright = 1 - 0.65 * rng.random() ** 1.7
    if brown:
        warm = rng.uniform(0.2, 0.7)
        return np.asarray(rng.uniform(0.28, 0.75) * np.array((1.0, 1 - 0.4 * warm, 1 - warm)), dtype=np.float32)
    if rng.random() < 0.3:
        return np.full(3, bright, dtype=np.float32)
    warm = rng.uniform(0, 0.35)
    tint = np.array((1.0, 1 - 0.4 * warm, 1 - 1.3 * warm)) if rng.random() < 0.8 else 1 - 0.25 * rng.random(3)
    return np.asarray(bright * tint, dtype=np.float32)


def fibres(rng: np.random.Generator, side: int) -> Plane:
    """Factors around 1: papyrus, two layers of long fibres at right angles, some of them as dark as ink."""
    plane = np.ones((side, side), dtype=np.float32)
    for turned in (False, True):
        streaks = np.zeros((side, side), dtype=np.float32)
        for _ in range(3):
            across, along = float(np.exp(rng.uniform(np.log(12), np.log(side / 2)))), rng.uniform(1, 9)
            streaks += rng.uniform(0.2, 1) * cloud(rng, side, across, along)
        streaks /= streaks.std() + 1e-6
        strength = float(np.exp(rng.uniform(np.log(0.02), np.log(0.2))))
        dark = np.clip(streaks - rng.uniform(1.2, 2.6), 0, 1.5) * rng.uniform(0, 0.5)
        layer = 1 + strength * streaks - dark
        plane *= layer.T if turned else layer
    plane *= 1 + rng.uniform(0, 0.12) * cloud(rng, side, 5, 5)
    return np.asarray(np.clip(plane, 0.15, 1.6), dtype=np.float32)


def world(
    rng: np.random.Generator, side: int, outside: NDArray[np.bool_], desk: NDArray[np.uint8]
) -> tuple[Plane, Plane]:
    """What lies around a page: its tones, and the factors of the shadow that falls on the page along its edge.

    ``desk`` is what it may lie on, shape (h, w, 3).
    """
    if rng.random() < 0.3:
        grey = cv2.resize(desk[..., int(rng.integers(3))], (2 * side, 2 * side), interpolation=cv2.INTER_LINEAR)
        y, x = (int(v) for v in rng.integers(0, side, 2))
        tones = grey[y : y + side, x : x + side] * np.float32(rng.uniform(0.3, 1.1) / 255)
    else:
        tone = rng.uniform(0, 0.25) if rng.random() < 0.6 else rng.uniform(0.25, 1.0)
        tones = np.asarray(tone * texture(rng, side), dtype=np.float32)
    if rng.random() < 0.25:
        for _ in range(int(rng.integers(1, 6))):
            x, y = (int(v) for v in rng.integers(0, side, 2))
            w, h = (int(v) for v in np.exp(rng.uniform(np.log(3), np.log(120), 2)))
            tones[y : y + h, x : x + w] = rng.uniform(0, 1)
    shade = np.ones((side, side), dtype=np.float32)
    if rng.random() < 0.6:
        far = cv2.distanceTransform((~outside).astype(np.uint8), cv2.DIST_L2, 3)
        reach = float(np.exp(rng.uniform(np.log(1.0), np.log(120))))
        shade -= np.float32(rng.uniform(0.05, 0.6)) * np.exp(-far / reach)
    if rng.random() < 0.4:
        far = cv2.distanceTransform(outside.astype(np.uint8), cv2.DIST_L2, 3)
        tones *= 1 - np.float32(rng.uniform(0.1, 0.8)) * np.exp(-far / float(np.exp(rng.uniform(0.5, 3.5))))
    return tones, shade


def crumples(rng: np.random.Generator, side: int) -> Plane:
    """Factors around 1: a crumpled sheet, facets that lie in other light on the two sides of a sharp crease."""
    height = np.zeros((side, side), dtype=np.float32)
    for _ in range(int(rng.integers(2, 6))):
        cells = rng.uniform(2, 12)
        height += np.abs(cloud(rng, side, cells, cells)) * np.float32(rng.uniform(0.3, 1) / cells)
    down, along = np.gradient(cv2.GaussianBlur(height, (0, 0), float(rng.uniform(0.6, 2.5))))
    turn = rng.uniform(0, 2 * np.pi)
    slope = np.cos(turn) * along + np.sin(turn) * down
    strength = float(np.exp(rng.uniform(np.log(0.02), np.log(0.25))))
    return np.asarray(np.clip(1 + strength * np.clip(slope / (slope.std() + 1e-6), -3, 2), 0.25, 1.4), dtype=np.float32)


def specks(rng: np.random.Generator, side: int) -> Plane:
    """Factors up to 1: foxing, mould and dirt, dark spots of a few pixels, denser here than there."""
    cells = float(np.exp(rng.uniform(np.log(side / 16), np.log(side / 4))))
    field = cloud(rng, side, cells, cells) + rng.uniform(0, 0.5) * cloud(rng, side, 4, 4)
    spots = np.clip((field - rng.uniform(2.0, 3.2)) * rng.uniform(1.5, 6), 0, 1)
    return np.asarray(1 - np.float32(rng.uniform(0.1, 0.65)) * spots, dtype=np.float32)


def ruled(rng: np.random.Generator, side: int) -> Plane:
    """0 to 1: the pale lines or squares of writing paper, which are no ink."""
    y, x = np.mgrid[0:side, 0:side].astype(np.float32)
    tilt, bend = rng.normal() * 0.03, 2 * rng.random() * cloud(rng, side, 2, 2)
    gap, half = float(np.exp(rng.uniform(np.log(12), np.log(90)))), rng.uniform(0.4, 1.5)
    lines = np.zeros((side, side), dtype=np.float32)
    for far in (y + tilt * x + bend, x - tilt * y + bend)[: 1 if rng.random() < 0.6 else 2]:
        lines = np.maximum(lines, np.exp(-((((far + rng.uniform(0, gap)) % gap - gap / 2) / half) ** 2)))
    return lines


def flaked(rng: np.random.Generator, side: int) -> Plane:
    """0 to 1: what is left of ink on papyrus, lost along the fibres."""
    across, along = float(np.exp(rng.uniform(np.log(40), np.log(side / 2)))), rng.uniform(4, 30)
    field = cloud(rng, side, across, along)
    field = (field.T if rng.random() < 0.3 else field) + 0.7 * cloud(rng, side, 12, 12)
    return np.asarray(np.clip(rng.uniform(1.0, 2.6) - field * rng.uniform(0.5, 1.2), 0, 1), dtype=np.float32)


def bands(rng: np.random.Generator, side: int) -> Plane:
    """Factors up to 1: tinted bars and boxes that text stands on, labels and tape."""
    plane = np.ones((side, side), dtype=np.float32)
    for _ in range(int(rng.integers(1, 5))):
        height = np.exp(rng.uniform(np.log(14), np.log(side / 2)))
        width = 3 * side if rng.random() < 0.6 else np.exp(rng.uniform(np.log(40), np.log(side)))
        sides = (width, height) if rng.random() < 0.85 else (height, width)
        centre = tuple(float(v) for v in rng.uniform(0, side, 2))
        box = cv2.boxPoints((centre, sides, float(rng.normal() * 4))).astype(np.int32)
        cover = np.zeros((side, side), dtype=np.float32)
        cv2.fillPoly(cover, [box], 1.0, cv2.LINE_AA)
        plane *= 1 - np.float32(rng.uniform(0.08, 0.6)) * cover
    return plane
