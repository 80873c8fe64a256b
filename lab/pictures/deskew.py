"""Draw ``docs/pictures/deskew.png``: pages before and after. ``python -m lab.pictures.deskew``."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from lab.benchmarks.skew.exact import damaged, draw_straight, turn
from recto.filters.deskew import Deskew, DeskewParams
from recto.raster import Page, resample

PAGES = (
    ("column", "latin", "photo", 6.0, 4),
    ("two columns", "latin", "border", -9.0, 11),
    ("table", "latin", "fax", 4.0, 7),
)
HEIGHT_PX = 520


def framed(samples: np.ndarray) -> np.ndarray:
    """Shrunk to one height, with a margin."""
    width = round(samples.shape[1] * HEIGHT_PX / samples.shape[0])
    small = cv2.resize(samples, (width, HEIGHT_PX), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.copyMakeBorder(small, 8, 8, 8, 8, cv2.BORDER_CONSTANT, value=(190,)))


def main() -> None:
    cells = []
    for layout, script, damage, angle_deg, seed in PAGES:
        rng = np.random.default_rng(seed)
        straight = draw_straight(rng, layout, script, 240)
        turned = turn(straight, angle_deg, 2, False, 0 if damage == "border" else 255)
        page = Page.of(damaged(turned, damage, rng, 120))
        move = Deskew().find(page, DeskewParams())
        assert move.backward is not None, (layout, move.notes)
        cells += [framed(page.samples), framed(resample(page, move.backward).samples)]
    picture = np.concatenate(cells, axis=1)
    few = np.clip(np.rint(picture / 18.0) * 18, 0, 255).astype(np.uint8)  # fifteen greys keep the file small
    cv2.imwrite(str(Path("docs/pictures/deskew.png")), few, [cv2.IMWRITE_PNG_COMPRESSION, 9])


if __name__ == "__main__":
    main()
