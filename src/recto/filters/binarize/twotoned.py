"""Pages that need no method: nearly black and white already, or drawn by a program on an even paper."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from recto.raster.background import shrunk
from recto.raster.page import Samples

Mask = NDArray[np.bool_]

_NEAR = 20
_STEP = 100
_STROKE_PX = 15
_LEAST_CONTRAST = 30
_WINDOW = 15
_GRAIN = (3.0, 40.0)
_OFF_PAPER = 8


@dataclass(frozen=True)
class Tones:
    """The histogram of a page, read for two questions.

    Attributes
    ----------
    black, white : int
        The fullest tone of the darker and of the brighter half.
    two_toned_share : float
        Share of the pixels within 20 of either.
    fullest : int
        The fullest tone of all.
    even_share : float
        Share of the pixels within 1 of it.
    """

    black: int
    white: int
    two_toned_share: float
    fullest: int
    even_share: float

    @property
    def two_toned(self) -> bool:
        return self.two_toned_share >= 0.97 and self.white - self.black >= _STEP

    @property
    def even_paper(self) -> bool:
        return self.even_share >= 0.5


def tones_of(grey: Samples) -> Tones:
    """The tones of a page, from its histogram."""
    counts = cv2.calcHist([grey], [0], None, [256], [0, 256]).reshape(-1).astype(np.float64) / grey.size
    mean = float(counts @ np.arange(256))
    split = int(np.clip(mean, 1, 255))
    black = int(counts[:split].argmax())
    white = split + int(counts[split:].argmax())
    tone = np.arange(256)
    near = (np.abs(tone - black) <= _NEAR) | (np.abs(tone - white) <= _NEAR)
    top = int(counts.argmax())
    return Tones(black, white, float(counts[near].sum()), top, float(counts[max(0, top - 1) : top + 2].sum()))


def grainy_share(grey: Samples, paper: int) -> float:
    """Share of the page that is wider than text, of another tone than the even paper, and uneven: 0 to 1.

    High where what is even is the wall behind a sheet rather than the paper; text, boxes and rules do not count.
    """
    small = shrunk(grey)
    near = np.ones((3, 3), np.uint8)
    span = cv2.subtract(cv2.dilate(small, near), cv2.erode(small, near))
    closed = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((_WINDOW, _WINDOW), np.uint8))
    wide = cv2.absdiff(closed, np.full_like(small, paper)) > _OFF_PAPER
    return float(np.mean(wide & (span >= _GRAIN[0]) & (span <= _GRAIN[1])))


def cut_between(grey: Samples, tones: Tones) -> Mask:
    """The ink of a two-toned page: darker than half way between its tones."""
    return np.asarray(grey < (tones.black + tones.white) / 2)


def drawn_ink(grey: Samples) -> Mask:
    """The ink of a page with an even paper: darker than half way between the tones around each pixel.

    Every stroke is cut at half its own height, so that pale text keeps its width beside black text; even areas
    are ink when they are darker than middle grey.

    References
    ----------
    Bernsen: Dynamic thresholding of grey-level images, ICPR 1986.
    """
    window = np.ones((_STROKE_PX, _STROKE_PX), np.uint8)
    dark, bright = cv2.erode(grey, window), cv2.dilate(grey, window)
    middle = np.asarray(cv2.addWeighted(dark, 0.5, bright, 0.5, 0), dtype=np.uint8)
    flat = cv2.subtract(bright, dark) < _LEAST_CONTRAST
    return np.asarray(np.where(flat, grey < 128, grey < middle))
