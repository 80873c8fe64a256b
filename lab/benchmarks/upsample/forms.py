"""Rendered forms as poor copies keep them: small print and typewriting in boxes, some of it as if by hand."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from lab.benchmarks.upsample.cases import Samples, Whole
from lab.pages.fonts import Face, faces
from lab.pages.vocabulary import BY_SCRIPT
from lab.pages.words import Words

_DPI, _SMALL_DPI = 300, 90
_SIZE = (2550, 3300)
_MARGIN_PX = 150
_PRINTED = ("LiberationSans-Regular", "LiberationSans-Bold", "LiberationSansNarrow-Regular", "LiberationSerif-Regular")
_TYPED = ("LiberationMono-Regular", "LiberationMono-Bold")
_HAND = Path("/usr/share/fonts/opentype/urw-base35/Z003-MediumItalic.otf")


class _Form:
    """A sheet that is filled from the top, with what stands on it."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng, self.words = rng, Words(rng, "latin")
        self.words.language = BY_SCRIPT["latin"]["english"]
        self.image = Image.new("L", _SIZE, 255)
        self.draw = ImageDraw.Draw(self.image)
        self.text: list[str] = []
        named = {face.path.stem: face for face in faces("latin")}
        self.printed = _chosen(rng, named, _PRINTED)
        self.typed = _chosen(rng, named, _TYPED)

    def put(self, x: float, y: int, words: list[str], font: ImageFont.FreeTypeFont, right: float) -> int:
        """Words on one line as far as they fit before ``right``; the height of the line."""
        for word in words:
            wide = self.draw.textlength(word + " ", font=font)
            if x + wide > right:
                break
            self.draw.text((x, y), word, font=font, fill=0)
            self.text.append(word)
            x += wide
        return round(font.size * 1.25)

    def print_(self, size_pt: float) -> ImageFont.FreeTypeFont:
        return self.printed.at(round(size_pt * _DPI / 72))

    def answer(self) -> tuple[list[str], ImageFont.FreeTypeFont]:
        """What was filled in: typed, or now and then written."""
        words = [self.words.number() if self.rng.random() < 0.4 else w for w in self.words.title(4)]
        if self.rng.random() < 0.15 and _HAND.exists():
            return words, ImageFont.truetype(str(_HAND), round(15 * _DPI / 72))
        return words, self.typed.at(round(float(self.rng.uniform(9.5, 11)) * _DPI / 72))


def _chosen(rng: np.random.Generator, named: dict[str, Face], wanted: tuple[str, ...]) -> Face:
    known = [named[name] for name in wanted if name in named] or list(named.values())
    return known[int(rng.integers(len(known)))]


def _heading(form: _Form, y: int) -> int:
    words = form.words.title(4, upper=bool(form.rng.random() < 0.6))
    y += form.put(_MARGIN_PX + form.rng.integers(0, 500), y, words, form.print_(13), _SIZE[0] - _MARGIN_PX) + 20
    return y


def _fields(form: _Form, y: int) -> int:
    """Boxes side by side: a small label at the top, the answer under it."""
    count = int(form.rng.integers(1, 4))
    edges = np.linspace(_MARGIN_PX, _SIZE[0] - _MARGIN_PX, count + 1).astype(int)
    tall = 140
    for left, right in pairwise(edges.tolist()):
        form.draw.rectangle((left, y, right, y + tall), outline=0, width=3)
        label = [*form.words.title(int(form.rng.integers(1, 4)))]
        label[-1] += ":"
        form.put(left + 12, y + 6, label, form.print_(7.5), right - 10)
        words, font = form.answer()
        form.put(left + 30, y + 62, words, font, right - 10)
    return y + tall


def _listed(form: _Form, y: int) -> int:
    """A label and its answer on a line to write on."""
    font = form.print_(9)
    label = form.words.title(2)
    label[-1] += ":"
    form.put(_MARGIN_PX, y, label, font, 900)
    words, filled = form.answer()
    form.put(930, y - 6, words, filled, _SIZE[0] - _MARGIN_PX)
    form.draw.line((910, y + 50, _SIZE[0] - _MARGIN_PX, y + 50), fill=0, width=2)
    return y + 78


def _note(form: _Form, y: int) -> int:
    """Small print across the form."""
    font = form.print_(8)
    for _ in range(int(form.rng.integers(2, 5))):
        y += form.put(_MARGIN_PX, y, form.words.prose(30), font, _SIZE[0] - _MARGIN_PX)
    return y + 30


def _table(form: _Form, y: int) -> int:
    edges = np.linspace(_MARGIN_PX, _SIZE[0] - _MARGIN_PX, int(form.rng.integers(4, 7))).astype(int).tolist()
    rows = int(form.rng.integers(3, 7))
    for row in range(rows):
        form.draw.rectangle((edges[0], y, edges[-1], y + 64), outline=0, width=2)
        for left, right in pairwise(edges):
            form.draw.line((left, y, left, y + 64), fill=0, width=2)
            font = form.print_(8) if row == 0 else form.typed.at(38)
            words = form.words.title(2) if row == 0 else [form.words.amount()]
            form.put(left + 14, y + 12, words, font, right - 6)
        y += 64
    return y + 40


def _drawn(rng: np.random.Generator) -> tuple[Samples, str]:
    form = _Form(rng)
    parts = (_fields, _fields, _listed, _listed, _note, _table)
    y = _heading(form, _MARGIN_PX)
    while y < _SIZE[1] - 600:
        y = parts[int(rng.integers(len(parts)))](form, y)
    return np.asarray(form.image), " ".join(form.text)


def _copied(sharp: Samples, rng: np.random.Generator) -> Samples:
    """A 1-bit copy of a copy, with grain and specks, kept as a small grey JPEG."""
    copy: NDArray[np.float32] = sharp.astype(np.float32)
    for _ in range(2):
        copy = cv2.GaussianBlur(copy, (0, 0), float(rng.uniform(0.9, 1.4))).astype(np.float32)
        copy += cv2.GaussianBlur(rng.normal(0, 60, copy.shape).astype(np.float32), (0, 0), 1.0)
        copy = np.where(copy < rng.uniform(110, 165), 0, 255).astype(np.float32)
    copy[rng.random(copy.shape) < rng.uniform(0, 4e-4)] = 0
    shape = tuple(round(n * _SMALL_DPI / _DPI) for n in _SIZE)
    small = np.asarray(Image.fromarray(copy).resize(shape, Image.Resampling.BILINEAR))
    grey = np.clip(np.rint(small + rng.normal(0, 2, small.shape)), 0, 255).astype(np.uint8)
    data = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, 80])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), dtype=np.uint8)


def forms(count: int) -> list[Whole]:
    """Seeded forms of letter size at 90 dpi, with the words on them."""
    made = []
    for seed in range(count):
        rng = np.random.default_rng([seed, 90])
        sharp, text = _drawn(rng)
        made.append(Whole(f"form {seed}", _copied(sharp, rng), text, _SMALL_DPI))
    return made
