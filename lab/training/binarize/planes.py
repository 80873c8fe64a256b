"""What the net looks at, of a piece of a page on its own."""

from __future__ import annotations

import cv2
import numpy as np

from recto.filters.binarize.net import REACH_PX
from recto.filters.binarize.planes import PAPER, half_depth, usual_half_depth
from recto.filters.binarize.planes import planes as planes_of
from recto.raster.background import background, enlarged, shrunk
from recto.raster.page import Samples

SCALES = np.array((255, PAPER, 255, 128), dtype=np.float32).reshape(4, 1, 1)


def planes(samples: Samples, usual: float | None = None) -> Samples:
    """The planes of a piece, as the filter makes them, uint8, shape (4, H, W).

    ``usual`` is the usual half depth of the whole page, when the piece is not all of it.
    """
    grey, small, paper = _looked_at(samples)
    shape = (grey.shape[0], grey.shape[1])
    half = half_depth(small, paper, usual)
    return planes_of(samples, grey, enlarged(paper, shape), enlarged(half, shape))


def usual_depth(samples: Samples) -> float:
    """The usual half depth of the ink of a page or a piece."""
    return usual_half_depth(*_looked_at(samples)[1:])


def _looked_at(samples: Samples) -> tuple[Samples, Samples, Samples]:
    grey = samples if samples.ndim == 2 else np.asarray(cv2.cvtColor(samples, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    small = shrunk(grey)
    return grey, small, background(small, REACH_PX)
