"""BT.601 luma of gamma-encoded R'G'B'."""

from __future__ import annotations

import cv2
import numpy as np

from recto.raster.page import Kind, Page, Samples


def luma(page: Page) -> Samples:
    """The luma of a page.

    Returns
    -------
    uint8 ndarray, shape (H, W)
        0 black to 255 white. Not a copy when the page has one channel: do not write to it.

    References
    ----------
    ITU-R BT.601-7 (2011), section 2.5.1.
    """
    if page.kind is not Kind.COLOUR:
        return page.samples
    return np.asarray(cv2.cvtColor(page.samples, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
