"""Pages that the tests make for themselves: no fonts of the machine, no files, the same on every run."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

WORDS = (
    "The quick brown fox jumps over the lazy dog and carries a letter from the old archive to the new one where "
    "every page is straight and flat and sharp because somebody took the time to scan it well in nineteen ninety"
).split()


def text_page(
    height_px: int = 1100, width_px: int = 800, *, text_px: int = 18, angle_deg: float = 0.0, seed: int = 0
) -> NDArray[np.uint8]:
    """A grey page of printed lines, shape (H, W), drawn at three times its size, turned clockwise, then shrunk."""
    over = 3
    rng = np.random.default_rng(seed)
    font = ImageFont.load_default(text_px * over)
    image = Image.new("L", (width_px * over, height_px * over), 255)
    draw = ImageDraw.Draw(image)
    margin = 60 * over
    step = int(text_px * over * 1.6)
    for y in range(margin, height_px * over - margin, step):
        x = margin
        while True:
            word = WORDS[int(rng.integers(len(WORDS)))]
            length = draw.textlength(word + " ", font=font)
            if x + length > width_px * over - margin:
                break
            draw.text((x, y), word, font=font, fill=0)
            x += int(length)
    if angle_deg:
        image = image.rotate(-angle_deg, Image.Resampling.BICUBIC, fillcolor=255)
    return np.asarray(image.resize((width_px, height_px), Image.Resampling.BOX))


def shaded(page: NDArray[np.uint8], *, darkest: float = 0.35) -> NDArray[np.uint8]:
    """The page under a shadow that falls from left to right, with a soft edge in its middle."""
    height, width = page.shape[:2]
    x = np.linspace(0, 1, width)[None, :] + 0.15 * np.linspace(0, 1, height)[:, None]
    light = darkest + (1 - darkest) / (1 + np.exp((x - 0.55) * 25))
    light = light.reshape(height, width, *([1] * (page.ndim - 2)))
    return np.clip(page * light, 0, 255).astype(np.uint8)


def photograph(height_px: int = 600, width_px: int = 800, *, seed: int = 0) -> NDArray[np.uint8]:
    """Smooth coloured noise without any text, shape (H, W, 3)."""
    rng = np.random.default_rng(seed)
    total = np.zeros((height_px, width_px, 3))
    for cells in (4, 9, 23, 61, 150):
        small = rng.normal(size=(cells, cells, 3))
        for channel in range(3):
            layer = Image.fromarray(small[..., channel].astype(np.float32), mode="F")
            total[..., channel] += (
                np.asarray(layer.resize((width_px, height_px), Image.Resampling.BICUBIC)) / cells**0.5
            )
    return np.clip(128 + 55 * total, 0, 255).astype(np.uint8)
