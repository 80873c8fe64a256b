"""Rendered lines of known text in several alphabets, and what becomes of each sign."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from lab.benchmarks.upsample.cases import Samples
from lab.benchmarks.upsample.measures import kept
from lab.pages.fonts import SAMPLES, Face, faces
from lab.pages.vocabulary import BY_SCRIPT
from lab.pages.words import UNSPACED, Words

_SHAPE = (640, 1440)
_MARGIN_PX = 60
_STYLES = ("LiberationSerif-Regular", "LiberationSans-Regular", "DejaVuSans", "NotoSerif-Regular")
_WIDE_STYLES = ("NotoSansCJK-Regular", "NotoSerifCJK-Regular")
_LANGUAGES = {
    "digits": ("eng", "latin", "english", 42),
    "German": ("deu", "latin", "german", 42),
    "French": ("fra", "latin", "french", 42),
    "Greek": ("ell", "greek", "greek", 42),
    "Russian": ("rus", "cyrillic", "russian", 42),
    "Japanese": ("jpn", "japanese", "japanese", 46),
    "Chinese": ("chi_sim", "chinese", "chinese", 46),
}
"""Tesseract's name, script and language of the lab, size in pixels per em (10 and 11 points at 300 dpi)."""

_SAMPLES = SAMPLES | {"latin": "ag", "greek": "ωάΏς", "cyrillic": "ёж", "japanese": "のア国"}


@dataclass(frozen=True)
class Lines:
    """A sharp picture of lines and what stands in them."""

    name: str
    ocr: str
    samples: Samples
    text: str


def installed() -> set[str]:
    """Tesseract's languages on this machine."""
    done = subprocess.run(["tesseract", "--list-langs"], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def lines(sheets: int, languages: set[str], folder: Path | None = None) -> list[Lines]:
    """``sheets`` pictures of each of these languages (all, if none) that Tesseract and the fonts know.

    The fonts are those installed, or all in ``folder`` that have the signs.
    """
    known = installed()
    return [
        _drawn(name, seed, _styles(script, folder))
        for name, (ocr, script, _, _) in _LANGUAGES.items()
        for seed in range(sheets)
        if ocr in known and _styles(script, folder) and (not languages or name in languages)
    ]


def _styles(script: str, folder: Path | None) -> list[Face]:
    if folder is not None:
        found = [Face(path) for path in sorted(folder.iterdir())]
        return [face for face in found if face.covers(_SAMPLES[script])]
    named = {face.path.stem: face for face in faces(script)}
    wanted = _WIDE_STYLES if script in UNSPACED else _STYLES
    return [named[s] for s in wanted if s in named] or list(named.values())


def _drawn(name: str, seed: int, styles: list[Face]) -> Lines:
    ocr, script, language, size_px = _LANGUAGES[name]
    rng = np.random.default_rng([seed, *name.encode()])
    words = Words(rng, script)
    words.language = BY_SCRIPT[script].get(language, words.language)
    font = styles[seed % len(styles)].at(size_px)
    image = Image.new("L", _SHAPE[::-1], 255)
    draw = ImageDraw.Draw(image)
    gap = "" if script in UNSPACED else " "
    text = []
    for y in range(_MARGIN_PX, _SHAPE[0] - 2 * size_px, round(1.6 * size_px)):
        line = ""
        while True:
            word = words.number() if name == "digits" else words.word()
            longer = f"{line}{gap}{word}" if line else word
            if draw.textlength(longer, font=font) > _SHAPE[1] - 2 * _MARGIN_PX:
                break
            line = longer
        draw.text((_MARGIN_PX, y), line, font=font, fill=0)
        text.append(line)
    return Lines(name, ocr, np.asarray(image), "\n".join(text))


def changed(read: dict[str, str], truth: str, spaced: bool) -> dict[str, int]:
    """Of the signs that are read rightly in the sharp picture: replaced after one method and right after the other.

    Parameters
    ----------
    read : dict
        What was read of the pictures ``sharp``, ``bicubic`` and ``method``.
    truth : str
    spaced : bool
        Whether blanks count; Tesseract puts them anywhere in Chinese and Japanese.

    Returns
    -------
    dict
        ``signs``, ``made_wrong`` (right after bicubic, another sign after the method), ``mended`` (the reverse),
        ``wrong`` and ``wrong_by_bicubic`` (another sign or none).
    """
    truth = truth if spaced else "".join(truth.split())
    state = {who: kept(text if spaced else "".join(text.split()), truth) for who, text in read.items()}
    right, bicubic, method = (state[who] for who in ("sharp", "bicubic", "method"))
    counted = right == 1
    return {
        "signs": int(counted.sum()),
        "made_wrong": int((counted & (bicubic == 1) & (method == 0)).sum()),
        "mended": int((counted & (bicubic == 0) & (method == 1)).sum()),
        "wrong": int((counted & (method != 1)).sum()),
        "wrong_by_bicubic": int((counted & (bicubic != 1)).sum()),
    }
