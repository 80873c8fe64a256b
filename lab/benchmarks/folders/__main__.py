"""A folder of scans through ``recto run``, and through the preprocessing of OCRmyPDF with its OCR off.

Run ``python -m lab.benchmarks.folders`` (``--pages 1000 --paper A6 --dpi 200`` for the large one). The pages are
rendered, damaged as a scanner does and turned by up to 3 degrees. OCRmyPDF is a program beside us, not a part: name it
with ``--ocrmypdf PATH`` when it is not on the path; it needs unpaper for ``--clean``. It takes one PDF, made of the
same pages, and works on several of them at once; ``recto run`` takes the folder, and the PDF. How straight the first
pages came out is told from their pixels (``residual.py``); ``--stop`` also presses Ctrl-C half way through a folder.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from lab.benchmarks.folders.pages import DIFFERENT, angle_of, make_pages, straight_page
from lab.benchmarks.folders.residual import residual_deg
from lab.benchmarks.folders.spent import spent, stopped_half_way
from lab.benchmarks.machine import machine
from recto import codec

OUT = Path("bench-results")
SHOWN = (3, 11, 9, 2, 18, 0)
"""Pages on the sheet."""

SHOWN_PX = 420


def main() -> None:
    chosen = arguments()
    cv2.setNumThreads(1)
    OUT.mkdir(exist_ok=True)
    name = f"folders-{chosen.paper}-{chosen.dpi}-{chosen.pages}"
    kept = OUT / f"{name}.json"
    results = json.loads(kept.read_text()) if kept.exists() and chosen.more else {"runs": {}, "stopped": ""}
    results |= {"machine": machine(), "peer": version(chosen.ocrmypdf)}
    with tempfile.TemporaryDirectory() as temporary:
        out = Path(temporary) / "out"
        folder, document = make_pages(chosen.keep or Path(temporary), chosen.pages, chosen.paper, chosen.dpi)
        cv2.imwrite(str(OUT / f"{name}-0.png"), drawn(list(made_pages(folder, chosen.dpi))))
        for k, (run, command) in enumerate(runs(folder, document, out, chosen.workers, chosen.ocrmypdf), 1):
            if chosen.only in run:
                took = spent(chosen.pages, command, out)
                print(run, took, file=sys.stderr)
                made = list(made_pages(out, chosen.dpi))
                cv2.imwrite(str(OUT / f"{name}-{k}.png"), drawn(made))
                results["runs"][run] = asdict(took) | {"residual_deg": [*residuals(made, chosen.paper, chosen.dpi)]}
                kept.write_text(json.dumps(results, indent=1))
        if chosen.stop:
            command = runs(folder, document, out, chosen.workers, None)[0][1]
            results["stopped"] = stopped_half_way(chosen.pages, command, out)
            kept.write_text(json.dumps(results, indent=1))
    before = [angle_of(k) for k in range(min(DIFFERENT, chosen.pages))]
    parts = [markdown(results["runs"], chosen), straightness(results["runs"], before), results["stopped"]]
    table = "\n\n".join(part for part in parts if part)
    (OUT / f"{name}.md").write_text(table + "\n")
    print(table)


def residuals(made: list[NDArray[np.uint8]], paper: str, dpi: int) -> Iterator[float]:
    for k, page in enumerate(made):
        yield residual_deg(straight_page(k, paper, dpi), page)


def arguments() -> argparse.Namespace:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--pages", type=int, default=24)
    asked.add_argument("--paper", default="A4", help="A4, A5, A6, or millimetres such as 51x68")
    asked.add_argument("--dpi", type=int, default=300)
    asked.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    asked.add_argument("--ocrmypdf", default=shutil.which("ocrmypdf"), help="the program of the peer")
    asked.add_argument("--only", default="", help="only runs whose name holds this")
    asked.add_argument("--more", action="store_true", help="keep what earlier calls found for the same pages")
    asked.add_argument("--stop", action="store_true", help="also press Ctrl-C half way")
    asked.add_argument("--keep", type=Path, help="a folder for the pages, used again when they are there")
    return asked.parse_args()


def runs(folder: Path, document: Path, out: Path, workers: int, peer: str | None) -> list[tuple[str, list[str | Path]]]:
    """Name and command of each; all write to ``out``."""
    recto: list[str | Path] = [sys.executable, "-m", "recto", "run"]
    many = ["--workers", str(workers), "-o", out]
    one = ["--workers", str(workers), "--max-bytes", "20GB", "--max-frames", "20000", "-o", out / "clean.pdf"]
    found: list[tuple[str, list[str | Path]]] = [
        ("recto run, folder, deskew,whiten", [*recto, folder, "-r", "deskew,whiten", *many]),
        ("recto run, folder, deskew,binarize", [*recto, folder, "-r", "deskew,binarize", *many]),
        ("recto run, one PDF, deskew,whiten", [*recto, document, "-r", "deskew,whiten", *one]),
    ]
    if peer is None:
        return found
    plain = ["--tesseract-timeout", "0", "--optimize", "0", "--output-type", "pdf", "--jobs", str(workers), "--quiet"]
    for option in ("--clean-final", "--clean"):  # the first shows what it cleans, the second only to the OCR
        clean = [peer, "--deskew", option, *plain, document, out / "clean.pdf"]
        found.append((f"OCRmyPDF, one PDF, --deskew {option}, OCR off", clean))
    return found


def made_pages(out: Path, dpi: int) -> Iterator[NDArray[np.uint8]]:
    """The first pages of a folder, or of the PDF in it, in grey."""
    paths = sorted(path for path in out.iterdir() if path.suffix in (".png", ".pdf"))[:DIFFERENT]
    pages = (page for path in paths for page in codec.decode(path.read_bytes(), UNLIMITED, pdf_dpi=dpi))
    for page in islice(pages, DIFFERENT):
        samples = page.samples
        yield samples if samples.ndim == 2 else cv2.cvtColor(samples, cv2.COLOR_RGB2GRAY)


UNLIMITED = codec.Limits(max_bytes=20_000_000_000, max_frames=20_000)


def version(peer: str | None) -> str | None:
    if peer is None:
        return None
    return subprocess.run([peer, "--version"], capture_output=True, text=True, check=True).stdout.strip()


def markdown(runs: dict[str, Any], chosen: Any) -> str:
    lines = [
        f"{chosen.pages} pages of {chosen.paper} at {chosen.dpi} DPI, {chosen.workers} at a time",
        "",
        "| run | CPU s a page | pages/s | wall s | load at the end | peak MB, first and last fifth | output MB |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {name} | {run['cpu_s'] / run['pages']:.3f} | {run['pages'] / run['wall_s']:.2f} | {run['wall_s']:.0f} "
        f"| {run['load']:.1f} | {run['peaks_mb'][0]:.0f}, {run['peaks_mb'][1]:.0f} | {run['out_mb']:.1f} |"
        for name, run in runs.items()
    ]
    return "\n".join(lines)


def straightness(runs: dict[str, Any], before: list[float]) -> str:
    lines = [
        f"What is left of the skew on the first {len(before)} pages, in degrees",
        "",
        "| run | median | worst | within 0.1 | within 0.5 |",
        "|---|---|---|---|---|",
    ]
    everything = {"as they went in": before} | {name: run["residual_deg"] for name, run in runs.items()}
    for name, angles in everything.items():
        left = np.abs(np.nan_to_num(angles, nan=90.0))
        within = [f"{np.sum(left <= bound)} of {len(left)}" for bound in (0.1, 0.5)]
        lines.append(f"| {name} | {np.median(left):.3f} | {left.max():.2f} | {within[0]} | {within[1]} |")
    return "\n".join(lines)


def drawn(pages: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Some pages side by side."""
    shown = [cv2.resize(pages[k], size_of(pages[k]), interpolation=cv2.INTER_AREA) for k in SHOWN if k < len(pages)]
    canvas = np.full((SHOWN_PX, (SHOWN_PX * 3 // 4) * len(shown)), 128, np.uint8)
    for k, page in enumerate(shown):
        left = k * (SHOWN_PX * 3 // 4)
        canvas[4 : 4 + page.shape[0], left + 4 : left + 4 + page.shape[1]] = page
    return canvas


def size_of(page: NDArray[np.uint8]) -> tuple[int, int]:
    """Reduced to fit on the sheet."""
    scale = min((SHOWN_PX - 8) / page.shape[0], (SHOWN_PX * 3 / 4 - 8) / page.shape[1])
    return max(1, int(page.shape[1] * scale)), max(1, int(page.shape[0] * scale))


if __name__ == "__main__":
    main()
