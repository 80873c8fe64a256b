"""The pages of the benchmark, by group: every page stands upright, but for skew."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from lab.pages import DAMAGES, NON_TEXT, damage, non_text_page, render_page, scripts_with_fonts
from lab.training.orient.bank import turned

Grey = NDArray[np.uint8]
_SEED = 77_001
DATA = Path(os.environ.get("RECTO_DATA", "../shared/data"))
_STRAIGHT = ("unlv_3b", "unlv_4b", "old_books", "grey_150dpi")


def real_groups() -> dict[str, list[Path]]:
    """Group → files of real pages; empty without RECTO_DATA."""
    groups = {f"straight scans: {name}": _files(DATA / "pages" / name / "images") for name in _STRAIGHT}
    groups["17th century photographs"] = _files(DATA / "skew" / "gallicorpora_17c" / "images")
    groups["flat invoices"] = _files(DATA / "dewarp" / "inv3d_real" / "gt")
    strips = sorted((DATA / "binarization").glob("*/*/images"))
    groups["DIBCO strips, many handwritten"] = [path for folder in strips for path in _files(folder)]
    return {name: files for name, files in groups.items() if files}


def _files(folder: Path) -> list[Path]:
    kinds = {".png", ".tif", ".tiff", ".jpg"}
    return sorted(path for path in folder.glob("*") if path.suffix in kinds) if folder.is_dir() else []


def read(path: Path) -> Grey:
    """A page as luma."""
    return np.asarray(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE), dtype=np.uint8)


def rendered(script: str, count: int, layout: str | None = None) -> Iterator[tuple[Grey, str]]:
    """Damaged A4 pages of a script with skew up to 5 degrees, and the name of their damage."""
    for k in range(count):
        rng = np.random.default_rng((_SEED, k, len(script), ord(script[0])))
        dpi = int(rng.choice((150, 200, 300)))
        grey = render_page(rng, script=script, dpi=dpi, layout=layout).grey
        grey = turned(grey, float(rng.uniform(-5, 5)))
        kind = list(DAMAGES)[k % len(DAMAGES)]
        yield damage(grey, rng, kind, dpi), kind


def rendered_groups(count: int) -> Iterator[tuple[str, Iterator[tuple[Grey, str]]]]:
    """Group → pages, script by script."""
    for script in scripts_with_fonts():
        yield f"rendered: {script}", rendered(script, count)
        if script in ("chinese", "japanese"):
            yield f"rendered: {script}, vertical", rendered(script, max(1, count // 2), "vertical")


def few_words(script: str, count: int) -> Iterator[tuple[Grey, str]]:
    """Damaged title pages and pages of a few lines, with skew up to 4 degrees, and the name of their damage."""
    for k in range(count):
        rng = np.random.default_rng((_SEED, 3, k, *script.encode()))
        dpi = int(rng.choice((150, 200, 300)))
        grey = render_page(rng, script=script, dpi=dpi, layout=str(rng.choice(("sparse", "sparse", "title")))).grey
        kind = str(rng.choice(list(DAMAGES)))
        yield damage(turned(grey, float(rng.uniform(-4, 4))), rng, kind, dpi), kind


def few_words_groups(count: int) -> Iterator[tuple[str, Iterator[tuple[Grey, str]]]]:
    """Latin, and the other scripts together."""
    others = [script for script in scripts_with_fonts() if script != "latin"]
    yield "rendered, a few words: latin", few_words("latin", 3 * count)
    yield "rendered, a few words: other scripts", (page for script in others for page in few_words(script, count))


def skewed(grey: Grey, number: int, limit_deg: float) -> Grey:
    """The page with a skew of up to ``limit_deg``, at least half of it."""
    rng = np.random.default_rng((_SEED, number))
    return turned(grey, float(rng.choice((-1, 1)) * rng.uniform(0.5, 1.0) * limit_deg))


def without_text(count: int) -> Iterator[tuple[str, Grey]]:
    """Pages on which there is nothing to be right about."""
    for kind in NON_TEXT:
        for k in range(count):
            rng = np.random.default_rng((_SEED, k, len(kind)))
            grey = non_text_page(rng, kind, 1754, 1240)
            yield kind, damage(grey, rng, str(rng.choice(("clean", "scan", "noise", "fax", "jpeg"))), 150)
