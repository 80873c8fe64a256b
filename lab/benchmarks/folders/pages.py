"""The pages of this benchmark: rendered, damaged as a scanner does, turned by angles that are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lab.pages import damage, render_page
from lab.training.orient.bank import turned
from recto import codec
from recto.raster import Dpi, Page

DIFFERENT = 24
"""Pages that are rendered; the others are these, turned otherwise."""

PAPERS = {"A4": (210.0, 297.0), "A5": (148.0, 210.0), "A6": (105.0, 148.0)}
"""Names and width and height in millimetres."""

MOST_DEG = 3.0


def make_pages(place: Path, count: int, paper: str, dpi: int) -> tuple[Path, Path]:
    """A folder of so many pages, and one PDF of the same; those that are there are used again."""
    name = f"{paper}-{dpi}-{count}"
    folder, document = place / name, place / f"{name}.pdf"
    if document.exists():
        return folder, document
    folder.mkdir(parents=True, exist_ok=True)
    drawn = [straight_page(k, paper, dpi) for k in range(min(count, DIFFERENT))]
    with document.with_suffix(".part").open("wb") as file, codec.PdfWriter(file) as writer:
        for k in range(count):
            page = Page.of(turned(drawn[k % len(drawn)], angle_of(k)), Dpi(dpi, dpi))
            (folder / f"page {k:05d}.png").write_bytes(codec.encode_png(page))
            writer.add(page)
    document.with_suffix(".part").rename(document)
    return folder, document


def angle_of(number: int) -> float:
    """How far a page is turned clockwise, in degrees."""
    return float(np.random.default_rng((53, number)).uniform(-MOST_DEG, MOST_DEG))


def straight_page(number: int, paper: str, dpi: int) -> NDArray[np.uint8]:
    """A page before it is turned."""
    rng = np.random.default_rng((52, number))
    return damage(render_page(rng, dpi=dpi, size_mm=size_mm(paper)).grey, rng, "scan", dpi)


def size_mm(paper: str) -> tuple[float, float]:
    """Of ``A4``, or of ``51x68``."""
    if paper in PAPERS:
        return PAPERS[paper]
    width, height = paper.split("x")
    return float(width), float(height)
