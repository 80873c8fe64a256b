"""Crops at 2×, 3×, 4×, whole pages, forms, scripts: CER, PSNR, SSIM, seconds, beside the peers.

    python -m lab.benchmarks.upsample [--quick] [--tracks lines,soft,crops,floor,pages,forms,scripts,boxes]

Needs Tesseract and, for crops and pages, RECTO_DATA (default ../shared/data). RapidOCR reads as well where it is
installed, here or beside the interpreter that --rapidocr names. Writes Markdown and JSON to ``bench-results/``.
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
from lab.benchmarks.upsample.boxes import SHRINKS, boxes, spoilt
from lab.benchmarks.upsample.cases import (
    NEXT_TO_NOTHING,
    Sharp,
    Shrink,
    Whole,
    blurred_and_shrunk,
    crops,
    grey_pages,
    mildly_shrunk,
    shrunk,
    small_pages,
    soft,
)
from lab.benchmarks.upsample.forms import forms
from lab.benchmarks.upsample.measures import made_wrong, psnr, ssim
from lab.benchmarks.upsample.peers import METHODS
from lab.benchmarks.upsample.readers import Memory, Rapid, Reads, Tesseract, rapid
from lab.benchmarks.upsample.scripts import changed, lines
from lab.metrics.ocr import cer, word_f1

_RESULTS = Path("bench-results")
_FACTORS = (2, 3, 4)
_TRACKS = ("lines", "soft", "crops", "floor", "pages", "forms", "scripts", "boxes")

Rows = list[dict[str, Any]]


def near(sharps: list[Sharp], names: list[str], shrink: Shrink) -> Rows:
    """One row per method and factor: PSNR and SSIM alone, means over the crops."""
    rows: Rows = []
    for name in names:
        for factor in _FACTORS:
            drawn = [METHODS[name](shrink(s.samples, factor, seed), factor) for seed, s in enumerate(sharps)]
            db = fmean(psnr(d, s.samples) for d, s in zip(drawn, sharps, strict=True))
            alike = fmean(ssim(d, s.samples) for d, s in zip(drawn, sharps, strict=True))
            rows.append({"method": name, "factor": factor, "psnr": round(db, 2), "ssim": round(alike, 4)})
            print(rows[-1], flush=True)
    return rows


def on_soft(sharps: list[Sharp], names: list[str]) -> dict[str, Rows]:
    """A table for each softness of the original and each chain."""
    found = {}
    for sigma_px in (0.0, 0.5, 0.7):
        grey = [Sharp(s.name, soft(s.samples, sigma_px)) for s in sharps]
        found[f"edges soft by {sigma_px} px, mildly damaged"] = near(grey, names, mildly_shrunk)
    for sigma_px, blur in ((0.5, 0.4), (0.6, 0.5)):
        grey = [Sharp(s.name, soft(s.samples, sigma_px)) for s in sharps]
        found[f"edges soft by {sigma_px} px, blurred by {blur} small px"] = near(grey, names, blurred_and_shrunk(blur))
    return found


def on_crops(sharps: list[Sharp], names: list[str], reader: Reads, other: Rapid | None, shrink: Shrink) -> Rows:
    """One row per method and factor, means over the crops; CER against the OCR of the crop itself."""
    found: dict[tuple[str, int], list[dict[str, float]]] = {}
    for seed, sharp in enumerate(sharps):
        truth = reader.read(sharp.samples, 300, 6)
        for factor in _FACTORS:
            small = shrink(sharp.samples, factor, seed)
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
                if other is not None:
                    row["cer_rapidocr"] = cer(other.read(drawn, 300, 6), other.read(sharp.samples, 300, 6))
                found.setdefault((name, factor), []).append(row)
                line = {k: round(v, 4) for k, v in row.items()}
                print(sharp.name, factor, name, line, flush=True)
    return [
        {"method": name, "factor": factor, **{k: round(fmean(r[k] for r in rows), 4) for k in rows[0]}}
        for (name, factor), rows in found.items()
    ]


def floor(sharps: list[Sharp], reader: Reads) -> Rows:
    """The CER of originals that were changed next to nothing: what no enlargement can be expected to fall below."""
    rows = []
    for name, change in NEXT_TO_NOTHING.items():
        errors = [cer(reader.read(change(s.samples), 300, 6), reader.read(s.samples, 300, 6)) for s in sharps]
        rows.append({"change": name, "cer": round(fmean(errors), 4)})
    return rows


def on_boxes(sharps: list[Sharp], names: list[str]) -> Rows:
    """PSNR by chain, and the share of tiles that come out worse than by bicubic, at 2× and 3×."""
    rows: Rows = []
    for chain, shrink in SHRINKS.items():
        for name in names:
            for factor in _FACTORS[:2]:
                near, worse = [], []
                for seed, sharp in enumerate(sharps):
                    small = shrink(sharp.samples, factor, seed)
                    drawn = METHODS[name](small, factor)
                    near.append(psnr(drawn, sharp.samples))
                    worse.append(spoilt(drawn, METHODS["bicubic"](small, factor), sharp.samples))
                row = {"chain": chain, "method": name, "factor": factor, "psnr": round(fmean(near), 2)}
                rows.append({**row, "spoilt": round(fmean(worse), 4)})
                print(rows[-1], flush=True)
    return rows


def on_pages(pages: list[Whole], names: list[str], reader: Reads) -> Rows:
    """Whole pages enlarged twice: word F1 and CER against the text that stands on them."""
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


def on_scripts(sheets: int, languages: set[str], folder: Path | None, memory: Memory) -> Rows:
    """Signs read rightly in the sharp lines, and how many of them each method turns into others, by language."""
    found: dict[tuple[str, int], dict[str, int]] = {}
    for sheet in lines(sheets, languages, folder):
        reader = Tesseract(memory, sheet.ocr)
        for factor in _FACTORS:
            small = shrunk(sheet.samples, factor, 0)
            read = {
                "sharp": reader.read(sheet.samples, 300, 6),
                "bicubic": reader.read(METHODS["bicubic"](small, factor), 300, 6),
                "method": reader.read(METHODS["recto"](small, factor), 300, 6),
            }
            counts = changed(read, sheet.text, spaced=sheet.ocr not in ("jpn", "chi_sim"))
            total = found.setdefault((sheet.name, factor), dict.fromkeys(counts, 0))
            for key, value in counts.items():
                total[key] += value
            print(sheet.name, factor, counts, flush=True)
    return [{"language": name, "factor": factor, **counts} for (name, factor), counts in found.items()]


def markdown(title: str, rows: Rows) -> str:
    keys = list(rows[0])
    table = [f"## {title}", "", "| " + " | ".join(keys) + " |", "|" + "---|" * len(keys)]
    table += ["| " + " | ".join(str(row[k]) for k in keys) + " |" for row in rows]
    return "\n".join([*table, ""])


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m lab.benchmarks.upsample")
    parser.add_argument("--quick", action="store_true", help="six crops of whole lines, fewer peers, nothing else")
    parser.add_argument("--tracks", default=",".join(_TRACKS), help="some of these, separated by commas")
    parser.add_argument("--crops", type=int, default=16)
    parser.add_argument("--pages", type=int, default=6)
    parser.add_argument("--forms", type=int, default=10)
    parser.add_argument("--sheets", type=int, default=3, help="pictures of each language")
    parser.add_argument("--languages", default="", help="digits, German, French, Greek, Russian, Japanese, Chinese")
    parser.add_argument("--fonts", type=Path, help="draw the lines with the fonts of this folder")
    parser.add_argument("--only", default="", help="methods, separated by commas")
    parser.add_argument("--rapidocr", default="", help="an interpreter that has RapidOCR, if this one has not")
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("RECTO_DATA", "../shared/data")))
    return parser.parse_args()


def measured(args: argparse.Namespace, tracks: set[str]) -> dict[str, Rows]:
    """The tables of these tracks by their titles."""
    names = args.only.split(",") if args.only else list(METHODS)[: 3 if args.quick else None]
    memory = Memory(_RESULTS / "cache" / "upsample-read.json")
    reader, other = Tesseract(memory), rapid(memory, args.rapidocr)
    if other is None:
        print("RapidOCR is not installed: Tesseract alone reads")
    count, found = 6 if args.quick else args.crops, dict[str, Rows]()
    if "lines" in tracks:
        whole = crops(args.data, count, whole_lines=True)
        found["crops of whole lines"] = on_crops(whole, names, reader, other, shrunk)
    if "soft" in tracks:
        found |= on_soft(crops(args.data, count, whole_lines=True), names)
    if "crops" in tracks:
        found["crops"] = on_crops(crops(args.data, count), names, reader, other, shrunk)
    if "floor" in tracks:
        found["whole lines, hardly changed"] = floor(crops(args.data, count, whole_lines=True), reader)
        found["crops, hardly changed"] = floor(crops(args.data, count), reader)
    if "pages" in tracks:
        found["pages at 90 dpi, enlarged twice"] = on_pages(small_pages(args.data, args.pages), names, reader)
        found["pages at 150 dpi, enlarged twice"] = on_pages(grey_pages(args.data, args.pages), names, reader)
    if "forms" in tracks:
        found["forms at 90 dpi, enlarged twice"] = on_pages(forms(args.forms), names, reader)
    if "boxes" in tracks:
        found["boxes, bars and pictures"] = on_boxes(boxes(args.forms), names)
    if "scripts" in tracks:
        found["signs by language"] = on_scripts(
            args.sheets, set(filter(None, args.languages.split(","))), args.fonts, memory
        )
    if other is not None:
        other.close()
    return found


def main() -> None:
    args = parse()
    tracks = {"lines"} if args.quick else set(args.tracks.split(","))
    if not tracks <= set(_TRACKS):
        raise SystemExit(f"unknown track; known are {', '.join(_TRACKS)}")
    if tracks - {"forms", "scripts", "boxes"} and not (args.data / "pages").is_dir():
        raise SystemExit(f"skipped: no pages at {args.data}; set RECTO_DATA")
    cv2.setNumThreads(1)
    tables = measured(args, tracks)
    text = "\n".join(markdown(title, rows) for title, rows in tables.items() if rows)
    print(text)
    _RESULTS.mkdir(exist_ok=True)
    (_RESULTS / "upsample.md").write_text(text, encoding="utf-8")
    (_RESULTS / "upsample.json").write_text(json.dumps({"machine": machine(), **tables}, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
