"""Measure dewarping and its peers: ``python -m lab.benchmarks.dewarp [--quick] [--light bright] [--no-peers]``.

Writes ``bench-results/dewarp.json`` and ``bench-results/dewarp.md``. Every result is scaled to 300 dpi of the flat
page before Tesseract reads it, so that geometry is judged and not size. ``F1 even light`` reads the same result with
its light evened, so that shadows on a page do not count against its geometry; ``F1 whiten`` and ``F1 binarize`` read
what those filters make of the result, which is what becomes of most photos. Place, slope, slant and width are what is
left of the warp where the flat page was found in the photo (``registered.py``); ``--no-reading`` stops there.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from lab.benchmarks.dewarp.distortion import local_distortion, residuals
from lab.benchmarks.dewarp.peers import PAGE_DEWARP, four_corners, page_dewarp, untouched
from lab.benchmarks.dewarp.registered import registered
from lab.benchmarks.machine import machine
from lab.metrics.msssim import at_protocol_size, ms_ssim
from lab.metrics.ocr import cer, read_text, word_f1
from recto.filters.binarize import Binarize, BinarizeParams
from recto.filters.dewarp import Dewarp, DewarpParams
from recto.filters.whiten import Whiten, WhitenParams
from recto.raster import BackwardMap, GridMap, Page, luma, resample

Samples = NDArray[np.uint8]
DATA = Path(os.environ.get("RECTO_DATA", "../shared/data"))
OUT = Path("bench-results")
KINDS = ("perspective", "curled", "fewfold", "multifold", "crumpleseasy", "crumpleshard")


@dataclass(frozen=True)
class Flattened:
    """A result, the CPU seconds of finding it, and its map when there is one."""

    samples: Samples
    seconds: float
    backward: BackwardMap | None = None


Method = Callable[[Samples], Flattened | None]


def ours(photo: Samples) -> Flattened:
    """The photo through the filter."""
    page = Page.of(photo)
    started = time.process_time()
    move = Dewarp().find(page, DewarpParams())
    spent = time.process_time() - started
    if move.backward is None:
        return Flattened(photo, spent)
    return Flattened(resample(page, move.backward).samples, spent, move.backward)


def timed(peer: Callable[[Samples], Samples | None]) -> Method:
    """A peer with its CPU seconds, those of processes that it starts among them; None where it gives up."""

    def run(photo: Samples) -> Flattened | None:
        before = os.times()
        result = peer(photo)
        after = os.times()
        spent = sum(after[:4]) - sum(before[:4])
        return None if result is None else Flattened(result, spent)

    return run


def left_over(photo: Samples, truth: Samples, backward: BackwardMap, kept: Path) -> dict[str, float]:
    """What is left of the warp; nothing when the flat page is not found in the photo."""
    flat = np.asarray(cv2.cvtColor(truth, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    start = GridMap(backward.control_points, (flat.shape[0], flat.shape[1])) if isinstance(backward, GridMap) else None
    if start is None:
        return {}
    found = registered(luma(Page.of(photo)), flat, start, kept)
    if found is None or len(found.marks) < 10:
        return {}
    return residuals(backward, found, (flat.shape[0], flat.shape[1]))


def evened(page: Samples) -> Samples:
    """The page divided by its own paper light."""
    small = np.asarray(cv2.resize(page, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    light = cv2.medianBlur(np.asarray(cv2.dilate(small, np.ones((9, 9), np.uint8)), dtype=np.uint8), 21)
    full = cv2.resize(light, (page.shape[1], page.shape[0])).astype(np.float32)
    return np.clip(page / np.maximum(full, 1) * 235, 0, 255).astype(np.uint8)


def measured(result: Samples, truth: Samples, text: str | None, *, even: bool) -> dict[str, float]:
    """How alike the pages are, and what Tesseract reads when there is a text to compare with."""
    values = {
        "ms_ssim": ms_ssim(*at_protocol_size(result, truth)),
        "ld": local_distortion(result, truth),
    }
    if text is None:
        return values
    size = (round(truth.shape[1] * 1.5), round(truth.shape[0] * 1.5))
    at_300 = np.asarray(cv2.resize(result, size, interpolation=cv2.INTER_CUBIC), dtype=np.uint8)
    read = read_text(at_300)
    values["f1"] = word_f1(read.split(), text.split())
    values["cer"] = cer(read, text)
    if even:
        values["f1_even"] = word_f1(read_text(evened(at_300)).split(), text.split())
        for name, page in (("f1_whiten", whitened(result)), ("f1_binarize", binarized(result))):
            large = np.asarray(cv2.resize(page, size, interpolation=cv2.INTER_CUBIC), dtype=np.uint8)
            values[name] = word_f1(read_text(large).split(), text.split())
    return values


def whitened(result: Samples) -> Samples:
    """The result after `whiten`."""
    page = Whiten().apply(Page.of(result), WhitenParams()).page
    return result if page is None else page.samples


def binarized(result: Samples) -> Samples:
    """The result after `binarize`."""
    page = Binarize().apply(Page.of(result), BinarizeParams()).page
    return result if page is None else page.samples


def photos(light: str, quick: bool, count: int) -> list[Path]:
    """The photos to look at: all, two invoices' (``quick``), or ``count`` with warps and invoices mixed."""
    folder = DATA / "dewarp/inv3d_real/images"
    found = sorted(p for p in folder.glob("*.jpg") if light in ("all", p.stem.rsplit("_", 1)[1]))
    if quick:
        keep = sorted({p.stem.split("_")[0] for p in found})[1:3]
        found = [p for p in found if p.stem.split("_")[0] in keep]
    if 0 < count < len(found):
        step = next(k for k in range(len(found) // count, 0, -1) if k % len(KINDS) in (1, 5) or k == 1)
        found = found[::step][:count]
    return found


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


def methods(asked: argparse.Namespace) -> dict[str, Method]:
    """The filter, and the peers that are at hand."""
    found: dict[str, Method] = {}
    if not asked.no_peers:
        found = {"untouched": timed(untouched), "four corners": timed(four_corners)}
        if PAGE_DEWARP is not None:
            found["page-dewarp"] = timed(page_dewarp)
    return {**found, "recto": ours}


def rows_of(asked: argparse.Namespace) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for path in photos(asked.light, asked.quick, asked.photos):
        number, kind, lit = path.stem.split("_")
        photo = np.ascontiguousarray(np.asarray(cv2.imread(str(path)), dtype=np.uint8)[..., ::-1])
        folder = path.parent.parent / "gt"
        truth = np.ascontiguousarray(np.asarray(cv2.imread(str(folder / f"{number}.png")), dtype=np.uint8)[..., ::-1])
        text = None if asked.no_reading else (folder / f"{number}.txt").read_text(encoding="utf-8")
        for method, run in methods(asked).items():
            row: dict[str, Any] = {"photo": path.stem, "kind": kind, "light": lit, "method": method}
            done = run(photo)
            if done is None:
                rows.append({**row, "given_up": True})
                continue
            row |= {"s": done.seconds, **measured(done.samples, truth, text, even=method == "recto")}
            if done.backward is not None:
                row |= left_over(photo, truth, done.backward, OUT / "dewarp-registered" / f"{path.stem}.npz")
            rows.append(row)
            print(path.stem, method, {k: round(v, 3) for k, v in row.items() if isinstance(v, float)}, flush=True)
    return rows


COLUMNS = {
    "f1": "F1",
    "f1_even": "F1 even light",
    "f1_whiten": "F1 whiten",
    "f1_binarize": "F1 binarize",
    "cer": "CER",
    "ms_ssim": "MS-SSIM",
    "ld": "LD",
    "place": "place %",
    "slope": "slope %",
    "slant": "slant %",
    "width": "width %",
    "s": "CPU s",
}


def table(rows: list[dict[str, Any]]) -> str:
    lines = [f"| method | warp | photos | {' | '.join(COLUMNS.values())} |", "|" + "---|" * (3 + len(COLUMNS))]
    for method in dict.fromkeys(r["method"] for r in rows):
        for kind in (*KINDS, "all"):
            some = [r for r in rows if r["method"] == method and kind in ("all", r["kind"]) and "given_up" not in r]
            if some:
                cells = [_cell([r[c] for r in some if c in r]) for c in COLUMNS]
                lines.append(f"| {method} | {kind} | {len(some)} | " + " | ".join(cells) + " |")
        given_up = sum("given_up" in r for r in rows if r["method"] == method)
        if given_up:
            lines.append(f"| {method} | given up | {given_up} |" + " |" * len(COLUMNS))
    return "\n".join(lines)


def _cell(values: list[float]) -> str:
    return f"{mean(values):.3f}" if values else "–"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m lab.benchmarks.dewarp")
    parser.add_argument("--quick", action="store_true", help="two invoices, some flat pages")
    parser.add_argument("--light", choices=("bright", "shadow", "all"), default="bright")
    parser.add_argument("--photos", type=int, default=0, help="at most so many, warps and invoices mixed")
    parser.add_argument("--no-peers", action="store_true", help="leave the peers out")
    parser.add_argument("--no-reading", action="store_true", help="geometry alone, without Tesseract")
    parser.add_argument("--no-flat", action="store_true", help="leave the flat pages out")
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    if not (DATA / "dewarp").is_dir():
        raise SystemExit(f"{DATA} has no dewarp folder: set RECTO_DATA")
    rows = rows_of(asked)
    count, changed = (0, []) if asked.no_flat else flat_pages(asked.quick)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    OUT.mkdir(exist_ok=True)
    result = {"machine": machine(), "rows": rows, "flat": count, "flat_changed": changed, "peak_mb": round(peak_mb)}
    (OUT / "dewarp.json").write_text(json.dumps(result, indent=1))
    text = table(rows) + f"\n\nFlat pages changed: {len(changed)} of {count} {' '.join(changed)}\n"
    (OUT / "dewarp.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
