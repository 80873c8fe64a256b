"""The colour of the paper, for corners that a turned page uncovers."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from recto.raster.luma import luma
from recto.raster.page import Kind, Page, Samples

_LONG_SIDE_PX = 512
_BORDER_DARKER_THAN = 60
_WORTH_KEEPING = 0.3
_NEAR = 6


def paper_colour(page: Page) -> tuple[int, ...]:
    """The paper's colour: the median of the pixels around the fullest peak of the luma histogram.

    A dark scan border, that is what is darker than 60 and touches the frame, has no say unless it is nearly
    the whole page. On a page of white ink on black paper the answer is black.

    Returns
    -------
    tuple of int
        One value per channel, 0 to 255. Paper (255) for a binary page that is mostly paper, else ink (0).
    """
    step = max(1, -(-max(page.shape) // _LONG_SIDE_PX))
    few = np.ascontiguousarray(page.samples[::step, ::step])
    grey = luma(Page(few, page.kind))
    inside = _without_border(grey)
    if page.kind is Kind.BINARY:
        return (255,) if float(grey[inside].mean()) >= 127.5 else (0,)
    counts = np.bincount(grey[inside], minlength=256).astype(np.float32)
    smooth = cv2.GaussianBlur(counts[None, :], (0, 0), 4.0, borderType=cv2.BORDER_REPLICATE)[0]
    near = inside & (np.abs(grey.astype(np.int16) - int(smooth.argmax())) <= _NEAR)
    if not near.any():
        near = inside
    chosen = few[near].reshape(-1, *few.shape[2:])
    middle = np.median(chosen, axis=0)
    if page.kind is Kind.COLOUR:
        # ink of another colour may have the paper's luma: look once more around the median
        alike = (np.abs(chosen - middle) <= 2 * _NEAR).all(axis=1)
        middle = np.median(chosen[alike], axis=0) if alike.any() else middle
    return tuple(int(v) for v in np.atleast_1d(middle))


def _without_border(grey: Samples) -> NDArray[np.bool_]:
    """True where the page is not a dark border; True everywhere when little would remain."""
    dark = cv2.copyMakeBorder(
        (grey < _BORDER_DARKER_THAN).astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=(1,)
    )
    _, labels = cv2.connectedComponents(dark, connectivity=4)
    inside = np.asarray(labels != labels[0, 0], dtype=np.bool_)[1:-1, 1:-1]
    if inside.mean() < _WORTH_KEEPING:
        return np.ones(grey.shape, dtype=np.bool_)
    return inside
