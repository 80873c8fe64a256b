"""Where the net does not decide between ink and paper, it does not know: there it says less."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from recto.filters.upsample.interpolate import Floats, repeated

GUESSES_FROM = 4
"""The least factor at which what the small page leaves open decides what is read."""
REACH_PX = 16
"""How far around a row its neighbours count: half of the window and one more, and even."""
CONTEXT_PX = 16
"""How far beyond what was drawn the small page must be given, for its tones."""

_WINDOW_PX = 31
_TONES_PX = 15
_CONTRAST = 40.0
_EDGE_SHARE = 0.17
_DECIDED, _UNDECIDED = 0.135, 0.16
_LEAST = 0.25


def trust(grey: NDArray[np.uint8], drawn: Floats, first: int, factor: int) -> Floats:
    """How much of the net's detail to keep around each pixel, by how sharply it told ink from paper near there.

    A net that learns from squares draws a mean of all that may have been there: where strokes are as dense as the
    pixels (Han of a dozen pixels, letters of three or four) the mean is grey. Drawn with that much contrast it would
    read as some other sign; nearer to the interpolated page it keeps what the small page tells.

    Parameters
    ----------
    grey : uint8 ndarray, shape (h, W)
        Rows of the small page.
    drawn : float32 ndarray, shape (factor * H, factor * W)
        The luma that was drawn of some of them.
    first : int
        Where they begin in ``grey``.
    factor : int

    Returns
    -------
    float32 ndarray, shape (H, W), ``_LEAST`` to 1
    """
    rows = slice(first, first + drawn.shape[0] // factor)
    box, near, replicate = np.ones((_TONES_PX,) * 2, np.uint8), (_TONES_PX,) * 2, cv2.BORDER_REPLICATE
    bright = np.asarray(cv2.blur(cv2.dilate(grey, box).astype(np.float32), near, borderType=replicate))[rows]
    dark = np.asarray(cv2.blur(cv2.erode(grey, box).astype(np.float32), near, borderType=replicate))[rows]
    steep = cv2.morphologyEx(grey, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    contrast = bright - dark
    steep = np.asarray(cv2.dilate(steep, np.ones((3, 3), np.uint8)))[rows]
    text = ((steep > _EDGE_SHARE * contrast) & (contrast > _CONTRAST)).astype(np.float32)
    # With the shade s from 0 (paper) to 1 (ink), the mean of 4 s (1 - s): from the means of the tone and its square.
    lowest, highest = (repeated(np.asarray(tone, dtype=np.float32), factor) for tone in (dark, bright))
    small = text.shape[::-1]
    tone = np.clip(drawn, lowest, highest, out=highest)
    mean = cv2.resize(tone, small, interpolation=cv2.INTER_AREA)
    square = cv2.resize(np.square(tone, out=lowest), small, interpolation=cv2.INTER_AREA)
    between = 4 * np.maximum((bright + dark) * mean - bright * dark - square, 0) / np.maximum(contrast, _CONTRAST) ** 2
    window = (_WINDOW_PX,) * 2
    undecided = np.asarray(cv2.blur(text * between, window)) / (np.asarray(cv2.blur(text, window)) + 1e-3)
    kept = np.clip((_UNDECIDED - undecided) / (_UNDECIDED - _DECIDED), _LEAST, 1)
    return np.asarray(kept, dtype=np.float32)
