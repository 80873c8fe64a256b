"""Draw ``docs/pictures/dewarp.png``: photos of bent pages, and as ``dewarp`` flattens them.

Run ``python -m lab.pictures.dewarp``.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from recto.filters.dewarp import Dewarp, DewarpParams
from recto.raster import Page, resample
from tests.filters.bent_page import BentPage
from tests.pages import shaded, text_page

_SCENES = (
    BentPage(tilt_deg=30, turn_deg=18, zoom=0.85),
    BentPage(bend_deg=80, tilt_deg=30, turn_deg=-5),
    BentPage(zoom=1.7, turn_deg=2, tilt_deg=12, bend_deg=80),
)
_CELL_PX = (300, 260)


def cell(samples: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture in a white cell, small."""
    height, width = _CELL_PX
    factor = min((height - 12) / samples.shape[0], (width - 12) / samples.shape[1])
    small = cv2.resize(samples, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    out = np.full((height, width, 3), 255, dtype=np.uint8)
    top, left = (height - small.shape[0]) // 2, (width - small.shape[1]) // 2
    out[top : top + small.shape[0], left : left + small.shape[1]] = small
    return out


def main() -> None:
    page = text_page(1131, 800, text_px=19, seed=3)
    rows: list[list[NDArray[np.uint8]]] = [[], []]
    for number, bent in enumerate(_SCENES):
        photo = shaded(bent.photo(page, seed=number), darkest=0.6)
        if bent.zoom > 1.2:
            photo = np.ascontiguousarray(photo[:, 160:800])
        move = Dewarp().find(Page.of(photo), DewarpParams())
        assert move.backward is not None, move.notes
        rows[0].append(cell(photo))
        rows[1].append(cell(resample(Page.of(photo), move.backward).samples))
    sheet = np.concatenate([np.concatenate(row, axis=1) for row in rows])
    few = cv2.cvtColor((sheet // 8 * 8 + 4).astype(np.uint8), cv2.COLOR_RGB2BGR)
    target = Path("docs/pictures/dewarp.png")
    cv2.imwrite(str(target), few, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    print(target, target.stat().st_size)


if __name__ == "__main__":
    main()
