"""Where on the slope of an edge the truth lets ink end: 0 at the paper, 1 at the ink.

python -m lab.training.binarize.edges

Prints the mean for every set of real pages, and for pieces as the net is shown them. Made pages whose ink ends
elsewhere than that of real ones teach strokes that are too thin or too fat.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from lab.training.binarize.patches import Patches
from lab.training.binarize.planes import planes
from lab.training.binarize.train import HELD, TRAIN, pages_of

_PIECES = 40


def level(luma: NDArray[np.uint8], ink: NDArray[np.bool_]) -> float:
    """Mean of the tones on both sides of the edges of the ink, between the darkest and the brightest nearby."""
    cross, near = np.ones((3, 3), np.uint8), np.ones((9, 9), np.uint8)
    whole = ink.astype(np.uint8)
    rim = (cv2.dilate(whole, cross) > 0, cv2.erode(whole, cross) > 0)
    depth = 255 - luma.astype(np.float32)
    low, high = cv2.erode(depth, near), cv2.dilate(depth, near)
    share = (depth - low) / np.maximum(high - low, 4)
    return float(share[ink & ~rim[1]].mean() + share[rim[0] & ~ink].mean()) / 2


def main() -> None:
    cv2.setNumThreads(1)
    for name in f"{TRAIN},{HELD}".split(","):
        found = [level(planes(page.samples)[1], page.ink > 0) for page in pages_of(name)]
        print(f"{name}: {np.mean(found):.2f}")
    source = Patches(pages_of("dibco2009"), 1, bank=20)
    for name, real in (("pieces of real pages", True), ("made pieces", False)):
        pieces = [source.piece(real=real) for _ in range(_PIECES)]
        print(f"{name}: {np.mean([level(p[1], p[4] > 127) for p in pieces if p[4].mean() > 3]):.2f}")


if __name__ == "__main__":
    main()
