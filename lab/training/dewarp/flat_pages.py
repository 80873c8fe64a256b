"""The flat pages that the simulated photos show: rendered once, all at one size, kept in a file."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from lab.pages import NON_TEXT, non_text_page, render_page, scripts_with_fonts

Samples = NDArray[np.uint8]

TEXTURE = (576, 448)
"""``(H, W)`` of every page of the bank, whatever its aspect."""
_LAYOUTS = {"invoice": 3.0, "form": 2.0, "table": 2.0, "letter": 2.0, "sparse": 1.0, "title": 0.5, "bullets": 1.0}
_OTHERS = ("one_column", "two_columns", "three_columns", "book", "contents")


class FlatPages(NamedTuple):
    """Pages of paper before they are bent.

    Attributes
    ----------
    textures : uint8 ndarray, shape (N, H, W, 3)
        R'G'B', each stretched to ``TEXTURE``.
    aspects : float64 ndarray, shape (N,)
        Height over width of the paper.
    """

    textures: Samples
    aspects: NDArray[np.float64]


def random_size_mm(rng: np.random.Generator) -> tuple[float, float]:
    """Width and height of a sheet: mostly A4 and Letter, now and then on its side, a slip or a square."""
    draw = rng.random()
    if draw < 0.5:
        size = (210.0, 297.0)
    elif draw < 0.75:
        size = (215.9, 279.4)
    elif draw < 0.85:
        size = (148.0, 210.0)
    else:
        width = float(rng.uniform(110, 220))
        size = (width, width * float(np.exp(rng.uniform(np.log(0.9), np.log(2.2)))))
    return size[::-1] if rng.random() < 0.12 else size


def flat_page(rng: np.random.Generator) -> tuple[Samples, float]:
    """One page at ``TEXTURE``, and its aspect."""
    size = random_size_mm(rng)
    height, width = TEXTURE
    if rng.random() < 0.06:
        kind = str(rng.choice(list(NON_TEXT)))
        grey = non_text_page(rng, kind, height, width)
        return _printed(np.repeat(grey[..., None], 3, axis=2), rng), size[1] / size[0]
    known = scripts_with_fonts()
    script = str(rng.choice(known)) if rng.random() < 0.3 else "latin"
    names = (*_LAYOUTS, *_OTHERS)
    weights = np.array([*_LAYOUTS.values(), *(0.9 for _ in _OTHERS)])
    layout = str(rng.choice(names, p=weights / weights.sum()))
    drawn = render_page(
        rng, script=script, dpi=96, size_mm=size, layout=layout, body_pt=float(rng.uniform(7.5, 13)), colour=True
    ).colour
    assert drawn is not None
    small = np.asarray(cv2.resize(drawn, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return _printed(small, rng), size[1] / size[0]


def _printed(page: Samples, rng: np.random.Generator) -> Samples:
    """Bars and blocks of colour as forms have them, and paper of a colour."""
    page = page.astype(np.float32)
    height, width = page.shape[:2]
    if rng.random() < 0.35:
        for _ in range(int(rng.integers(1, 4))):
            tall, wide = int(rng.integers(6, 28)), int(rng.uniform(0.15, 0.9) * width)
            y, x = int(rng.integers(0, height - tall)), int(rng.integers(0, width - wide + 1))
            colour = rng.uniform(10, 225, 3) if rng.random() < 0.7 else np.full(3, rng.uniform(10, 225))
            page[y : y + tall, x : x + wide] *= (colour / 255).astype(np.float32)
    paper = np.ones(3)
    if rng.random() < 0.15:
        paper = rng.uniform(0.75, 1.0, 3)
    elif rng.random() < 0.04:
        paper = rng.uniform(0.2, 0.6, 3)
        page = 255 - page if rng.random() < 0.5 else page
    return np.clip(page * paper, 0, 255).astype(np.uint8)


def flat_pages(folder: Path, seed: int, count: int) -> FlatPages:
    """The bank of that seed, rendered when it is not there yet; the textures stay on disk until they are looked at."""
    path = folder / f"flat-{seed}-{count}.npy"
    aspects = folder / f"flat-{seed}-{count}-aspects.npy"
    if not aspects.exists():
        folder.mkdir(parents=True, exist_ok=True)
        made = [flat_page(np.random.default_rng((seed, number))) for number in range(count)]
        np.save(path, np.stack([texture for texture, _ in made]))
        np.save(aspects, np.array([aspect for _, aspect in made]))
    return FlatPages(np.load(path, mmap_mode="r"), np.load(aspects))
