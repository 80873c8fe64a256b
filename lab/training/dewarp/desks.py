"""What photographed sheets lie on: wood, stone, cloth, tiles, other paper; made once, kept in a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.uint8]
Field = NDArray[np.float32]

DESK_PX = 384


def _cloud(rng: np.random.Generator, rough: float, cells: tuple[int, ...] = (3, 6, 12, 25, 50, 100, 200)) -> Field:
    """Noise of many sizes, mean 0 and deviation 1; ``rough`` from 0 (smooth) to 1 (fine grain)."""
    total = np.zeros((DESK_PX, DESK_PX), np.float32)
    for n in cells:
        small = rng.normal(size=(n, n)).astype(np.float32)
        drawn = cv2.resize(small, (DESK_PX, DESK_PX), interpolation=cv2.INTER_CUBIC)
        total += np.asarray(drawn, np.float32) * np.float32(n ** (rough - 0.9))
    return (total - total.mean()) / (total.std() + 1e-6)


def _tinted(light: Field, colour: NDArray[np.float64], other: Field | None = None) -> Samples:
    """A field of about -2 to 2 as shades of a colour."""
    shade = np.exp(0.16 * light)[..., None] * colour
    if other is not None:
        shade = shade * (1 + 0.05 * other[..., None] * np.array((1.0, 0.0, -1.0)))
    return np.clip(shade, 0, 255).astype(np.uint8)


def wood(rng: np.random.Generator) -> Samples:
    """Boards with grain, side by side or as parquet."""
    y, x = np.mgrid[:DESK_PX, :DESK_PX].astype(np.float32)
    board = float(rng.uniform(30, 140))
    length = float(rng.uniform(120, 400))
    row = np.floor(y / board).astype(np.int32)
    shifts = rng.uniform(0, length, 64).astype(np.float32)
    column = np.floor((x + shifts[row]) / length).astype(np.int32)
    tone = rng.normal(0, 0.8, (64, 64)).astype(np.float32)[row, column]
    bend = 6 * _cloud(rng, 0.0, (3, 6)) + shifts[row] + 37 * column
    grain = np.sin((y + bend) * float(rng.uniform(0.2, 1.2))) + 0.8 * np.asarray(
        cv2.blur(_cloud(rng, 0.9), (int(rng.integers(15, 50)), 1))
    )
    gap = np.minimum(y % board, (x + shifts[row]) % length) < 1.3
    light = 0.7 * tone + float(rng.uniform(0.2, 0.7)) * grain - 2.5 * gap * float(rng.random() < 0.8)
    colour = np.array((rng.uniform(90, 225), 0, 0))
    colour[1] = colour[0] * rng.uniform(0.6, 0.85)
    colour[2] = colour[1] * rng.uniform(0.4, 0.85)
    return _tinted(np.asarray(light, np.float32), colour)


def stone(rng: np.random.Generator) -> Samples:
    """Speckled or clouded, nearly grey."""
    light = _cloud(rng, float(rng.uniform(0.2, 1.1))) * float(rng.uniform(0.3, 1.2))
    if rng.random() < 0.4:
        light += (np.abs(_cloud(rng, 0.1)) < 0.06) * float(rng.uniform(-2, 2))
    return _tinted(light, rng.uniform(40, 235) * np.exp(rng.normal(0, 0.06, 3)), _cloud(rng, 0.2))


def cloth(rng: np.random.Generator) -> Samples:
    """A weave with folds, now and then striped or checked."""
    y, x = np.mgrid[:DESK_PX, :DESK_PX].astype(np.float32)
    step = float(rng.uniform(1.2, 3.0))
    light = 0.6 * np.sin(x * step) * np.sin(y * step) + 0.7 * _cloud(rng, 0.0, (3, 6, 12)) + 0.3 * _cloud(rng, 1.0)
    shade = _tinted(np.asarray(light, np.float32), rng.uniform(20, 240, 3)).astype(np.float32)
    if rng.random() < 0.5:
        period = float(rng.uniform(12, 80))
        bars = (np.sin(x * 2 * np.pi / period) > 0.3).astype(np.float32)
        if rng.random() < 0.5:
            bars += np.sin(y * 2 * np.pi / period) > 0.3
        shade *= 1 + (rng.uniform(0.4, 1.6, 3) - 1) * 0.5 * bars[..., None]
    return np.clip(shade, 0, 255).astype(np.uint8)


def tiles(rng: np.random.Generator) -> Samples:
    """Tiles or a chequered pattern with joints."""
    y, x = np.mgrid[:DESK_PX, :DESK_PX].astype(np.float32)
    side = float(rng.uniform(25, 120))
    odd = ((x // side + y // side) % 2).astype(np.float32)
    joint = np.minimum(x % side, y % side) < float(rng.uniform(0.5, 3))
    light = float(rng.uniform(0, 3)) * (odd - 0.5) - 2 * joint + 0.5 * _cloud(rng, 0.5)
    return _tinted(np.asarray(light, np.float32), rng.uniform(50, 225) * np.exp(rng.normal(0, 0.15, 3)))


def plain(rng: np.random.Generator) -> Samples:
    """A painted table top."""
    colour = rng.uniform(15, 250, 3) if rng.random() < 0.5 else np.full(3, rng.uniform(10, 250))
    return _tinted(0.4 * _cloud(rng, 0.0) + 0.15 * _cloud(rng, 1.0), colour)


def papers(rng: np.random.Generator) -> Samples:
    """A table with other sheets lying about, some with lines."""
    shade = (stone if rng.random() < 0.5 else wood)(rng).copy()
    for _ in range(int(rng.integers(2, 6))):
        centre = rng.uniform(0, DESK_PX, 2)
        size = rng.uniform(90, 260, 2)
        box = cv2.boxPoints((tuple(centre), tuple(size), float(rng.uniform(0, 90)))).astype(np.int32)
        tone = np.full(3, rng.uniform(150, 250)) * np.exp(rng.normal(0, 0.04, 3))
        cv2.fillPoly(shade, [box + 3], (shade.mean(axis=(0, 1)) * 0.6).tolist(), cv2.LINE_AA)
        cv2.fillPoly(shade, [box], tone.tolist(), cv2.LINE_AA)
        if rng.random() < 0.6:
            for t in np.arange(0.1, 0.9, float(rng.uniform(0.03, 0.08))):
                a, b = box[0] + t * (box[1] - box[0]), box[3] + t * (box[2] - box[3])
                end = a + (b - a) * rng.uniform(0.4, 0.9)
                ink = (tone * rng.uniform(0.4, 0.9)).tolist()
                cv2.line(shade, (a + 0.1 * (b - a)).astype(int).tolist(), end.astype(int).tolist(), ink, 1, cv2.LINE_AA)
    return shade


_MAKERS: tuple[tuple[Callable[[np.random.Generator], Samples], float], ...] = (
    (wood, 0.32),
    (stone, 0.3),
    (cloth, 0.1),
    (tiles, 0.08),
    (plain, 0.1),
    (papers, 0.1),
)


def desks(folder: Path, seed: int, count: int) -> Samples:
    """The bank of desks of that seed, made when it is not there yet: uint8, shape (N, DESK_PX, DESK_PX, 3)."""
    path = folder / f"desks-{seed}-{count}.npy"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        made = []
        for number in range(count):
            rng = np.random.default_rng((seed, 12, number))
            made.append(_MAKERS[int(rng.choice(len(_MAKERS), p=[w for _, w in _MAKERS]))][0](rng))
        np.save(path, np.stack(made))
    stored: Samples = np.load(path, mmap_mode="r")
    return stored
