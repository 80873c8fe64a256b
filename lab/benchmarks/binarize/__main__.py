"""Compare binarizers.

    python -m lab.benchmarks.binarize [--quick] [--only NAME,NAME] [--track pixels|reading]

Prints Markdown and writes it with its JSON into ``bench-results/``.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from lab.benchmarks.binarize.methods import Method, methods
from lab.benchmarks.binarize.pages import YEARS, read_pages, true_pages
from lab.benchmarks.machine import machine
from lab.metrics.dibco import scores
from lab.metrics.ocr import cer, read_text

OUT = Path("bench-results")


def pixels(chosen: dict[str, Method], every: int) -> dict[str, Any]:
    """FM, p-FM, PSNR, DRD and ms per megapixel (processor time, best of two) per method and year."""
    marks: dict[str, dict[str, list[tuple[float, ...]]]] = defaultdict(lambda: defaultdict(list))
    spent_s: dict[str, float] = defaultdict(float)
    megapixels = 0.0
    for page in true_pages(every):
        megapixels += page.ink.size / 1e6
        for name, method in chosen.items():
            best_s = np.inf
            for _ in range(1 if spent_s[name] > 40 else 2):
                start = time.process_time()
                drawn = method(page.samples)
                best_s = min(best_s, time.process_time() - start)
            spent_s[name] += best_s
            found = scores(drawn == 0, page.ink, page.skeleton)
            marks[name][page.year].append((found.fm, found.pfm, found.psnr, found.drd))
    result = {}
    for name, years in marks.items():
        mean = np.mean([row for rows in years.values() for row in rows], axis=0)
        result[name] = {
            "fm": mean[0],
            "pfm": mean[1],
            "psnr": mean[2],
            "drd": mean[3],
            "ms_per_megapixel": 1000 * spent_s[name] / megapixels,
            **{year: float(np.mean([row[0] for row in rows])) for year, rows in years.items()},
        }
    return result


def reading(chosen: dict[str, Method], per_damage: int) -> dict[str, Any]:
    """Character error rate after each method, per damage and over all."""
    errors: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for page in read_pages(per_damage):
        for name, method in {"untouched": lambda samples: samples, **chosen}.items():
            error = min(1.0, cer(read_text(method(page.samples), psm=6), page.text))
            errors[name][page.damage].append(error)
    result = {}
    for name, kinds in errors.items():
        result[name] = {"cer": float(np.mean([e for es in kinds.values() for e in es]))}
        result[name] |= {kind: float(np.mean(es)) for kind, es in kinds.items()}
    return result


def table(rows: dict[str, Any], columns: dict[str, str]) -> str:
    lines = ["| method | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for name, row in rows.items():
        shown = " | ".join(format(row[key], style) if key in row else "–" for key, style in columns.items())
        lines.append(f"| {name} | {shown} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="every fourth page, one page per damage")
    parser.add_argument("--only", default="", help="names of methods, in part, with commas")
    parser.add_argument("--track", choices=("pixels", "reading"), default=None)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    wanted = [name.strip().lower() for name in options.only.split(",") if name.strip()]
    chosen = {k: v for k, v in methods().items() if not wanted or any(w in k.lower() for w in wanted)}
    report: dict[str, Any] = {"machine": machine()}
    parts = []
    if options.track != "reading":
        report["pixels"] = dict(sorted(pixels(chosen, 4 if options.quick else 1).items(), key=lambda i: -i[1]["fm"]))
        columns = {"fm": ".1f", "pfm": ".1f", "psnr": ".1f", "drd": ".1f", "ms_per_megapixel": ".0f"}
        parts.append(table(report["pixels"], columns | dict.fromkeys(YEARS, ".1f")))
    if options.track != "pixels":
        report["reading"] = dict(
            sorted(reading(chosen, 1 if options.quick else 3).items(), key=lambda i: float(i[1]["cer"]))
        )
        kinds = [key for key in next(iter(report["reading"].values())) if key != "cer"]
        parts.append(table(report["reading"], dict.fromkeys(["cer", *kinds], ".1%")))
    OUT.mkdir(exist_ok=True)
    (OUT / "binarize.json").write_text(json.dumps(report, indent=1), encoding="utf-8")
    (OUT / "binarize.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    print("\n\n".join(parts))


if __name__ == "__main__":
    main()
