"""Draw ``docs/pictures/whiten.png``: a coloured page in bad light, and the same page whitened.

python -m lab.pictures.whiten
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lab.benchmarks.binarize.pages import shadow
from lab.pages import render_page
from recto.filters.whiten import Whiten, WhitenParams
from recto.raster import Kind, Page

Samples = NDArray[np.uint8]

_OUT = Path("docs/pictures/whiten.png")
_WIDTH_PX = 480


def lit_page(seed: int = 11) -> Samples:
    """An invoice of the lab in colour on cream paper, half of it in shadow."""
    rng = np.random.default_rng(seed)
    page = render_page(rng, dpi=150, layout="invoice", colour=True)
    assert page.colour is not None
    colour = page.colour.copy()
    height, width = colour.shape[:2]
    colour[int(0.80 * height) : int(0.83 * height), width // 8 : width // 2] = (255, 240, 90)
    y, x = np.mgrid[0 : height // 7, 0 : width // 3].astype(np.float32)
    waves = 0.5 + 0.5 * np.stack([np.sin(x / 37 + y / 53 + k) for k in (0.0, 1.7, 3.9)], axis=-1)
    colour[int(0.84 * height) :, width // 2 :][: y.shape[0], : y.shape[1]] = (40 + 190 * waves).astype(np.uint8)
    light = shadow(rng, np.ones((height, width), dtype=np.float32))
    cream = np.array((1.0, 0.95, 0.84), dtype=np.float32)
    lit = colour * cream * light[..., None]
    return np.clip(lit + rng.normal(0, 2.0, lit.shape), 0, 255).astype(np.uint8)


def main() -> None:
    page = Page(lit_page(), Kind.COLOUR)
    white = Whiten().apply(page, WhitenParams()).page
    assert white is not None
    size = (_WIDTH_PX, round(page.height_px * _WIDTH_PX / page.width_px))
    halves = [cv2.resize(p.samples, size, interpolation=cv2.INTER_AREA) for p in (page, white)]
    gap = np.full((size[1], 8, 3), 128, dtype=np.uint8)
    both = Image.fromarray(np.hstack([halves[0], gap, halves[1]]))
    both.quantize(224, dither=Image.Dither.NONE).save(_OUT, optimize=True)


if __name__ == "__main__":
    main()
