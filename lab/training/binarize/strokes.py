"""Strokes of ink: printed lines in many scripts, titles, rules, filled boxes, and hands imitated by splines."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from lab.pages.fonts import Face, faces, scripts_with_fonts
from lab.pages.words import RIGHT_TO_LEFT, UNSPACED, Words

Coverage = NDArray[np.uint8]
SIDE_PX = 640


def strokes(rng: np.random.Generator) -> Coverage:
    """A square of ``SIDE_PX``: 0 no ink, 255 full ink, with the soft edges of a renderer."""
    kind = rng.random()
    if kind < 0.3:
        return hand(rng)
    if kind < 0.4:
        return _both(hand(rng), _rules(rng))
    sheet = printed(rng)
    if rng.random() < 0.2:
        sheet = _both(sheet, _rules(rng))
    if rng.random() < 0.2:
        sheet = _with_box(rng, sheet)
    return sheet


def printed(rng: np.random.Generator) -> Coverage:
    """Lines of made-up words; sizes from 9 to 240 px per em."""
    scripts = scripts_with_fonts()
    script = "latin" if rng.random() < 0.6 else str(rng.choice(scripts))
    known = faces(script)
    face: Face = known[int(rng.integers(len(known)))]
    words = Words(rng, script, face.covers)
    body_px = int(np.exp(rng.uniform(np.log(10), np.log(64))))
    title = rng.random() < 0.3
    image = Image.new("L", (SIDE_PX, SIDE_PX), 0)
    draw = ImageDraw.Draw(image)
    y = int(rng.integers(-body_px, 40))
    while y < SIDE_PX:
        em_px = body_px
        if title and rng.random() < 0.3:
            em_px = int(np.exp(rng.uniform(np.log(48), np.log(260))))
        line = _line(words, script, int(SIDE_PX / em_px * 2) + 1)
        if rng.random() < 0.9:
            draw.text((int(rng.integers(-20, 60)), y), line, font=face.at(em_px), fill=255)
        y += int(em_px * rng.uniform(1.1, 1.9))
    return np.asarray(image)


def _line(words: Words, script: str, count: int) -> str:
    joint = "" if script in UNSPACED else " "
    parts = [words.number() if words.rng.random() < 0.1 else words.word() for _ in range(min(count, 60))]
    line = joint.join(parts)
    if words.rng.random() < 0.1:
        line = line.upper()
    return line[::-1] if script in RIGHT_TO_LEFT else line + words.stop


def hand(rng: np.random.Generator) -> Coverage:
    """Looping pen lines along slanted baselines, thicker on the way down."""
    over = 2
    sheet = np.zeros((SIDE_PX * over, SIDE_PX * over), dtype=np.uint8)
    height = np.exp(rng.uniform(np.log(9), np.log(55))) * over
    pen = float(np.exp(rng.uniform(np.log(1.2), np.log(7)))) * over
    pen = min(pen, 0.3 * height)
    slant, contrast = rng.uniform(-0.2, 0.8), rng.uniform(0.0, 0.75)
    tilt = rng.normal() * 0.05
    y = rng.uniform(0, 2 * height)
    while y < SIDE_PX * over + height:
        x = rng.uniform(-50, 150)
        while x < SIDE_PX * over:
            letters = int(rng.integers(2, 10))
            _word(rng, sheet, x, y + tilt * x, letters, height, pen, slant, contrast)
            x += height * (0.75 * letters + rng.uniform(0.6, 1.8))
        y += height * rng.uniform(2.4, 4.5)
    return np.asarray(cv2.resize(sheet, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA))


def _word(
    rng: np.random.Generator,
    sheet: Coverage,
    x: float,
    y: float,
    letters: int,
    height: float,
    pen: float,
    slant: float,
    contrast: float,
) -> None:
    points = []
    for letter in range(letters):
        left = x + 0.75 * height * letter
        tall = rng.choice((1.0, 1.0, 1.0, 2.1, -0.9))
        for _ in range(int(rng.integers(2, 5))):
            u, v = rng.uniform(0, 0.75) * height, rng.uniform(0, 1) * height * tall
            points.append((left + u + slant * v, y - v))
    knots = np.array(points)
    if len(knots) < 4:
        return
    fine = _spline(knots, 10)
    down = np.diff(fine[:, 1], prepend=fine[0, 1])
    way = np.hypot(*np.diff(fine, axis=0, prepend=fine[:1]).T) + 1e-6
    width = pen * (1 - contrast + contrast * np.clip(0.4 + down / way, 0, 1.3))
    width = cv2.GaussianBlur(width[:, None].astype(np.float32), (1, 9), 2)[:, 0]
    for a, b, w in zip(fine[:-1], fine[1:], width[1:], strict=True):
        start, stop = (int(a[0]), int(a[1])), (int(b[0]), int(b[1]))
        cv2.line(sheet, start, stop, 255, max(1, round(float(w))), cv2.LINE_AA)
    if rng.random() < 0.3:
        dot = (int(x + rng.uniform(0, letters) * 0.7 * height), int(y - 1.6 * height))
        cv2.circle(sheet, dot, max(1, int(pen * 0.7)), 255, -1, cv2.LINE_AA)


def _spline(knots: NDArray[np.float64], steps: int) -> NDArray[np.float64]:
    """Catmull and Rom's spline through the knots."""
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    pieces = []
    for a, b, c, d in zip(knots[:-3], knots[1:-2], knots[2:-1], knots[3:], strict=True):
        pieces.append(0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3))
    return np.concatenate(pieces)


def _rules(rng: np.random.Generator) -> Coverage:
    """Thin straight lines, as in forms and tables."""
    sheet = np.zeros((SIDE_PX, SIDE_PX), dtype=np.uint8)
    for _ in range(int(rng.integers(1, 9))):
        at, tilt = int(rng.integers(SIDE_PX)), int(rng.normal() * 6)
        a, b = (int(rng.integers(-100, SIDE_PX)) for _ in range(2))
        ends = ((a, at), (b + SIDE_PX // 2, at + tilt))
        if rng.random() < 0.4:
            ends = ((at, a), (at + tilt, b + SIDE_PX // 2))
        cv2.line(sheet, *ends, 255, int(rng.integers(1, 6)), cv2.LINE_AA)
    return sheet


def _with_box(rng: np.random.Generator, sheet: Coverage) -> Coverage:
    """The sheet with a filled bar, box or disc in which the text is white."""
    box = np.zeros_like(sheet)
    if rng.random() < 0.4:
        y, tilt = int(rng.integers(0, SIDE_PX)), int(rng.normal() * 4)
        h = int(np.exp(rng.uniform(np.log(16), np.log(120))))
        bar = np.array(((0, y), (SIDE_PX, y + tilt), (SIDE_PX, y + tilt + h), (0, y + h)), dtype=np.int32)
        return np.asarray(cv2.absdiff(cv2.fillPoly(box, [bar], 255, cv2.LINE_AA), sheet))
    x, y = (int(v) for v in rng.integers(0, SIDE_PX - 100, 2))
    w, h = (int(v) for v in rng.integers(30, 320, 2))
    if rng.random() < 0.8:
        cv2.rectangle(box, (x, y), (x + w, y + h), 255, -1)
    else:
        cv2.ellipse(box, (x, y), (w // 3, h // 3), 0, 0, 360, 255, -1, cv2.LINE_AA)
    return np.asarray(cv2.absdiff(box, sheet))


def _both(a: Coverage, b: Coverage) -> Coverage:
    return np.asarray(cv2.max(a, b))
