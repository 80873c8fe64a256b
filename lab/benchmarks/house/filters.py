"""Every filter, and the codec, on one A4 page at 300 dpi in the three kinds."""

from __future__ import annotations

import gc
import multiprocessing
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from recto import codec
from recto.pipeline import CATALOGUE, plan, run
from recto.raster import Dpi, Page
from tests.pages import shaded, text_page

A4 = (3508, 2480)
_STRETCHED = {"rotate": {"angle_deg": 2.0}, "upsample": {"scale": 2}}


def a4_pages() -> dict[str, Page]:
    """The same text, turned by two degrees, as a binary, a grey and a colour page."""
    sharp = text_page(*A4, text_px=42, angle_deg=2.0)
    grey = shaded(sharp, darkest=0.6)
    colour = np.dstack([grey, grey - grey // 12, grey - grey // 6])
    dpi = Dpi(300.0, 300.0)
    binary = np.where(sharp < 128, 0, 255).astype(np.uint8)
    return {name: Page.of(p, dpi) for name, p in (("binary", binary), ("grey", grey), ("colour", colour))}


def spread(samples_ms: list[float]) -> dict[str, float]:
    low, middle, high = np.percentile(samples_ms, (25, 50, 75))
    return {"median_ms": round(float(middle), 1), "iqr_ms": round(float(high - low), 1), "runs": len(samples_ms)}


def timed(action: Callable[[], Any], runs: int) -> dict[str, float]:
    """Median and interquartile range after one warm-up."""
    action()
    samples = []
    for _ in range(runs):
        gc.collect()
        started = time.perf_counter()
        action()
        samples.append((time.perf_counter() - started) * 1000)
    return spread(samples)


def peak_mb(*, reset: bool = False) -> float:
    """The most memory that this process has held (Linux), from now on when ``reset``.

    Not ``ru_maxrss``: a child inherits that of its parent.
    """
    if reset:
        Path("/proc/self/clear_refs").write_text("5")
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))


def _measure_one(name: str, runs: int, pages: dict[str, Page]) -> dict[str, Any]:
    cv2.setNumThreads(1)
    started_mb = peak_mb(reset=True)
    checked = plan([{"filter": name, **_STRETCHED.get(name, {})}])
    row: dict[str, Any] = {}
    for kind, page in pages.items():
        row[kind] = timed(lambda page=page: run(page, checked), runs)
    row["peak_mb"] = round(peak_mb() - started_mb)
    return row


def measure_filters(runs: int) -> dict[str, Any]:
    """Each filter in a fresh process that did not draw the pages, so that the peak of memory is its own."""
    pages = a4_pages()
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        return {name: pool.apply(_measure_one, (name, runs, pages)) for name in CATALOGUE}


def measure_codec(runs: int) -> dict[str, Any]:
    """Decoding and encoding the same pages as PNG."""
    pages = a4_pages()
    files = {kind: codec.encode_png(page) for kind, page in pages.items()}
    return {
        "(decode PNG)": {k: timed(lambda f=f: list(codec.decode(f)), runs) for k, f in files.items()},
        "(encode PNG)": {k: timed(lambda p=p: codec.encode_png(p), runs) for k, p in pages.items()},
    }
