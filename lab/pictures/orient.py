"""Draw ``docs/pictures/orient.png``: pages as they lie, and as ``orient`` gives them back.

Run ``python -m lab.pictures.orient``.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from lab.pages import damage, non_text_page, render_page
from lab.training.orient.bank import turned
from recto.filters.orient import Orient, OrientParams
from recto.raster import Page, resample

_CASES = (
    ("latin", "letter", "scan", 90),
    ("latin", "two_columns", "photo", 180),
    ("devanagari", "one_column", "fax", 270),
    ("japanese", "vertical", "scan", 180),
    ("none", "photograph", "clean", 0),
)
_CELL_PX = 300


def upright_page(number: int, script: str, layout: str, kind: str) -> NDArray[np.uint8]:
    """One of the picture's pages as it should stand."""
    rng = np.random.default_rng((12, number))
    if script == "none":
        return non_text_page(rng, layout, 1240, 1754)
    grey = render_page(rng, script=script, layout=layout, dpi=150, size_mm=(148, 210), body_pt=13).grey
    return damage(turned(grey, float(rng.uniform(-4, 4))), rng, kind, 150)


def cell(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The page in a square, small."""
    factor = (_CELL_PX - 16) / max(grey.shape)
    small = cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    square = np.full((_CELL_PX, _CELL_PX), 200, np.uint8)
    top, left = (_CELL_PX - small.shape[0]) // 2, (_CELL_PX - small.shape[1]) // 2
    square[top : top + small.shape[0], left : left + small.shape[1]] = small
    return square


def main() -> None:
    before, after = [], []
    for number, (script, layout, kind, angle_deg) in enumerate(_CASES):
        page = Page.of(np.ascontiguousarray(np.rot90(upright_page(number, script, layout, kind), -(angle_deg // 90))))
        move = Orient().find(page, OrientParams())
        out = page if move.backward is None else resample(page, move.backward)
        print(script, layout, angle_deg, move.estimates[0].as_dict(), *move.notes)
        before.append(cell(page.samples))
        after.append(cell(out.samples))
    gap = np.full((8, _CELL_PX * len(_CASES)), 120, np.uint8)
    sheet = np.concatenate((np.hstack(before), gap, np.hstack(after)))
    target = Path("docs/pictures/orient.png")
    cv2.imwrite(str(target), sheet // 16 * 17, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    print(target, target.stat().st_size)


if __name__ == "__main__":
    main()
