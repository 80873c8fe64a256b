"""The DIBCO measures of a binary page against its ground truth: FM, p-FM, PSNR and DRD.

References
----------
Gatos, Ntirogiannis, Pratikakis: ICDAR 2009 Document Image Binarization Contest (DIBCO 2009).
Pratikakis, Gatos, Ntirogiannis: H-DIBCO 2010 (p-FM with the recall of the skeleton).
Lu, Kot, Shi: Distance-reciprocal distortion measure for binary document images, IEEE SPL 11(2), 2004.
Zhang, Suen: A fast parallel algorithm for thinning digital patterns, CACM 27(3), 1984.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Scores:
    """The four measures; FM and p-FM in percent, PSNR in decibels.

    Attributes
    ----------
    fm, pfm : float
        0 to 100, the higher the better.
    psnr : float
        Of the two-toned difference; infinite when there is none, reported as 100.
    drd : float
        0 or more, the lower the better.
    """

    fm: float
    pfm: float
    psnr: float
    drd: float


def scores(found: Mask, truth: Mask, skeleton: Mask | None = None) -> Scores:
    """All four measures.

    Parameters
    ----------
    found, truth : bool ndarray, shape (H, W)
        True on ink.
    skeleton : bool ndarray, shape (H, W), optional
        The skeleton of ``truth``, when it is at hand.

    Raises
    ------
    ValueError
        If the shapes differ.
    """
    if found.shape != truth.shape:
        raise ValueError(f"{found.shape} found, {truth.shape} in the truth")
    if skeleton is None:
        skeleton = thinned(truth)
    precision = _share(np.count_nonzero(found & truth), np.count_nonzero(found))
    recall = _share(np.count_nonzero(found & truth), np.count_nonzero(truth))
    skeleton_recall = _share(np.count_nonzero(found & skeleton), np.count_nonzero(skeleton))
    return Scores(
        100.0 * _harmonic(precision, recall),
        100.0 * _harmonic(precision, skeleton_recall),
        psnr(found, truth),
        drd(found, truth),
    )


def psnr(found: Mask, truth: Mask) -> float:
    """``10 log10(1 / MSE)`` in decibels, 100 when the masks are equal."""
    error = float(np.mean(found != truth))
    return 100.0 if error == 0.0 else float(-10.0 * np.log10(error))


def drd(found: Mask, truth: Mask) -> float:
    """Distortion of the flipped pixels, weighed by the reciprocal of distance in 5 × 5 neighbourhoods.

    The sum over flipped pixels is divided by the number of 8 × 8 blocks of the truth that hold both tones
    (at least 1).
    """
    y, x = np.mgrid[-2:3, -2:3]
    distance = np.hypot(y, x)
    weights = np.divide(1.0, distance, out=np.zeros((5, 5)), where=distance > 0)
    weights /= weights.sum()
    near = cv2.filter2D(truth.astype(np.float32), -1, weights.astype(np.float32), borderType=cv2.BORDER_REPLICATE)
    flipped = found != truth
    total = float(np.where(found, 1.0 - near, near)[flipped].sum())
    height, width = (side - side % 8 for side in truth.shape)
    blocks = truth[:height, :width].reshape(height // 8, 8, width // 8, 8).sum(axis=(1, 3))
    mixed = int(np.count_nonzero((blocks > 0) & (blocks < 64)))
    return total / max(mixed, 1)


def thinned(mask: Mask) -> Mask:
    """The skeleton by Zhang and Suen's two alternating passes, run until nothing changes."""
    tables = [_removable(first) for first in (True, False)]
    ink = np.pad(mask, 1).astype(np.uint8)
    codes = np.array([[128, 1, 2], [64, 0, 4], [32, 16, 8]], dtype=np.float32)
    while True:
        changed = False
        for table in tables:
            code = cv2.filter2D(ink, cv2.CV_32F, codes, borderType=cv2.BORDER_CONSTANT).astype(np.uint8)
            gone = table[code] & (ink > 0)
            if gone.any():
                ink[gone] = 0
                changed = True
        if not changed:
            return np.asarray(ink[1:-1, 1:-1] > 0)


def _removable(first: bool) -> Mask:
    """For each of the 256 neighbourhoods (bit 0 north, clockwise) whether the pass takes the pixel away."""
    table = np.zeros(256, dtype=bool)
    for code in range(256):
        north, _, east, _, south, _, west, _ = ring = [code >> bit & 1 for bit in range(8)]
        steps = sum(ring[i] == 0 and ring[(i + 1) % 8] == 1 for i in range(8))
        if first:
            open_side = north * east * south == 0 and east * south * west == 0
        else:
            open_side = north * east * west == 0 and north * south * west == 0
        table[code] = 2 <= sum(ring) <= 6 and steps == 1 and open_side
    return table


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0


def _harmonic(a: float, b: float) -> float:
    return 2 * a * b / (a + b) if a + b else 0.0
