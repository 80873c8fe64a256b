"""Pictures without text: what a filter that looks for text must leave alone; also set into pages."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]


def _grain(rng: np.random.Generator, height: int, width: int, sigma: float) -> NDArray[np.float32]:
    """Gaussian grain, made of a repeated tile."""
    tile = rng.normal(0.0, sigma, (min(512, height), min(512, width))).astype(np.float32)
    return np.tile(tile, (-(-height // tile.shape[0]), -(-width // tile.shape[1])))[:height, :width]


def photograph(rng: np.random.Generator, height: int, width: int) -> Grey:
    """Smooth shapes of many sizes with edges and some grain."""
    total = np.zeros((height, width), np.float32)
    for cells in (2, 3, 6, 12, 31, 70):
        small = rng.normal(size=(cells + 1, cells + 1)).astype(np.float32)
        total += cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC) / cells**0.7
    for _ in range(int(rng.integers(2, 9))):
        centre = (int(rng.integers(width)), int(rng.integers(height)))
        axes = tuple(int(v) for v in rng.uniform(0.04, 0.35, 2) * min(height, width) + 1)
        mask = np.zeros((height, width), np.uint8)
        cv2.ellipse(mask, centre, axes, float(rng.uniform(0, 180)), 0, 360, 255, -1)
        soft = cv2.GaussianBlur(mask, (0, 0), float(rng.uniform(0.7, 8))).astype(np.float32) / 255
        total += soft * np.float32(rng.normal() * 1.2)
    total = (total - total.mean()) / (total.std() + 1e-6)
    grain = _grain(rng, height, width, float(rng.uniform(0.01, 0.12)))
    return np.clip(128 + 55 * (total + grain), 0, 255).astype(np.uint8)


def noise(rng: np.random.Generator, height: int, width: int) -> Grey:
    """White or blurred noise."""
    grain = rng.normal(size=(height, width)).astype(np.float32)
    radius = float(rng.choice((0.0, 0.8, 2.0, 5.0)))
    if radius:
        grain = cv2.GaussianBlur(grain, (0, 0), radius)
    return np.clip(128 + 50 * grain / (grain.std() + 1e-6), 0, 255).astype(np.uint8)


def blank(rng: np.random.Generator, height: int, width: int) -> Grey:
    """Empty paper: flat, or with light, grain and a few specks."""
    page = np.full((height, width), float(rng.uniform(190, 255)), np.float32)
    if rng.random() < 0.7:
        corner = rng.normal(size=(3, 3)).astype(np.float32) * 8
        page += cv2.resize(corner, (width, height), interpolation=cv2.INTER_CUBIC)
        page += _grain(rng, height, width, float(rng.uniform(0.5, 4)))
    for _ in range(int(rng.integers(0, 30))):
        centre = (int(rng.integers(width)), int(rng.integers(height)))
        cv2.circle(page, centre, int(rng.integers(1, 5)), float(rng.uniform(20, 160)), -1)
    return np.clip(page, 0, 255).astype(np.uint8)


def line_art(rng: np.random.Generator, height: int, width: int) -> Grey:
    """Pen strokes, curves, hatching and outlines."""
    page = np.full((height, width), 255, np.uint8)
    scale = min(height, width)
    for _ in range(int(rng.integers(8, 60))):
        thick = max(1, int(scale * rng.uniform(0.0008, 0.004)))
        points = rng.random((int(rng.integers(3, 9)), 2)) * rng.uniform(0.1, 0.6) + rng.random(2) * 0.8 - 0.1
        knots = (points * (width, height)).astype(np.float32)
        t = np.linspace(0, len(knots) - 1, 80)
        curve = np.stack([np.interp(t, np.arange(len(knots)), knots[:, k]) for k in range(2)], axis=1)
        curve = cv2.blur(curve.astype(np.float32), (1, 15))
        cv2.polylines(
            page, [np.rint(curve).astype(np.int32).reshape(-1, 1, 2)], bool(rng.random() < 0.3), 0, thick, cv2.LINE_AA
        )
    for _ in range(int(rng.integers(0, 12))):
        x, y = rng.random(2) * (width, height)
        slope, step = float(rng.uniform(-2, 2)), float(scale * rng.uniform(0.004, 0.015))
        for k in range(int(rng.integers(5, 40))):
            start = (int(x + k * step), int(y))
            cv2.line(page, start, (int(start[0] + scale * 0.05), int(y + slope * scale * 0.05)), 0, 1, cv2.LINE_AA)
    return page


def music(rng: np.random.Generator, height: int, width: int) -> Grey:
    """Staves with note heads, stems and bars."""
    page = np.full((height, width), 255, np.uint8)
    gap = max(3, int(height * rng.uniform(0.006, 0.011)))
    y = int(height * 0.08)
    while y + 10 * gap < height * 0.95:
        left, right = int(width * 0.08), int(width * 0.92)
        for k in range(5):
            cv2.line(page, (left, y + k * gap), (right, y + k * gap), 0, max(1, gap // 8))
        x = left + 3 * gap
        while x < right:
            pitch = y + int(rng.integers(-2, 10)) * gap // 2
            cv2.ellipse(
                page, (x, pitch), (int(gap * 0.62), int(gap * 0.45)), -20, 0, 360, 0, -1 if rng.random() < 0.8 else 2
            )
            up = 1 if pitch > y + 2 * gap else -1
            stem = x + up * int(gap * 0.58)
            cv2.line(page, (stem, pitch), (stem, pitch - up * int(3.4 * gap)), 0, max(1, gap // 7))
            if rng.random() < 0.15:
                cv2.line(page, (x + 2 * gap, y), (x + 2 * gap, y + 4 * gap), 0, max(1, gap // 7))
            x += int(gap * rng.uniform(2, 5))
        y += int(gap * rng.uniform(9, 13))
    return page


def barcode(rng: np.random.Generator, height: int, width: int) -> Grey:
    """A bar code and a matrix code on empty paper."""
    page = np.full((height, width), 255, np.uint8)
    module = max(1, int(min(height, width) * 0.004))
    bars = np.repeat(rng.integers(0, 2, 95), module)[: int(width * 0.8)]
    top, left = int(height * 0.1), int(width * 0.1)
    page[top : top + int(height * 0.12), left : left + len(bars)] = np.where(bars, 0, 255)
    cells = rng.integers(0, 2, (29, 29)).astype(np.uint8) * 255
    side = min(29 * module * 2, width // 2, height // 2)
    matrix = cv2.resize(cells, (side, side), interpolation=cv2.INTER_NEAREST)
    y, x = int(rng.integers(height - side)), int(rng.integers(width - side))
    page[y : y + side, x : x + side] = matrix
    return page


def chart(rng: np.random.Generator, height: int, width: int) -> Grey:
    """Axes with a curve or bars, without a legend."""
    page = np.full((height, width), 255, np.uint8)
    thick = max(1, min(height, width) // 200)
    left, bottom = int(width * 0.08), int(height * 0.92)
    cv2.line(page, (left, int(height * 0.05)), (left, bottom), 0, thick)
    cv2.line(page, (left, bottom), (int(width * 0.97), bottom), 0, thick)
    count = int(rng.integers(5, 18))
    xs = np.linspace(left * 1.4, width * 0.92, count).astype(int)
    ys = (bottom - rng.random(count) * height * 0.8).astype(int)
    if rng.random() < 0.5:
        for x, y in zip(xs, ys, strict=True):
            cv2.rectangle(page, (int(x), int(y)), (int(x + width * 0.5 / count), bottom), int(rng.integers(0, 200)), -1)
    else:
        cv2.polylines(page, [np.stack((xs, ys), 1).astype(np.int32).reshape(-1, 1, 2)], False, 0, thick, cv2.LINE_AA)
    return page


NON_TEXT: dict[str, Callable[[np.random.Generator, int, int], Grey]] = {
    "photograph": photograph,
    "noise": noise,
    "blank": blank,
    "line_art": line_art,
    "music": music,
    "barcode": barcode,
    "chart": chart,
}


def non_text_page(rng: np.random.Generator, kind: str, height_px: int = 3508, width_px: int = 2480) -> Grey:
    """A grey page of ``kind``, one of ``NON_TEXT``, without any text: uint8, shape (height_px, width_px)."""
    return NON_TEXT[kind](rng, height_px, width_px)
