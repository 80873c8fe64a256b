"""Measure dewarping and its peers: ``python -m lab.benchmarks.dewarp [--quick] [--light bright] [--peers]``.

Writes ``bench-results/dewarp.json`` and ``bench-results/dewarp.md``. Every result is scaled to 300 dpi of the flat
page before Tesseract reads it, so that geometry is judged and not size. ``F1 even light`` reads the same result with
its light evened, so that shadows on a page do not count against its geometry.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import time
from collections.abc import Callable
from pathlib import Path
from statistics import mean
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from lab.benchmarks.dewarp.peers import four_corners, untouched
from lab.benchmarks.machine import machine
from lab.metrics.msssim import at_protocol_size, ms_ssim
from lab.metrics.ocr import cer, read_text, word_f1
from recto.filters.dewarp import Dewarp, DewarpParams
from recto.raster import Page, resample

Samples = NDArray[np.uint8]
DATA = Path(os.environ.get("RECTO_DATA", "../shared/data"))
OUT = Path("bench-results")
KINDS = ("perspective", "curled", "fewfold", "multifold", "crumpleseasy", "crumpleshard")


def ours(photo: Samples) -> tuple[Samples, float]:
    """The photo through the filter, and the CPU seconds of finding the map."""
    page = Page.of(photo)
    started = time.process_time()
    move = Dewarp().find(page, DewarpParams())
    spent = time.process_time() - started
    return (photo if move.backward is None else resample(page, move.backward).samples), spent


def timed(peer: Callable[[Samples], Samples]) -> Callable[[Samples], tuple[Samples, float]]:
    def run(photo: Samples) -> tuple[Samples, float]:
        started = time.process_time()
        return peer(photo), time.process_time() - started

    return run


def evened(page: Samples) -> Samples:
    """The page divided by its own paper light."""
    small = np.asarray(cv2.resize(page, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    light = cv2.medianBlur(np.asarray(cv2.dilate(small, np.ones((9, 9), np.uint8)), dtype=np.uint8), 21)
    full = cv2.resize(light, (page.shape[1], page.shape[0])).astype(np.float32)
    return np.clip(page / np.maximum(full, 1) * 235, 0, 255).astype(np.uint8)


def measured(result: Samples, truth: Samples, text: str, *, even: bool) -> dict[str, float]:
    """What Tesseract reads and how alike the pages are."""
    size = (round(truth.shape[1] * 1.5), round(truth.shape[0] * 1.5))
    at_300 = np.asarray(cv2.resize(result, size, interpolation=cv2.INTER_CUBIC), dtype=np.uint8)
    read = read_text(at_300)
    values = {
        "f1": word_f1(read.split(), text.split()),
        "cer": cer(read, text),
        "ms_ssim": ms_ssim(*at_protocol_size(result, truth)),
    }
    if even:
        values["f1_even"] = word_f1(read_text(evened(at_300)).split(), text.split())
    return values


def photos(light: str, quick: bool) -> list[Path]:
    folder = DATA / "dewarp/inv3d_real/images"
    found = sorted(p for p in folder.glob("*.jpg") if light in ("all", p.stem.rsplit("_", 1)[1]))
    keep = sorted({p.stem.split("_")[0] for p in found})[1 : 3 if quick else None] if quick else None
    return [p for p in found if keep is None or p.stem.split("_")[0] in keep]


def flat_pages(quick: bool) -> tuple[int, list[str]]:
    """How many flat pages were looked at, and those that were changed."""
    paths = sorted((DATA / "pages").glob("*/images/*.*")) + sorted((DATA / "binarization").glob("*/*/images/*.png"))
    changed, count = [], 0
    for path in paths[:: 20 if quick else 1]:
        samples = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        if samples is None:
            continue
        if samples.ndim == 3:
            samples = np.ascontiguousarray(samples[..., 2::-1])
        count += 1
        if Dewarp().find(Page.of(np.asarray(samples, dtype=np.uint8)), DewarpParams()).backward is not None:
            changed.append(path.name)
    return count, changed


def rows_of(light: str, quick: bool, with_peers: bool) -> list[dict[str, Any]]:
    methods: dict[str, Callable[[Samples], tuple[Samples, float]]] = {"recto": ours}
    if with_peers:
        methods = {"untouched": timed(untouched), "four corners": timed(four_corners), **methods}
    rows: list[dict[str, Any]] = []
    for path in photos(light, quick):
        number, kind, lit = path.stem.split("_")
        photo = np.ascontiguousarray(np.asarray(cv2.imread(str(path)), dtype=np.uint8)[..., ::-1])
        folder = path.parent.parent / "gt"
        truth = np.ascontiguousarray(np.asarray(cv2.imread(str(folder / f"{number}.png")), dtype=np.uint8)[..., ::-1])
        text = (folder / f"{number}.txt").read_text(encoding="utf-8")
        for method, run in methods.items():
            result, seconds = run(photo)
            values = measured(result, truth, text, even=method == "recto")
            rows.append({"photo": path.stem, "kind": kind, "light": lit, "method": method, "s": seconds, **values})
            print(path.stem, method, {k: round(v, 3) for k, v in values.items()}, flush=True)
    return rows


def table(rows: list[dict[str, Any]]) -> str:
    columns = ("f1", "f1_even", "cer", "ms_ssim", "s")
    lines = [
        "| method | warp | photos | F1 | F1 even light | CER | MS-SSIM | CPU s |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for method in dict.fromkeys(r["method"] for r in rows):
        for kind in (*KINDS, "all"):
            some = [r for r in rows if r["method"] == method and kind in ("all", r["kind"])]
            if some:
                cells = [f"{mean(r[c] for r in some):.3f}" if c in some[0] else "–" for c in columns]
                lines.append(f"| {method} | {kind} | {len(some)} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m lab.benchmarks.dewarp")
    parser.add_argument("--quick", action="store_true", help="two invoices, some flat pages")
    parser.add_argument("--light", choices=("bright", "shadow", "all"), default="bright")
    parser.add_argument("--no-peers", action="store_true", help="leave the peers out")
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    if not (DATA / "dewarp").is_dir():
        raise SystemExit(f"{DATA} has no dewarp folder: set RECTO_DATA")
    rows = rows_of(asked.light, asked.quick, not asked.no_peers)
    count, changed = flat_pages(asked.quick)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    OUT.mkdir(exist_ok=True)
    result = {"machine": machine(), "rows": rows, "flat": count, "flat_changed": changed, "peak_mb": round(peak_mb)}
    (OUT / "dewarp.json").write_text(json.dumps(result, indent=1))
    text = table(rows) + f"\n\nFlat pages changed: {len(changed)} of {count} {' '.join(changed)}\n"
    (OUT / "dewarp.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
