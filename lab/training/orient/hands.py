"""Leaves that look written: lines that waver, words of uneven size, slants, nibs, ink that shows through.

Hand-like fonts come from the folder in ``LAB_HANDS``, if it is set; the usual ones are written with, too. Half of the
leaves are set evenly all the same: titles, capitals and figures of a few words, which pages of text hold few of.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from lab.pages import NON_TEXT
from lab.pages.fonts import SAMPLES, Face, faces, scripts_with_fonts
from lab.pages.words import RIGHT_TO_LEFT, UNSPACED, Words

Grey = NDArray[np.uint8]
Rng = np.random.Generator
_SAMPLES = SAMPLES | {"latin": "agR", "cyrillic": "ёж"}
"""Hands seldom have the rarer letters."""
_SHARES = {"latin": 5.0, "greek": 1.5, "korean": 1.2, "arabic": 1.2, "devanagari": 1.2}
_OFTEN_APART = frozenset({"latin", "cyrillic", "greek", "korean", "chinese", "japanese", "hebrew"})


@cache
def hands(script: str) -> dict[str, tuple[Face, ...]]:
    """Faces of the folder ``LAB_HANDS`` that can write ``script``, by how their names begin."""
    folder = os.environ.get("LAB_HANDS")
    grouped: dict[str, tuple[Face, ...]] = {}
    for path in sorted(Path(folder).rglob("*.[ot]tf")) if folder else ():
        face = Face(path)
        if face.covers(_SAMPLES[script]):
            kin = path.stem[:6]
            grouped[kin] = (*grouped.get(kin, ()), face)
    return grouped


def leaf(rng: Rng) -> tuple[Grey, str]:
    """A clean leaf, upright but for what a hand does, and its script: uint8, sides of 600 to 1,200 pixels."""
    known = scripts_with_fonts()
    weights = np.array([_SHARES.get(script, 0.5) for script in known])
    script = str(rng.choice(known, p=weights / weights.sum()))
    face = _face(rng, script)
    height, width = (int(side) for side in rng.integers(600, 1200, 2))
    wild = float(rng.uniform(0.3, 1.0)) if rng.random() < 0.6 else 0.0
    page = _written(rng, script, face, (height, width), wild)
    if wild:
        page = _wavered(_nibbed(page, rng), rng, wild)
        if rng.random() < 0.35:
            page = _shown_through(page, rng)
    if rng.random() < 0.15:
        tall, wide = int(height * rng.uniform(0.2, 0.5)), int(width * rng.uniform(0.3, 0.8))
        y, x = int(rng.integers(height - tall)), int(rng.integers(width - wide))
        page[y : y + tall, x : x + wide] = NON_TEXT[str(rng.choice(("photograph", "line_art")))](rng, tall, wide)
    return page, script


def _face(rng: Rng, script: str) -> Face:
    grouped = hands(script)
    if grouped and rng.random() < 0.7:
        family = grouped[str(rng.choice(list(grouped)))]
        return family[int(rng.integers(len(family)))]
    usual = faces(script)
    slanted = tuple(face for face in usual if "Italic" in face.style or "Oblique" in face.style)
    some = slanted if slanted and rng.random() < 0.4 else usual
    return some[int(rng.integers(len(some)))]


def _written(rng: Rng, script: str, face: Face, shape: tuple[int, int], wild: float) -> Grey:
    """Lines of words on white paper."""
    height, width = shape
    image = Image.new("L", (width, height), 255)
    draw = ImageDraw.Draw(image)
    words = Words(rng, script, face.covers)
    words.capitals = words.capitals or rng.random() < 0.25
    words.long_s = script == "latin" and rng.random() < 0.2 and face.covers("ſ")
    size = int(rng.integers(22, 40))
    leading = size * float(rng.uniform(1.2, 2.2) if script in ("arabic", "devanagari") else rng.uniform(0.95, 2.0))
    count = int(rng.integers(1, 4)) if rng.random() < 0.25 else 40
    apart = wild > 0 and script in _OFTEN_APART and rng.random() < 0.4
    margin = float(rng.uniform(0.02, 0.15)) * width
    baseline = float(rng.uniform(1.2, 3.0)) * size
    for _ in range(count):
        end = width - margin if rng.random() < 0.8 else rng.uniform(0.3, 0.9) * width
        cursor = margin + wild * float(rng.uniform(0, 1.5)) * size
        drift = wild * float(rng.normal(0, 0.015))
        for word in words.prose(14) if rng.random() < 0.9 else [words.number() for _ in range(4)]:
            if not face.covers(word):
                continue
            font = face.at(max(8, round(size * (1 + wild * float(rng.normal(0, 0.08))))))
            y = baseline + drift * cursor + wild * float(rng.normal(0, 0.06)) * size
            for part in word if apart else (word,):
                shaken = y + (wild * float(rng.normal(0, 0.04)) * size if apart else 0)
                length = font.getlength(part)
                if cursor + length > end:
                    break
                left = width - cursor - length if script in RIGHT_TO_LEFT else cursor
                draw.text((left, shaken), part, font=font, fill=10, anchor="ls")
                cursor += length + (wild * float(rng.normal(0, 0.02)) * size if apart else 0)
            if script not in UNSPACED:
                cursor += size * (0.27 + wild * float(rng.uniform(-0.05, 0.4)))
        baseline += leading * (1 + wild * float(rng.normal(0, 0.08)))
        if baseline > height - 0.4 * size:
            break
    return np.array(image, dtype=np.uint8)


def _nibbed(page: Grey, rng: Rng) -> Grey:
    """Strokes of a broad nib held aslant, of a round one, or of a fine one; soft at their edges."""
    draw = rng.random()
    if draw < 0.4:
        side = int(rng.integers(2, 5))
        nib = np.eye(side, dtype=np.uint8)
        page = np.asarray(cv2.erode(page, nib if rng.random() < 0.2 else nib[:, ::-1].copy()), dtype=np.uint8)
    elif draw < 0.6:
        page = np.asarray(cv2.erode(page, np.ones((2, 2), np.uint8)), dtype=np.uint8)
    elif draw < 0.7:
        page = np.asarray(cv2.dilate(page, np.ones((2, 1), np.uint8)), dtype=np.uint8)
    return np.asarray(cv2.GaussianBlur(page, (0, 0), float(rng.uniform(0.4, 1.2))), dtype=np.uint8)


def _wavered(page: Grey, rng: Rng, wild: float) -> Grey:
    """Slanted, and bent a little, at the scale of lines and of letters."""
    height, width = page.shape
    slant = float(np.clip(rng.normal(0.1, 0.25), -0.4, 0.7))
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    x += np.float32(slant) * (y - height / 2)
    for cells_px, amplitude in ((120, 5.0), (28, 1.3)):
        cells = (height // cells_px + 3, width // cells_px + 3)
        for axis in (x, y):
            coarse = rng.normal(0, wild * amplitude, cells).astype(np.float32)
            axis += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(cv2.remap(page, x, y, cv2.INTER_LINEAR, borderValue=255), dtype=np.uint8)


def _shown_through(page: Grey, rng: Rng) -> Grey:
    """The other side of the leaf, mirrored and paler."""
    back = np.roll(page[:, ::-1], tuple(int(v) for v in rng.integers(-60, 60, 2)), (0, 1))
    back = cv2.GaussianBlur(np.ascontiguousarray(back), (0, 0), float(rng.uniform(0.8, 2.5))).astype(np.float32)
    pale = 255 - (255 - back) * np.float32(rng.uniform(0.15, 0.5))
    return np.minimum(page, pale).astype(np.uint8)
