"""A page small enough to be looked at beside a thousand others."""

from __future__ import annotations

import cv2
import numpy as np

from recto.raster import Page

SIDE_PX = 280
_QUALITY = 72


def thumbnail(page: Page) -> bytes:
    """The page as JPEG of at most 280 × 280 pixels, averaged, never enlarged."""
    scale = min(1.0, SIDE_PX / max(page.shape))
    size = max(1, round(page.width_px * scale)), max(1, round(page.height_px * scale))
    small = cv2.resize(page.samples, size, interpolation=cv2.INTER_AREA)
    if small.ndim == 3:
        small = cv2.cvtColor(small, cv2.COLOR_RGB2BGR)
    _, data = cv2.imencode(".jpg", np.ascontiguousarray(small), (cv2.IMWRITE_JPEG_QUALITY, _QUALITY))
    return data.tobytes()
