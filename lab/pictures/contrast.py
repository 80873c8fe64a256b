"""Draw ``docs/pictures/contrast.png``: a faint page before and after, with its histograms.

python -m lab.pictures.contrast
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from lab.pages import render_page
from recto.filters.contrast import Contrast, ContrastParams
from recto.raster import Kind, Page

Samples = NDArray[np.uint8]

_OUT = Path("docs/pictures/contrast.png")
_CUT_PX = (330, 520)


def with_histogram(samples: Samples) -> Image.Image:
    """A piece of the page over the histogram of its channels."""
    height, width = _CUT_PX
    image = Image.new("RGB", (width, height + 70), "white")
    image.paste(Image.fromarray(samples[200 : 200 + height, 80 : 80 + width]))
    draw = ImageDraw.Draw(image)
    counts = np.log1p(np.bincount(samples.ravel(), minlength=256))
    for tone in range(256):
        x = 4 + tone * (width - 8) // 256
        draw.line((x, height + 66, x, height + 66 - int(60 * counts[tone] / counts.max())), fill=(70, 70, 70), width=2)
    return image


def main() -> None:
    rng = np.random.default_rng(8)
    page = render_page(rng, dpi=150, layout="letter", colour=True)
    assert page.colour is not None
    faint = np.clip(95 + page.colour * 0.38 + rng.normal(0, 1.5, page.colour.shape), 0, 255).astype(np.uint8)
    after = Contrast().apply(Page(faint, Kind.COLOUR), ContrastParams()).page
    assert after is not None
    parts = [with_histogram(faint), with_histogram(after.samples)]
    sheet = Image.new("RGB", (2 * parts[0].width + 8, parts[0].height), (128, 128, 128))
    sheet.paste(parts[0], (0, 0))
    sheet.paste(parts[1], (parts[0].width + 8, 0))
    sheet.quantize(64, dither=Image.Dither.NONE).save(_OUT, optimize=True)


if __name__ == "__main__":
    main()
