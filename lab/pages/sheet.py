"""A sheet that words are set on, which remembers where each one stands."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from lab.pages.fonts import Face, families
from lab.pages.words import RIGHT_TO_LEFT, UNSPACED, Words

Box = tuple[int, int, int, int]
Font = ImageFont.FreeTypeFont
Ink = int | tuple[int, int, int]


class Line(NamedTuple):
    """A line of text: its words joined in reading order, its box, and the y of its baseline (None if vertical)."""

    text: str
    box: Box
    baseline_px: int | None


class Style(NamedTuple):
    """A face at a size, with the fonts that the page's figures fall back to."""

    font: Font
    size_px: int
    leading_px: int
    ink: Ink


class Sheet:
    """Paper to set type on.

    Parameters
    ----------
    rng : numpy.random.Generator
    script : str
    dpi : int
    size_mm : tuple of float
        Width and height of the paper.
    body_pt : float, optional
        Size of running text; 8 to 13 points by default.
    colour : bool
        Whether inks and pictures may have a colour.
    """

    def __init__(
        self,
        rng: np.random.Generator,
        script: str,
        dpi: int,
        size_mm: tuple[float, float],
        body_pt: float | None = None,
        colour: bool = False,
    ) -> None:
        self.rng, self.script, self.dpi, self.colour = rng, script, dpi, colour
        self.width, self.height = (max(1, round(mm / 25.4 * dpi)) for mm in size_mm)
        paper: Ink = (255, 255, 255) if colour else 255
        self.image = Image.new("RGB" if colour else "L", (self.width, self.height), paper)
        self.draw = ImageDraw.Draw(self.image)
        self.words: list[tuple[str, Box]] = []
        self.lines: list[Line] = []
        known = families(script)
        if not known:
            raise LookupError(f"no font of this machine writes {script}")
        self._styles = known[str(rng.choice(list(known)))]
        self._heading = known[str(rng.choice(list(known)))] if rng.random() < 0.4 else self._styles
        self.words_of = Words(rng, script, self._styles["Regular"].covers)
        self._plain = _figures(script)
        self.italic = False
        dense = script in UNSPACED or script == "korean"
        self.body_pt = float(rng.uniform(9 if dense else 8, 12.5)) if body_pt is None else body_pt
        self.leading = float(rng.uniform(1.5, 1.9) if script in ("arabic", "devanagari") else rng.uniform(1.12, 1.6))
        self.right_to_left = script in RIGHT_TO_LEFT
        self._lengths: dict[tuple[str, int], float] = {}

    def mm(self, value: float) -> int:
        """Millimetres to pixels."""
        return round(value / 25.4 * self.dpi)

    def style(
        self, scale: float = 1.0, variant: str = "Regular", heading: bool = False, ink: Ink | None = None
    ) -> Style:
        """Type of ``scale`` times the body's size."""
        faces = self._heading if heading else self._styles
        if self.italic and variant == "Regular":
            variant = "Italic"
        wanted = (variant, variant.replace("Italic", "Oblique"), "Bold" if "Bold" in variant else "Regular")
        face = next(faces[v] for v in (*wanted, "Regular") if v in faces)
        size = max(5, round(self.body_pt * scale / 72 * self.dpi))
        default: Ink = (12, 12, 12) if self.colour else 10
        nastaliq = 1.5 if "Nastaliq" in face.family else 1.0
        return Style(face.at(size), size, round(size * self.leading * nastaliq), default if ink is None else ink)

    def length(self, text: str, style: Style) -> float:
        """Advance width of a word in pixels."""
        key = (text, id(style.font))
        if key not in self._lengths:
            self._lengths[key] = self._font(text, style).getlength(text)
        return self._lengths[key]

    def _font(self, text: str, style: Style) -> Font:
        """The style's font, or a plain one for figures that it lacks."""
        if self._plain is not None and text.isascii():
            return self._plain.at(style.size_px)
        return style.font

    def space(self, style: Style) -> float:
        """Width of the gap between words."""
        return 0.0 if self.script in UNSPACED else style.size_px * 0.27

    def put(self, x: float, baseline: int, text: str, style: Style) -> Box | None:
        """Set one word with its left end at ``x``; None when nothing of it falls on the sheet."""
        font = self._font(text, style)
        left, top, right, bottom = font.getbbox(text, anchor="ls")
        at = round(x)
        box = (
            max(0, int(at + left)),
            max(0, int(baseline + top)),
            min(self.width, int(np.ceil(at + right))),
            min(self.height, int(np.ceil(baseline + bottom))),
        )
        if box[0] >= box[2] or box[1] >= box[3]:
            return None
        self.draw.text((at, baseline), text, font=font, fill=style.ink, anchor="ls")
        self.words.append((text, box))
        return box

    def line(self, x: int, baseline: int, width: int, words: list[str], style: Style, align: str = "start") -> None:
        """Set words on one baseline between ``x`` and ``x + width``.

        ``align`` is start, end, centre or justify; start is the right edge in scripts that run to the left.
        """
        if not words:
            return
        gap = self.space(style)
        lengths = [self.length(w, style) for w in words]
        slack = width - sum(lengths) - gap * (len(words) - 1)
        if align == "justify" and len(words) > 1:
            gap, slack = gap + slack / (len(words) - 1), 0.0
        shift = {"end": slack, "centre": slack / 2}.get(align, 0.0)
        boxes = []
        cursor = shift
        for word, length in zip(words, lengths, strict=True):
            left = x + width - cursor - length if self.right_to_left else x + cursor
            box = self.put(left, baseline, word, style)
            if box is not None:
                boxes.append(box)
            cursor += length + gap
        if boxes:
            joint = "" if self.script in UNSPACED else " "
            self.lines.append(Line(joint.join(words), union(boxes), baseline))

    def broken(self, words: list[str], width: int, style: Style, indent: float = 0.0) -> list[list[str]]:
        """Break words into lines of at most ``width`` pixels."""
        lines: list[list[str]] = [[]]
        used = indent
        gap = self.space(style)
        for word in words:
            length = self.length(word, style)
            if lines[-1] and used + length > width:
                lines.append([])
                used = 0.0
            lines[-1].append(word)
            used += length + gap
        return lines

    def paragraph(
        self,
        x: int,
        y: int,
        width: int,
        words: list[str],
        style: Style,
        *,
        bottom: int | None = None,
        align: str = "justify",
        indent: float = 0.0,
    ) -> int:
        """Set words in lines from ``y`` down, none below ``bottom``; gives the y where the next block may start."""
        limit = self.height if bottom is None else bottom
        broken = self.broken(words, width, style, indent)
        baseline = y + round(style.size_px * 0.9)
        for k, line in enumerate(broken):
            if baseline + style.size_px * 0.25 > limit:
                break
            last = k == len(broken) - 1
            shift = round(indent) if k == 0 else 0
            left = x if self.right_to_left else x + shift
            self.line(left, baseline, width - shift, line, style, "start" if last and align == "justify" else align)
            baseline += style.leading_px
        return baseline - round(style.size_px * 0.9)

    def rule(self, x0: int, y0: int, x1: int, y1: int, thickness_pt: float = 0.5, ink: Ink | None = None) -> None:
        """A straight rule."""
        default: Ink = (20, 20, 20) if self.colour else 20
        thick = max(1, round(thickness_pt / 72 * self.dpi))
        self.draw.line((x0, y0, x1, y1), fill=default if ink is None else ink, width=thick)


def _figures(script: str) -> Face | None:
    """A plain face for ASCII words, when the script's own faces lack figures."""
    regular = next(iter(families(script).values()))["Regular"]
    if all(styles["Regular"].covers("0a.") for styles in families(script).values()):
        return None
    latin = families("latin")
    if not latin:
        return regular
    return latin.get("LiberationSans", next(iter(latin.values())))["Regular"]


def union(boxes: list[Box]) -> Box:
    """The smallest box around all."""
    x0, y0, x1, y1 = zip(*boxes, strict=True)
    return min(x0), min(y0), max(x1), max(y1)
