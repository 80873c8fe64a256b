"""PSNR, SSIM, and signs that a method got wrong."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.uint8]


def psnr(drawn: Samples, sharp: Samples) -> float:
    """Peak signal to noise ratio in dB, of 255."""
    error = float(np.mean((drawn.astype(np.float32) - sharp.astype(np.float32)) ** 2))
    return 10 * math.log10(255**2 / max(error, 1e-6))


def ssim(drawn: Samples, sharp: Samples) -> float:
    """Structural similarity with a Gaussian window of 1.5 px, mean over the picture.

    References
    ----------
    Z. Wang et al., "Image quality assessment: from error visibility to structural similarity", TIP 13 (2004).
    """
    a, b = drawn.astype(np.float64), sharp.astype(np.float64)

    def mean(x: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(cv2.GaussianBlur(x, (11, 11), 1.5))

    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    ma, mb = mean(a), mean(b)
    va, vb, cab = mean(a * a) - ma * ma, mean(b * b) - mb * mb, mean(a * b) - ma * mb
    return float(np.mean((2 * ma * mb + c1) * (2 * cab + c2) / ((ma**2 + mb**2 + c1) * (va + vb + c2))))


def kept(read: str, truth: str) -> NDArray[np.int8]:
    """What became of each sign of ``truth``: 1 kept, 0 replaced by another, -1 lost. White space runs count as one."""
    a, b = " ".join(read.split()), " ".join(truth.split())
    letters = np.frombuffer(a.encode("utf-32-le"), dtype=np.uint32)
    cost = np.empty((len(b) + 1, len(a) + 1), dtype=np.int32)
    steps = np.arange(len(a) + 1)
    cost[0] = steps
    for k, sign in enumerate(b, start=1):
        best = np.minimum(cost[k - 1, 1:] + 1, cost[k - 1, :-1] + (letters != ord(sign)))
        row = np.concatenate(([k], best))
        cost[k] = np.minimum.accumulate(row - steps) + steps
    state = np.full(len(b), -1, dtype=np.int8)
    i, j = len(b), len(a)
    while i > 0 and j > 0:
        same = int(b[i - 1] == a[j - 1])
        if cost[i, j] == cost[i - 1, j - 1] + 1 - same:
            state[i - 1] = same
            i, j = i - 1, j - 1
        elif cost[i, j] == cost[i - 1, j] + 1:
            i -= 1
        else:
            j -= 1
    return state


def made_wrong(by_method: str, by_bicubic: str, truth: str) -> tuple[int, int]:
    """Signs that are right in the original and after bicubic but replaced after the method, and signs in all."""
    method, bicubic = kept(by_method, truth), kept(by_bicubic, truth)
    return int(((method == 0) & (bicubic == 1)).sum()), len(method)
