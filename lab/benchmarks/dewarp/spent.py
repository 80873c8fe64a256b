"""What a photo of 8 megapixels costs: ``python -m lab.benchmarks.dewarp.spent [--photos 6] [--megapixels 8]``.

Each photo in a process of its own, after a small one that loads the net: CPU seconds (the best of ``--runs``) and the
most memory above what the process held with the photo in it, of finding the map and of drawing the page through it.
The page that is drawn counts as memory, too. Linux only. Prints a table.
"""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import os
import time
from pathlib import Path
from statistics import mean

import cv2
import numpy as np

from lab.benchmarks.house.filters import peak_mb
from recto.filters.dewarp import Dewarp, DewarpParams
from recto.raster import Page, resample

DATA = Path(os.environ.get("RECTO_DATA", "../shared/data"))
_WARM_UP_PX = 320


def spent(path: Path, megapixels: float, runs: int) -> tuple[float, float, float, float]:
    """CPU seconds and MB of finding the map, then of drawing the page; zeros where the page stays as it is."""
    cv2.setNumThreads(1)
    photo = np.asarray(cv2.imread(str(path)), dtype=np.uint8)[..., ::-1]
    scale = (megapixels * 1e6 / (photo.shape[0] * photo.shape[1])) ** 0.5
    photo = np.ascontiguousarray(cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC))
    page = Page.of(np.asarray(photo, dtype=np.uint8))
    small = np.ascontiguousarray(cv2.resize(photo, (_WARM_UP_PX, _WARM_UP_PX)))
    Dewarp().find(Page.of(np.asarray(small, dtype=np.uint8)), DewarpParams())
    best = (np.inf, np.inf)
    most = (0.0, 0.0)
    for _ in range(runs):
        gc.collect()
        held = _held_mb()
        started = time.process_time()
        move = Dewarp().find(page, DewarpParams())
        found = time.process_time()
        at_find = peak_mb() - held
        if move.backward is None:
            return found - started, at_find, 0.0, 0.0
        held = _held_mb()
        before = time.process_time()
        drawn = resample(page, move.backward)
        done = time.process_time()
        best = min(best[0], found - started), min(best[1], done - before)
        most = max(most[0], at_find), max(most[1], peak_mb() - held)
        del drawn
    return best[0], most[0], best[1], most[1]


def _held_mb() -> float:
    """What the process holds now; its peak is counted anew from here."""
    peak_mb(reset=True)
    return peak_mb()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m lab.benchmarks.dewarp.spent")
    parser.add_argument("--photos", type=int, default=6)
    parser.add_argument("--megapixels", type=float, default=8.0)
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"
    paths = sorted((DATA / "dewarp/inv3d_real/images").glob("*_bright.jpg"))
    if not paths:
        raise SystemExit(f"{DATA} has no dewarp folder: set RECTO_DATA")
    # Seven steps on: another invoice and another warp each time.
    chosen = [paths[7 * k % len(paths)] for k in range(min(asked.photos, len(paths)))]
    print("| photo | find, CPU s | find, MB | draw, CPU s | draw, MB |\n|---|---|---|---|---|")
    rows = []
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        for path in chosen:
            row = pool.apply(spent, (path, asked.megapixels, asked.runs))
            rows.append(row)
            print(f"| {path.stem} | {row[0]:.2f} | {row[1]:.0f} | {row[2]:.2f} | {row[3]:.0f} |", flush=True)
    total = [mean(column) for column in zip(*rows, strict=True)]
    print(f"| mean | {total[0]:.2f} | {total[1]:.0f} | {total[2]:.2f} | {total[3]:.0f} |")
    print(f"| most | {max(r[0] + r[2] for r in rows):.2f} s in all | {max(max(r[1], r[3]) for r in rows):.0f} MB |||")


if __name__ == "__main__":
    main()
