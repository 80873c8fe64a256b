"""The colour of the paper, for corners that a turned page uncovers."""

from __future__ import annotations

import cv2
import numpy as np

from recto.raster.luma import luma
from recto.raster.page import Kind, Page

_LONG_SIDE_PX = 512


def paper_colour(page: Page) -> tuple[int, ...]:
    """The paper's colour: the median of the pixels around the fullest bright peak of the luma histogram.

    Returns
    -------
    tuple of int
        One value per channel, 0 to 255. Paper (255) for a binary page that is mostly paper, else ink (0).
    """
    if page.kind is Kind.BINARY:
        return (255,) if float(page.samples.mean()) >= 127.5 else (0,)
    step = max(1, -(-max(page.shape) // _LONG_SIDE_PX))
    few = page.samples[::step, ::step]
    grey = luma(Page(np.ascontiguousarray(few), page.kind))
    counts = np.bincount(grey.ravel(), minlength=256).astype(np.float32)
    smooth = cv2.GaussianBlur(counts[None, :], (0, 0), 4.0, borderType=cv2.BORDER_REPLICATE)[0]
    peak = int(smooth.argmax())
    near = few[np.abs(grey.astype(np.int16) - peak) <= 6]
    if near.size == 0:
        near = few.reshape(-1, *few.shape[2:])
    return tuple(int(v) for v in np.atleast_1d(np.median(near, axis=0)))
