"""Crops at 2×, 3×, 4×, whole pages of 90 and of 150 dpi: CER, PSNR, SSIM, seconds, beside the peers.

    python -m lab.benchmarks.upsample [--quick] [--only recto,bicubic]

Needs RECTO_DATA (default ../shared/data) and Tesseract. Writes Markdown and JSON to ``bench-results/``.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path
from statistics import fmean
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import cv2

from lab.benchmarks.machine import machine
from lab.benchmarks.upsample.cases import Sharp, Whole, crops, grey_pages, shrunk, small_pages
from lab.benchmarks.upsample.measures import Reader, made_wrong, psnr, ssim
from lab.benchmarks.upsample.peers import METHODS
from lab.metrics.ocr import cer, word_f1

_RESULTS = Path("bench-results")
_FACTORS = (2, 3, 4)


def on_crops(sharps: list[Sharp], names: list[str], reader: Reader) -> list[dict[str, Any]]:
    """One row per method and factor, means over the crops; CER against the OCR of the crop itself."""
    found: dict[tuple[str, int], list[dict[str, float]]] = {}
    for seed, sharp in enumerate(sharps):
        truth = reader.read(sharp.samples, 300, 6)
        for factor in _FACTORS:
            small = shrunk(sharp.samples, factor, seed)
            plain = METHODS["bicubic"](small, factor)
            by_bicubic = reader.read(plain, 300, 6)
            for name in names:
                begun = time.process_time()
                drawn = METHODS[name](small, factor)
                seconds = time.process_time() - begun
                text = reader.read(drawn, 300, 6)
                wrong, signs = made_wrong(text, by_bicubic, truth)
                row = {
                    "cer": cer(text, truth),
                    "psnr": psnr(drawn, sharp.samples),
                    "ssim": ssim(drawn, sharp.samples),
                    "s_per_mp": seconds / (drawn.size / 1e6),
                    "made_wrong": wrong / max(signs, 1),
                }
                found.setdefault((name, factor), []).append(row)
                line = {k: round(v, 4) for k, v in row.items()}
                print(sharp.name, factor, name, line, flush=True)
    return [
        {"method": name, "factor": factor, **{k: round(fmean(r[k] for r in rows), 4) for k in rows[0]}}
        for (name, factor), rows in found.items()
    ]


def on_pages(pages: list[Whole], names: list[str], reader: Reader) -> list[dict[str, Any]]:
    """Whole pages enlarged twice: word F1 and CER against the keyed text."""
    rows = []
    for name in ["left small", *names]:
        f1, errors = [], []
        for page in pages:
            factor = 1 if name == "left small" else 2
            drawn = page.samples if factor == 1 else METHODS[name](page.samples, factor)
            text = reader.read(drawn, page.dpi * factor, 3)
            f1.append(word_f1(text.split(), page.text.split()))
            errors.append(cer(text, page.text))
        rows.append({"method": name, "word_f1": round(fmean(f1), 4), "cer": round(fmean(errors), 4)})
        print(rows[-1], flush=True)
    return rows


def markdown(title: str, rows: list[dict[str, Any]]) -> str:
    keys = list(rows[0])
    lines = [f"## {title}", "", "| " + " | ".join(keys) + " |", "|" + "---|" * len(keys)]
    lines += ["| " + " | ".join(str(row[k]) for k in keys) + " |" for row in rows]
    return "\n".join([*lines, ""])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m lab.benchmarks.upsample")
    parser.add_argument("--quick", action="store_true", help="six crops, no whole pages, fewer peers")
    parser.add_argument("--crops", type=int, default=16)
    parser.add_argument("--pages", type=int, default=6)
    parser.add_argument("--only", default="", help="methods, separated by commas")
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("RECTO_DATA", "../shared/data")))
    args = parser.parse_args()
    if not (args.data / "pages").is_dir():
        raise SystemExit(f"skipped: no pages at {args.data}; set RECTO_DATA")
    cv2.setNumThreads(1)
    names = args.only.split(",") if args.only else list(METHODS)[: 3 if args.quick else None]
    reader = Reader(_RESULTS / "cache" / "upsample-read.json")
    count = 6 if args.quick else args.crops
    tables = {
        "crops of whole lines": on_crops(crops(args.data, count, whole_lines=True), names, reader),
        "crops": [] if args.quick else on_crops(crops(args.data, count), names, reader),
    }
    if not args.quick and args.pages:
        tables["pages at 90 dpi, enlarged twice"] = on_pages(small_pages(args.data, args.pages), names, reader)
        tables["pages at 150 dpi, enlarged twice"] = on_pages(grey_pages(args.data, args.pages), names, reader)
    text = "\n".join(markdown(title, rows) for title, rows in tables.items() if rows)
    print(text)
    _RESULTS.mkdir(exist_ok=True)
    (_RESULTS / "upsample.md").write_text(text, encoding="utf-8")
    (_RESULTS / "upsample.json").write_text(json.dumps({"machine": machine(), **tables}, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
