"""Render a page of text with the places of its words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lab.pages.layouts import LAYOUTS
from lab.pages.sheet import Box, Line, Sheet

_USUAL = tuple(name for name in LAYOUTS if name != "vertical")


@dataclass(frozen=True)
class RenderedPage:
    """A page that the lab made.

    Attributes
    ----------
    grey : uint8 ndarray, shape (H, W)
        0 ink to 255 paper, straight and clean.
    colour : uint8 ndarray, shape (H, W, 3), or None
        R, G, B; only when asked for.
    words : list of (str, (x0, y0, x1, y1))
        In the order in which they were set (reading order inside a block); boxes in pixels around the ink,
        the far edges exclusive.
    lines : list of Line
        Text, box and baseline of each line.
    script, layout, language : str
    dpi : int
    """

    grey: NDArray[np.uint8]
    colour: NDArray[np.uint8] | None
    words: list[tuple[str, Box]]
    lines: list[Line]
    script: str
    layout: str
    language: str
    dpi: int

    @property
    def text(self) -> str:
        """The lines, one under the other."""
        return "\n".join(line.text for line in self.lines)


def render_page(
    rng: np.random.Generator,
    *,
    script: str = "latin",
    dpi: int = 300,
    size_mm: tuple[float, float] = (210, 297),
    layout: str | None = None,
    body_pt: float | None = None,
    colour: bool = False,
    archaic: bool = False,
) -> RenderedPage:
    """Render one page.

    Parameters
    ----------
    rng : numpy.random.Generator
        The same state gives the same page on the same machine (fonts differ from machine to machine).
    script : str
        One of ``SCRIPTS``.
    dpi : int
    size_mm : tuple of float
        Width and height.
    layout : str, optional
        One of ``LAYOUTS``; any but ``vertical`` by default.
    body_pt : float, optional
        Size of running text in points; 8 to 12.5 by default (headings are larger).
    colour : bool
        Also give coloured inks and pictures.
    archaic : bool
        Set it as old printers did: the long s, and half of the time everything in italics.

    Raises
    ------
    LookupError
        No font of this machine writes the script.
    KeyError
        There is no such layout.
    """
    chosen = str(rng.choice(_USUAL)) if layout is None else layout
    sheet = Sheet(rng, script, dpi, size_mm, body_pt, colour)
    if archaic:
        sheet.words_of.long_s = True
        sheet.italic = bool(rng.random() < 0.5)
    LAYOUTS[chosen](sheet)
    grey = np.array(sheet.image.convert("L"), dtype=np.uint8)
    tinted = np.array(sheet.image, dtype=np.uint8) if colour else None
    return RenderedPage(grey, tinted, sheet.words, sheet.lines, script, chosen, sheet.words_of.name, dpi)
