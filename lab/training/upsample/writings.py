"""Sheets of what is rare on scanned pages: Han and kana, Greek and other accents, forms."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from lab.training.upsample.sheets import Samples, fonts, needed, scanned

_EAST = ("NotoSansCJK-*.ttc", "NotoSerifCJK-*.ttc")
_EAST_EXTRA = ("ukai.ttc", "ipag.ttf", "ipagp.ttf")
_GREEK = ("Liberation*-*.ttf", "DejaVuS*.ttf", "NotoSans-*.ttf", "NotoSerif-*.ttf", "NotoSerifDisplay-*.ttf")
_GREEK_EXTRA = ("GFSArtemisia*.otf",)
_POLYTONIC_FROM = ("DejaVuS", "NotoS", "GFS")
_SMALL = ("LiberationSans*-*.ttf", "NotoSans-*.ttf", "DejaVuSansCondensed.ttf", "NimbusSans*.otf")
_TYPED = ("LiberationMono-*.ttf", "DejaVuSansMono*.ttf", "NimbusMonoPS-*.otf")
_TYPED_EXTRA = ("Courier Prime*.otf",)
_KANA = "".join(chr(k) for k in (*range(0x3042, 0x3094), *range(0x30A2, 0x30F5)))
_STOPS = "。、，？「」（）"
_LOWER = "αβγδεζηθικλμνξοπρστυφχψω"
_VOWELS = "αεηιουω"
_TONOS = "άέήίόύώϊϋΐΰ"
_UPPER = "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩΆΈΉΊΌΎΏ"
_POLYTONIC = "ἀἁἄἅὰᾶἐἑἔἕὲἠἡἤἥὴῆἰἱἴἵὶῖὀὁὄὅὸὐὑὔὕὺῦὠὡὤὥὼῶᾳῃῳᾷῇῷῥἈἉἌἘἙἨἩἸὈὉὙὨὩ"
_OTHERS = (
    "абвгдежзийклмнопрстуфхцчшщъыьэюяёіїєђљњќўґ",
    "abcdefghijklmnopqrstuvwxyzàáâãäåæçèéêëìíîïñòóôõöøœùúûüýÿßăąćčďđěęğıłńňőřśşšťůűźżž",
    "AÀÁÂÄBCÇDEÉÈÊFGĞHIÍÎİJKLŁMNÑOÓÖÔPRSŠŞTUÜÚVWXYZŽ0123456789.,:;-/()%€§&",
)

Paragraph = Callable[[ImageDraw.ImageDraw, int, Path, int], int]
"""Draws at a height with a font at a size in px; where the next one goes."""


@cache
def _common_han(simplified: bool) -> str:
    """The Han of the first level of JIS X 0208 and, if ``simplified``, of GB 2312: some 5,000 signs in daily use."""
    encodings = (("euc_jp", 0xD0), ("gb2312", 0xD8)) if simplified else (("euc_jp", 0xD0),)
    found = {
        bytes((row, cell)).decode(encoding, "ignore")
        for encoding, end in encodings
        for row in range(0xB0, end)
        for cell in range(161, 255)
    }
    return "".join(sorted(found - {""}))


def _faces(patterns: tuple[str, ...], extra: Path | None, more: tuple[str, ...]) -> list[Path]:
    return fonts(patterns) + (sorted(p for name in more for p in extra.rglob(name)) if extra else [])


def _picked(signs: str, rng: np.random.Generator, count: int) -> str:
    return "".join(signs[k] for k in rng.integers(0, len(signs), count))


def east_asian_run(rng: np.random.Generator, simplified: bool) -> str:
    """Some signs as they may stand side by side, without a space."""
    kind, han = rng.random(), _common_han(simplified)
    if kind < 0.62:
        return _picked(han, rng, int(rng.integers(2, 9)))
    if kind < 0.84:
        return _picked(han, rng, int(rng.integers(1, 3))) + _picked(_KANA, rng, int(rng.integers(1, 7)))
    if kind < 0.9:
        return _picked("0123456789年月日", rng, int(rng.integers(1, 6)))
    if kind < 0.95 or not simplified:
        return _picked(_STOPS, rng, 1)
    return "".join(chr(int(k)) for k in rng.integers(0x4E00, 0x9FA0, 3))


def greek_word(rng: np.random.Generator, polytonic: bool) -> str:
    """Letters that look like a word, one of them accented."""
    length = int(rng.integers(1, 11))
    if rng.random() < 0.12:
        return _picked(_UPPER, rng, length)
    letters = list(_picked(_LOWER + _VOWELS * 2, rng, length))
    if rng.random() < 0.85:
        letters[int(rng.integers(length))] = _picked(_POLYTONIC if polytonic else _TONOS, rng, 1)
    if rng.random() < 0.3:
        letters[-1] = "ς"
    return "".join(letters) + _picked(",.·;", rng, 1) * int(rng.random() < 0.12)


def _set(rng: np.random.Generator, files: list[Path], paragraph: Paragraph, side_px: int, scans: float) -> Samples:
    """Paragraphs below each other, 22 to 64 px to an em; a share of the sheets as scanned."""
    image = Image.new("L", (side_px, side_px), 255)
    draw = ImageDraw.Draw(image)
    y = int(rng.integers(-20, 10))
    while files and y < side_px:
        file = files[int(rng.integers(len(files)))]
        y = paragraph(draw, y, file, round(float(np.exp(rng.uniform(np.log(22), np.log(64))))))
    sheet = np.asarray(image).copy()
    return scanned(sheet, rng) if rng.random() < scans else sheet


def east_asian_sheet(rng: np.random.Generator, extra: Path | None, side_px: int = 1024) -> Samples:
    """Lines of Han and kana, 22 to 64 px to a sign, antialiased or thresholded."""

    def paragraph(draw: ImageDraw.ImageDraw, y: int, file: Path, size_px: int) -> int:
        simplified = not file.name.startswith("ipa")
        index = int(rng.integers(4)) if file.suffix == ".ttc" else 0
        font = ImageFont.truetype(str(file), size_px, index=index)
        lines, ink = int(rng.integers(1, 4)), 0 if rng.random() < 0.8 else int(rng.integers(0, 90))
        for _ in range(lines):
            text = "".join(east_asian_run(rng, simplified) for _ in range(2 + side_px // (3 * size_px)))
            draw.text((int(rng.integers(-20, 20)), y), text, font=font, fill=ink)
            y += round(size_px * float(rng.uniform(1.1, 1.7)))
        return y

    return _set(rng, _faces(_EAST, extra, _EAST_EXTRA), paragraph, side_px, scans=0.3)


def greek_sheet(rng: np.random.Generator, extra: Path | None, side_px: int = 1024) -> Samples:
    """Lines of Greek, half of them with breathings, and of other accents, 22 to 64 px to an em."""

    def paragraph(draw: ImageDraw.ImageDraw, y: int, file: Path, size_px: int) -> int:
        font = ImageFont.truetype(str(file), size_px)
        other = "GFS" not in file.name and rng.random() < 0.3
        polytonic = file.name.startswith(_POLYTONIC_FROM) and rng.random() < 0.5
        signs = _OTHERS[int(rng.integers(len(_OTHERS)))]
        for _ in range(int(rng.integers(1, 4))):
            words = [
                _picked(signs, rng, int(rng.integers(1, 11))) if other else greek_word(rng, polytonic)
                for _ in range(2 + int(side_px // (2.5 * size_px)))
            ]
            draw.text((int(rng.integers(-40, 20)), y), " ".join(words), font=font, fill=0)
            y += round(size_px * float(rng.uniform(1.05, 1.6)))
        return y

    return _set(rng, _faces(_GREEK, extra, _GREEK_EXTRA), paragraph, side_px, scans=0.35)


def form_sheet(rng: np.random.Generator, extra: Path | None, side_px: int = 1024) -> Samples:
    """Small sans and typewriting in boxes, a 1-bit copy or a copy of one, 7 to 12 points at 300 dpi."""
    printed = needed(fonts(_SMALL), _SMALL)
    typed = needed(_faces(_TYPED, extra, _TYPED_EXTRA), _TYPED)
    image = Image.new("L", (side_px, side_px), 255)
    draw = ImageDraw.Draw(image)
    y = int(rng.integers(-30, 10))
    while y < side_px:
        files = typed if rng.random() < 0.45 else printed
        size_px = int(rng.integers(36, 50)) if files is typed else int(rng.integers(27, 46))
        font = ImageFont.truetype(str(files[int(rng.integers(len(files)))]), size_px)
        x = float(rng.integers(-30, 60))
        while x < side_px:
            word = _form_word(rng)
            draw.text((x, y), word, font=font, fill=0)
            x += draw.textlength(word + " ", font=font) + (rng.random() < 0.1) * float(rng.uniform(20, 200))
        y += round(size_px * float(rng.uniform(1.15, 1.9)))
        if rng.random() < 0.35:
            draw.line((0, y - 4, side_px, y - 4), fill=0, width=int(rng.integers(1, 5)))
    for x in rng.integers(0, side_px, int(rng.integers(0, 5))):
        draw.line((int(x), 0, int(x), side_px), fill=0, width=int(rng.integers(1, 5)))
    sheet = scanned(np.asarray(image), rng)
    return scanned(sheet, rng) if rng.random() < 0.6 else sheet


def _form_word(rng: np.random.Generator) -> str:
    length, kind = int(rng.integers(1, 10)), rng.random()
    if kind < 0.55:
        word = _picked("eeeeetttaaaooiinnsshhrrddllccuummffppggwwyybbvvkxjqz", rng, length)
        return word.capitalize() if rng.random() < 0.4 else word
    if kind < 0.75:
        return _picked("ABCDEFGHIJKLMNOPQRSTUVWXYZ", rng, length)
    return _picked("01234567890123456789.,-/:#$%()", rng, length)
