"""How far the measure itself can be trusted: ``python -m lab.benchmarks.dewarp.floor [--photos N] [--reading]``.

What is left of the warp is judged by flat pages found in their photos (``registered.py``), and these maps err, too.
For each photo: how level text lines come out through the filter's map, through the registered one, and on the flat
page itself (mean absolute slope in %, found in the same way on all). With ``--reading`` also what Tesseract reads on
the flat page, and on the flat page bent by all that the registered map says is left: a photo in perfect light and
focus, so that what is lost there is about the most that geometry can cost. Prints a table by warp.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from statistics import mean

import cv2
import numpy as np
from numpy.typing import NDArray

from lab.benchmarks.dewarp.__main__ import KINDS, OUT, photos
from lab.benchmarks.dewarp.distortion import inverse
from lab.benchmarks.dewarp.registered import EVERY_PX, Registered, registered
from lab.metrics.ocr import read_text, word_f1
from recto.filters.dewarp import Dewarp, DewarpParams
from recto.filters.dewarp.decision import looked_at
from recto.filters.dewarp.lines import find_lines, unlevelness
from recto.filters.dewarp.refine import draw
from recto.raster import GridMap, Page, luma

Floats = NDArray[np.float64]
Grey = NDArray[np.uint8]

_GRID = (85, 65)
_FARTHEST_PX = 60
_AT_ONCE = 20_000
_GAP = 8.0
_TO_300_DPI = 1.5


def level(photo: Grey, found: GridMap, truth: Registered, flat: Grey) -> list[float]:
    """Mean absolute slope of text lines in %: through the filter's map, the registered one, and on the flat page."""
    height, width = flat.shape
    y, x = np.meshgrid(np.linspace(0, height - 1, _GRID[0]), np.linspace(0, width - 1, _GRID[1]), indexing="ij")
    true = truth.photo_points(np.stack((x.ravel(), y.ravel()), axis=1)).reshape(*_GRID, 2)
    shape, flat_shape = looked_at(found.shape), looked_at((height, width))
    pages = [draw(photo, grid, shape) for grid in (found.control_points, true)]
    pages.append(np.asarray(cv2.resize(flat, flat_shape[::-1], interpolation=cv2.INTER_AREA), dtype=np.uint8))
    return [100 * unlevelness(find_lines(page, gap=_GAP)) for page in pages]


def moved(found: GridMap, truth: Registered, flat: tuple[int, int]) -> NDArray[np.float32]:
    """How far each tenth pixel of the flat page is from its place, an affine map apart: shape (h, w, 2), in pixels."""
    rows, columns = truth.places.shape[:2]
    y, x = EVERY_PX * np.mgrid[0:rows, 0:columns].astype(np.float64)
    points = np.stack((x.ravel(), y.ravel()), axis=1)
    size = np.array([(found.shape[1] - 1) / (flat[1] - 1), (found.shape[0] - 1) / (flat[0] - 1)])

    def off(at: Floats) -> Floats:
        parts = np.array_split(at, len(at) // _AT_ONCE + 1)
        read: Floats = np.concatenate([inverse(found, truth.photo_points(part)) for part in parts]) / size
        return np.asarray(read - at, dtype=np.float64)

    marks = np.column_stack((truth.marks, np.ones(len(truth.marks))))
    affine = np.linalg.lstsq(marks, off(truth.marks), rcond=None)[0]
    left = off(points) - np.column_stack((points, np.ones(len(points)))) @ affine
    field = np.clip(left, -_FARTHEST_PX, _FARTHEST_PX).reshape(rows, columns, 2).astype(np.float32)
    return np.stack([cv2.medianBlur(np.ascontiguousarray(field[..., k]), 3) for k in range(2)], axis=-1)


def bent(page: Grey, field: NDArray[np.float32]) -> Grey:
    """The flat page with every point moved by the field, at 300 dpi."""
    height, width = page.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    dense = cv2.remap(field, x / EVERY_PX, y / EVERY_PX, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    read_x, read_y = x, y
    for _ in range(12):
        shift = cv2.remap(dense, read_x, read_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        read_x, read_y = x - shift[..., 0], y - shift[..., 1]
    large = [cv2.resize(plane, None, fx=_TO_300_DPI, fy=_TO_300_DPI) for plane in (read_x, read_y)]
    drawn = cv2.remap(page, large[0], large[1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(drawn, dtype=np.uint8)


def row_of(path: Path, reading: bool) -> list[float] | None:
    """Slopes as of `level`, and with ``reading`` word F1 of the flat page and of the bent one."""
    folder, number = path.parent.parent / "gt", path.stem.split("_")[0]
    page = Page.of(np.ascontiguousarray(np.asarray(cv2.imread(str(path)), dtype=np.uint8)[..., ::-1]))
    flat = np.asarray(cv2.imread(str(folder / f"{number}.png"), cv2.IMREAD_GRAYSCALE), dtype=np.uint8)
    shape = (flat.shape[0], flat.shape[1])
    found = Dewarp().find(page, DewarpParams()).backward
    if not isinstance(found, GridMap):
        return None
    start = GridMap(found.control_points, shape)
    truth = registered(luma(page), flat, start, OUT / "dewarp-registered" / f"{path.stem}.npz")
    if truth is None or len(truth.marks) < 10:
        return None
    row = level(luma(page), found, truth, flat)
    if reading:
        words = (folder / f"{number}.txt").read_text(encoding="utf-8").split()
        still = np.zeros_like(truth.places)
        row += [word_f1(read_text(bent(flat, field)).split(), words) for field in (still, moved(found, truth, shape))]
    return row


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m lab.benchmarks.dewarp.floor")
    parser.add_argument("--photos", type=int, default=0, help="at most so many, warps and invoices mixed")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--reading", action="store_true", help="bend the flat pages, and let Tesseract read them")
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    rows: dict[str, list[list[float]]] = {}
    for path in photos("bright", False, asked.photos):
        kind = path.stem.split("_")[1]
        row = row_of(path, asked.reading) if kind in asked.kinds else None
        if row is not None:
            rows.setdefault(kind, []).append(row)
            print(path.stem, [round(v, 3) for v in row], flush=True)
    print("| warp | photos | slope: filter's map | registered map | flat page | F1 flat | F1 bent |")
    print("|---|---|---|---|---|---|---|")
    for kind in (k for k in KINDS if k in rows):
        cells = [f"{mean(values):.3f}" for values in zip(*rows[kind], strict=True)]
        print(f"| {kind} | {len(rows[kind])} | " + " | ".join(cells + ["–"] * (5 - len(cells))) + " |")


if __name__ == "__main__":
    main()
