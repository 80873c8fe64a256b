"""How long one estimate takes: A4 pages of the lab, turned and scanned, one thread, processor time."""

from __future__ import annotations

import time

import cv2
import numpy as np

from lab.benchmarks.skew.exact import turn
from lab.pages import damage, render_page
from recto.filters.deskew.estimate import estimate_skew
from recto.raster import Page

_SHEETS = (("300 dpi, grey", 300, "scan"), ("200 dpi, grey", 200, "scan"), ("300 dpi, 1-bit", 300, "fax"))
_LAYOUTS = ("one_column", "two_columns", "letter", "table", "invoice")


def speed(rounds: int) -> dict[str, dict[str, float]]:
    """Milliseconds of each kind of sheet: the best of ``rounds`` for every page, then the mean and the slowest page."""
    results = {}
    for title, dpi, harm in _SHEETS:
        best_ms = [_best_ms(_sheet(k, layout, dpi, harm), rounds) for k, layout in enumerate(_LAYOUTS)]
        results[title] = {"pages": len(best_ms), "ms": float(np.mean(best_ms)), "slowest": max(best_ms)}
    return results


def _sheet(seed: int, layout: str, dpi: int, harm: str) -> Page:
    """An A4 page turned by a few degrees."""
    rng = np.random.default_rng(seed)
    straight = render_page(rng, dpi=dpi, layout=layout).grey
    turned = turn(straight, float(rng.uniform(-5, 5)), 1, False, 255)
    return Page.of(damage(turned, rng, harm, dpi))


def _best_ms(page: Page, rounds: int) -> float:
    cv2.setNumThreads(1)
    spent = []
    for _ in range(rounds):
        started = time.process_time()
        estimate_skew(page)
        spent.append((time.process_time() - started) * 1000)
    return min(spent)
