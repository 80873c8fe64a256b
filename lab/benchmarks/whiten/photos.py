"""Photos of invoices in bright light and in hard shadow, read after whole recipes.

    python -m lab.benchmarks.whiten.photos [--light shadow|bright] [--invoices 01457,04394] [--warps fewfold,curled]

The photos are those of Inv3DReal that ``lab.benchmarks.dewarp`` uses. Every result is scaled to 300 dpi of the flat
page before Tesseract reads it. The constants of ``whiten`` were chosen on the invoices of ``SEEN``, bright and
shadowed, and all shadowed photos, those of other invoices, too, were looked at as pictures. Prints Markdown and writes
it with its JSON into ``bench-results/``.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from pathlib import Path
from statistics import mean

import cv2
import numpy as np
from numpy.typing import NDArray

from lab.benchmarks.dewarp.__main__ import DATA, KINDS
from lab.benchmarks.machine import machine
from lab.metrics.ocr import read_text, word_f1
from recto.pipeline import plan, run
from recto.raster import Page

Samples = NDArray[np.uint8]
OUT = Path("bench-results")
SEEN = ("00411", "05028", "07723", "10388")
RECIPES = ("dewarp", "dewarp,whiten", "phone photo", "dewarp,binarize", "dewarp,upsample,binarize")


def read(path: Path, recipe: str) -> tuple[float, float]:
    """Word F1 of a photo after a recipe, and the recipe's CPU seconds."""
    number = path.stem.split("_")[0]
    folder = path.parent.parent / "gt"
    photo = np.ascontiguousarray(np.asarray(cv2.imread(str(path)), dtype=np.uint8)[..., ::-1])
    started = time.process_time()
    result = run(Page.of(photo), plan(recipe)).page.samples
    spent = time.process_time() - started
    height, width = np.asarray(cv2.imread(str(folder / f"{number}.png"))).shape[:2]
    size = (round(width * 1.5), round(height * 1.5))
    at_300 = np.asarray(cv2.resize(result, size, interpolation=cv2.INTER_CUBIC), dtype=np.uint8)
    truth = (folder / f"{number}.txt").read_text(encoding="utf-8")
    return word_f1(read_text(at_300).split(), truth.split()), spent


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m lab.benchmarks.whiten.photos")
    parser.add_argument("--light", choices=("shadow", "bright", "both"), default="both")
    parser.add_argument("--invoices", default="", help="their numbers, with commas; all unless given")
    parser.add_argument("--warps", default=",".join(KINDS))
    parser.add_argument("--recipes", default="", help="some of the rows, with semicolons")
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    rows: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    chosen = [recipe for recipe in RECIPES if not asked.recipes or recipe in asked.recipes.split(";")]
    shadowed = {p.stem.rsplit("_", 1)[0] for p in (DATA / "dewarp/inv3d_real/images").glob("*_shadow.jpg")}
    for path in sorted((DATA / "dewarp/inv3d_real/images").glob("*.jpg")):
        number, kind, light = path.stem.split("_")
        if asked.light not in ("both", light) or kind not in asked.warps.split(","):
            continue
        if asked.invoices and number not in asked.invoices.split(","):
            continue
        group = "chosen on" if number in SEEN else "others"
        twin = light == "shadow" or f"{number}_{kind}" in shadowed
        for recipe in chosen:
            f1, spent = read(path, recipe)
            rows[recipe][f"{light}, {group}"].append(f1)
            rows[recipe][f"{light}, all"].append(f1)
            if twin:
                rows[recipe][f"{light}, of which there are both"].append(f1)
            rows[recipe]["CPU s"].append(spent)
            print(path.stem, recipe, round(f1, 3), round(spent, 1), flush=True)
    columns = sorted({column for row in rows.values() for column in row})
    lines = ["| recipe | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    lines += [
        f"| `{name}` | "
        + " | ".join(f"{mean(row[c]):.3f} ({len(row[c])})" if c in row else "–" for c in columns)
        + " |"
        for name, row in rows.items()
    ]
    OUT.mkdir(exist_ok=True)
    report = {"machine": machine(), "rows": {name: dict(row) for name, row in rows.items()}}
    (OUT / "whiten-photos.json").write_text(json.dumps(report, indent=1), encoding="utf-8")
    (OUT / "whiten-photos.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
