"""Draw ``docs/pictures/upsample.png``: a page of the lab at 100 dpi, enlarged three times.

python -m lab.pictures.upsample
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from lab.pages import render_page
from recto.filters.upsample import Upsample, UpsampleParams
from recto.raster import Dpi, Kind, Page

Samples = NDArray[np.uint8]

_OUT = Path("docs/pictures/upsample.png")
_FACTOR = 3
_CUT_PX = (200, 560)
_BAR_PX = 34


def small_page(seed: int) -> Page:
    """A page scanned at 100 dpi: soft, grainy, through a JPEG."""
    rng = np.random.default_rng(seed)
    sharp = render_page(rng, dpi=300, layout="one_column", body_pt=10.0).grey
    height, width = sharp.shape[0] // _FACTOR, sharp.shape[1] // _FACTOR
    soft = cv2.GaussianBlur(sharp[: height * _FACTOR, : width * _FACTOR], (0, 0), 0.35 * _FACTOR)
    small = cv2.resize(soft, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32)
    noisy = np.clip(small + rng.normal(0, 3, small.shape), 0, 255).astype(np.uint8)
    data = cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, 85])[1]
    return Page(np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), dtype=np.uint8), Kind.GREY, Dpi(100.0, 100.0))


def titled(samples: Samples, title: str) -> Image.Image:
    """A strip with its name above it."""
    image = Image.new("L", (samples.shape[1], samples.shape[0] + _BAR_PX), 235)
    image.paste(Image.fromarray(samples), (0, _BAR_PX))
    ImageDraw.Draw(image).text((12, 5), title, font=ImageFont.load_default(20), fill=0)
    return image


def main() -> None:
    page = small_page(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
    top, left = page.height_px // 5, page.width_px // 6
    rows, columns = slice(top, top + _CUT_PX[0] // 2), slice(left, left + _CUT_PX[1] // 2)
    strips = []
    for method, title in (
        ("bicubic", "100 dpi, three times larger by bicubic"),
        ("net", "100 dpi, three times larger by recto"),
    ):
        drawn = Upsample().apply(page, UpsampleParams(scale=_FACTOR, method=method)).page
        assert drawn is not None
        part = drawn.samples[
            rows.start * _FACTOR : rows.stop * _FACTOR, columns.start * _FACTOR : columns.stop * _FACTOR
        ]
        strips.append(titled(part, title))
    picture = Image.new("L", (strips[0].width, sum(s.height for s in strips)), 255)
    y = 0
    for strip in strips:
        picture.paste(strip, (0, y))
        y += strip.height
    _OUT.parent.mkdir(parents=True, exist_ok=True)
    picture.quantize(32).save(_OUT, optimize=True)
    print(_OUT, _OUT.stat().st_size)


if __name__ == "__main__":
    main()
