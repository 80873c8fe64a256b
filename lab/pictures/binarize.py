"""Draw ``docs/pictures/binarize.png``: rendered pages under bad light, by Otsu, by Sauvola and by recto.

python -m lab.pictures.binarize
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from lab.benchmarks.binarize.pages import DAMAGES
from lab.pages import render_page
from recto.filters.binarize import Binarize, BinarizeParams
from recto.raster import Kind, Page

Samples = NDArray[np.uint8]

_OUT = Path("docs/pictures/binarize.png")
_CUT_PX = (300, 430)
_BAR_PX = 30
_GAP_PX = 6
_SHOWN = (("stains", 5), ("shadow", 2), ("bleed-through", 4))
_METHODS = (("otsu", "Otsu"), ("sauvola", "Sauvola"), ("auto", "recto"))


def worn(kind: str, seed: int) -> Samples:
    """A piece of a page at 300 dpi with one damage."""
    rng = np.random.default_rng(seed)
    page = render_page(rng, dpi=300, size_mm=(130, 95), layout="one_column", body_pt=11.0)
    grey = DAMAGES[kind](rng, page.grey.astype(np.float32) / 255)
    grey = grey + rng.standard_normal(grey.shape, dtype=np.float32) * np.float32(0.012)
    return np.clip(grey * 255, 0, 255).astype(np.uint8)


def main() -> None:
    height, width = _CUT_PX
    columns = 1 + len(_METHODS)
    sheet = Image.new("L", (columns * (width + _GAP_PX), len(_SHOWN) * (height + _GAP_PX) + _BAR_PX), 255)
    draw = ImageDraw.Draw(sheet)
    for column, title in enumerate(("page", *(title for _, title in _METHODS))):
        draw.text((column * (width + _GAP_PX) + 6, 4), title, font=ImageFont.load_default(19), fill=0)
    for row, (kind, seed) in enumerate(_SHOWN):
        page = Page(worn(kind, seed), Kind.GREY)
        drawn = [page.samples]
        for method, _ in _METHODS:
            result = Binarize().apply(page, BinarizeParams.model_validate({"method": method})).page
            assert result is not None
            drawn.append(result.samples)
        top, left = page.height_px // 3, page.width_px // 5
        for column, samples in enumerate(drawn):
            part = Image.fromarray(samples[top : top + height, left : left + width])
            sheet.paste(part, (column * (width + _GAP_PX), _BAR_PX + row * (height + _GAP_PX)))
    sheet.quantize(16, dither=Image.Dither.NONE).save(_OUT, optimize=True)


if __name__ == "__main__":
    main()
