"""Coloured ink on cream paper in bad light, before and after ``whiten``.

    python -m lab.benchmarks.whiten [--quick]

Prints Markdown and writes it with its JSON into ``bench-results/``.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from lab.benchmarks.binarize.pages import DAMAGES
from lab.benchmarks.machine import machine
from lab.metrics.ocr import cer, read_text
from lab.pages import RenderedPage, render_page
from recto.filters.whiten import Whiten, WhitenParams
from recto.raster import Kind, Page

Samples = NDArray[np.uint8]
OUT = Path("bench-results")
INKS = {"black": (25, 25, 30), "red": (190, 30, 40), "blue": (30, 50, 160), "green": (20, 120, 60)}
LIGHTS = ("shadow", "gradient", "stains", "low light")
CREAM = (1.0, 0.95, 0.84)
MEASURES = ("ink ΔE before", "after", "white paper before", "after ", "CER before", "after  ", "undamaged")


def english(seed: tuple[int, ...]) -> tuple[np.random.Generator, RenderedPage]:
    rng = np.random.default_rng(seed)
    page = render_page(rng, dpi=300, size_mm=(130, 95), layout="one_column")
    while page.language != "english":
        page = render_page(rng, dpi=300, size_mm=(130, 95), layout="one_column")
    return rng, page


def difference(a: Samples, b: Samples) -> NDArray[np.float64]:
    """CIE 1976 colour difference per pixel."""
    first, second = (cv2.cvtColor((x / 255).astype(np.float32), cv2.COLOR_RGB2LAB) for x in (a, b))
    return np.linalg.norm(np.asarray(first, dtype=np.float64) - second, axis=2)


def measured(light: str, number: int, ink: tuple[int, int, int], read: bool) -> list[float]:
    """The measures of one page."""
    rng, page = english((7, number))
    cover = 1 - page.grey[..., None] / 255.0
    flat = (255 * (1 - cover) + np.array(ink) * cover).astype(np.uint8)
    shade = DAMAGES[light](np.random.default_rng((9, number)), np.ones(page.grey.shape, np.float32))
    lit = flat * np.array(CREAM) * shade[..., None]
    dull = np.clip(lit + rng.normal(0, 2, lit.shape), 0, 255).astype(np.uint8)
    white = Whiten().apply(Page(dull, Kind.COLOUR), WhitenParams()).page
    after = dull if white is None else white.samples
    core = cv2.erode((page.grey < 30).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    paper = cv2.erode((page.grey > 250).astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    row = [float(np.median(difference(x, flat)[core])) for x in (dull, after)]
    row += [float(np.mean(x[paper].min(axis=1) >= 250)) for x in (dull, after)]
    if read:
        return row + [min(1.0, cer(read_text(x, psm=6), page.text)) for x in (dull, after, flat)]
    return row + [np.nan] * 3


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="one ink, nothing is read")
    quick = parser.parse_args().quick
    cv2.setNumThreads(1)
    rows = defaultdict(list)
    for light in LIGHTS:
        for number, (name, ink) in enumerate(INKS.items()):
            if number == 0 or not quick:
                rows[light].append(measured(light, number, ink, name in ("black", "blue") and not quick))
    means = {light: np.array(found)[:, : 4 if quick else 7] for light, found in rows.items()}
    means = {light: np.nanmean(found, axis=0) for light, found in means.items()}
    means["all"] = np.mean(list(means.values()), axis=0)
    names = MEASURES[: means["all"].size]
    lines = ["| light | " + " | ".join(name.strip() for name in names) + " |", "|---" * (len(names) + 1) + "|"]
    for light, row in means.items():
        shown = [f"{v:.1f}" if k < 2 else f"{v:.1%}" for k, v in enumerate(row)]
        lines.append(f"| {light} | " + " | ".join(shown) + " |")
    report = {"machine": machine(), "means": {light: list(map(float, row)) for light, row in means.items()}}
    OUT.mkdir(exist_ok=True)
    (OUT / "whiten.json").write_text(json.dumps(report, indent=1), encoding="utf-8")
    (OUT / "whiten.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
