"""The two tracks: pages with pixel truth from RECTO_DATA, and rendered pages under bad light with their text."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lab.metrics.dibco import thinned
from lab.pages import render_page

Samples = NDArray[np.uint8]
Plane = NDArray[np.float32]
YEARS = ("dibco2009", "dibco2010", "dibco2011", "dibco2013")


@dataclass(frozen=True)
class TruePage:
    year: str
    name: str
    samples: Samples
    ink: NDArray[np.bool_]
    skeleton: NDArray[np.bool_]


def true_pages(every: int = 1) -> Iterator[TruePage]:
    """The test years; nothing when the data is absent."""
    data = Path(os.environ.get("RECTO_DATA", "../shared/data")) / "binarization" / "test"
    for year in YEARS:
        for path in sorted((data / year / "images").glob("*.png"))[::every]:
            samples = np.asarray(Image.open(path).convert("RGB"))
            ink = np.asarray(Image.open(data / year / "gt" / path.name).convert("L")) < 128
            yield TruePage(year, path.stem, samples, ink, thinned(ink))


@dataclass(frozen=True)
class ReadPage:
    """A damaged page and its text."""

    damage: str
    samples: Samples
    text: str


def read_pages(per_damage: int) -> Iterator[ReadPage]:
    """Short English pages at 300 dpi, every damage on other pages."""
    for kind, spoil in DAMAGES.items():
        for turn in range(per_damage):
            rng = np.random.default_rng((sum(map(ord, kind)), turn))
            page = render_page(rng, dpi=300, size_mm=(130, 95), layout="one_column")
            while page.language != "english":
                page = render_page(rng, dpi=300, size_mm=(130, 95), layout="one_column")
            light = spoil(rng, page.grey.astype(np.float32) / 255)
            soft = cv2.GaussianBlur(light, (0, 0), 0.7)
            grain = rng.standard_normal(soft.shape, dtype=np.float32) * np.float32(0.012)
            yield ReadPage(kind, np.clip((soft + grain) * 255, 0, 255).astype(np.uint8), page.text)


def _grid(page: Plane) -> tuple[Plane, Plane]:
    height, width = page.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    return y / height, x / width


def _waves(rng: np.random.Generator, shape: tuple[int, ...], cells: int) -> Plane:
    small = rng.standard_normal((cells, cells), dtype=np.float32)
    return np.asarray(cv2.resize(small, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC))


def shadow(rng: np.random.Generator, page: Plane) -> Plane:
    """A shadow with a hard, bent edge that leaves a quarter to a half of the light."""
    y, x = _grid(page)
    turn = rng.uniform(0, 2 * np.pi)
    far = (x - 0.5) * np.cos(turn) + (y - 0.5) * np.sin(turn) + 0.06 * _waves(rng, page.shape, 4)
    edge = 1 / (1 + np.exp(np.clip(-(far - rng.uniform(-0.2, 0.2)) / rng.uniform(0.002, 0.03), -40, 40)))
    return np.asarray((0.12 + 0.78 * page) * (1 - rng.uniform(0.5, 0.75) * edge), dtype=np.float32)


def gradient(rng: np.random.Generator, page: Plane) -> Plane:
    """Light that falls off over the page to a quarter."""
    y, x = _grid(page)
    turn = rng.uniform(0, 2 * np.pi)
    far = (x - 0.5) * np.cos(turn) + (y - 0.5) * np.sin(turn) + 0.5
    return np.asarray((0.15 + 0.8 * page) * np.clip(1 - 0.75 * far, 0.2, 1), dtype=np.float32)


def stains(rng: np.random.Generator, page: Plane) -> Plane:
    """Brown blots with hard rims under and over the text."""
    field = _waves(rng, page.shape, 6) + 0.15 * _waves(rng, page.shape, 40)
    inside = 1 / (1 + np.exp(np.clip(-(field - 0.3) / 0.03, -40, 40)))
    return np.asarray((0.15 + 0.75 * page) * (1 - rng.uniform(0.3, 0.55) * inside), dtype=np.float32)


def low_light(rng: np.random.Generator, page: Plane) -> Plane:
    """A dark, noisy photo."""
    dim = (0.05 + 0.2 * page) * (1 + 0.25 * _waves(rng, page.shape, 3))
    return np.asarray(dim + rng.standard_normal(page.shape, dtype=np.float32) * np.float32(0.02), dtype=np.float32)


def bleed(rng: np.random.Generator, page: Plane) -> Plane:
    """The back side shines through at half the depth of the ink."""
    back = cv2.GaussianBlur(page[:, ::-1], (0, 0), 2.0)
    back = np.roll(back, (23, 11), (0, 1))
    return np.asarray((0.2 + 0.7 * page) * (1 - rng.uniform(0.35, 0.5) * (1 - back)), dtype=np.float32)


def border(rng: np.random.Generator, page: Plane) -> Plane:
    """A black scanner bed beside a page in uneven light."""
    lit = (0.15 + 0.7 * page) * (1 + 0.12 * _waves(rng, page.shape, 3))
    y, x = _grid(page)
    outside = (x + 0.02 * y < 0.035) | (y - 0.03 * x < 0.02)
    return np.where(outside, 0.05, lit).astype(np.float32)


def clean(rng: np.random.Generator, page: Plane) -> Plane:
    """Nothing but the grain that every page gets: what Tesseract can do at best, and a test of doing no harm."""
    return page


DAMAGES: dict[str, Callable[[np.random.Generator, Plane], Plane]] = {
    "clean": clean,
    "shadow": shadow,
    "gradient": gradient,
    "stains": stains,
    "low light": low_light,
    "bleed-through": bleed,
    "black border": border,
}
