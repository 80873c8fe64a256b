"""Where sharp pages come from: rendered text, scanned 1-bit pages and pictures without text."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Samples = NDArray[np.uint8]

_FONTS = Path("/usr/share/fonts")
_LATIN = ("Liberation*-*.ttf", "DejaVu*.ttf", "NotoSans-*.ttf", "NotoSerif-*.ttf", "NotoSansMono-*.ttf")
_HAN = ("NotoSansCJK-*.ttc", "NotoSerifCJK-*.ttc")
_PLAIN = "abcdefghijklmnopqrstuvwxyz"
_COMMON = "eeeeetttaaaooiinnsshhrrddllccuummffppggwwyybbvvkxjqz"
_CAPITALS = _PLAIN.upper()
_DIGITS = "0123456789"
_MARKS = ".,;:!?-()[]/%&$§*'\"+=#@<>_€£"
_ACCENTED = "àáâãäåæçèéêëìíîïñòóôõöøùúûüýÿšžčřěůąęłńśźżőűğışßÀÁÂÄÇÈÉÊËÎÏÑÔÖÙÛÜŠŽÅØ"
_CYRILLIC = "абвгдежзийклмнопрстуфхцчшщъыьэюяёђАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЭЮЯ"
_GREEK = "αβγδεζηθικλμνξοπρστυφχψωάέήίόύώΑΒΓΔΕΖΗΘΛΞΠΣΦΨΩ"


def fonts(patterns: tuple[str, ...]) -> list[Path]:
    """The installed font files of these patterns, in the order of their names."""
    return sorted({p for pattern in patterns for p in _FONTS.rglob(pattern)})


def needed(files: list[Path], patterns: tuple[str, ...]) -> list[Path]:
    """``files``, the fonts that were found for ``patterns``; training ends where there are none."""
    if not files:
        raise SystemExit(f"no font in {_FONTS} is named like {', '.join(patterns)}")
    return files


def _word(rng: np.random.Generator) -> str:
    """A word-like string; digits, capitals, accents and other alphabets are commoner than in books."""
    length = int(rng.integers(1, 11))
    kind = rng.random()
    if kind < 0.52:
        text = "".join(rng.choice(list(_COMMON), length))
        return str(text.capitalize() if rng.random() < 0.15 else text)
    if kind < 0.72:
        return "".join(rng.choice(list(_DIGITS + _DIGITS + ".,-/:%$"), length))
    if kind < 0.82:
        return "".join(rng.choice(list(_CAPITALS), length))
    if kind < 0.91:
        return "".join(rng.choice(list(_COMMON + _ACCENTED), length))
    if kind < 0.94:
        return "".join(rng.choice(list(_CYRILLIC), length))
    if kind < 0.96:
        return "".join(rng.choice(list(_GREEK), length))
    return "".join(rng.choice(list(_PLAIN + _CAPITALS + _DIGITS + _MARKS), length))


def _han(rng: np.random.Generator) -> str:
    codes = rng.integers(0x4E00, 0x9000, int(rng.integers(2, 9)))
    kana = rng.integers(0x3042, 0x3094, int(rng.integers(0, 4)))
    return "".join(chr(int(c)) for c in np.concatenate([codes, kana]))


def rendered_sheet(rng: np.random.Generator, side_px: int = 1024) -> Samples:
    """Lines of text in many fonts and sizes with rules and boxes, antialiased, black on white, shape (side, side)."""
    image = Image.new("L", (side_px, side_px), 255)
    draw = ImageDraw.Draw(image)
    latin, han = needed(fonts(_LATIN), _LATIN), fonts(_HAN)
    y = int(rng.integers(0, 20))
    while y < side_px:
        wide = bool(han) and rng.random() < 0.1
        files = han if wide else latin
        size_px = int(np.clip(rng.lognormal(np.log(42), 0.4), 18, 140))
        font = ImageFont.truetype(str(files[int(rng.integers(len(files)))]), size_px)
        ink = 0 if rng.random() < 0.8 else int(rng.integers(0, 90))
        x = float(rng.integers(-20, 60))
        while x < side_px:
            text = _han(rng) if wide else _word(rng)
            draw.text((x, y), text, font=font, fill=ink)
            x += draw.textlength(text + " ", font=font)
        y += int(size_px * rng.uniform(1.05, 1.7))
        if rng.random() < 0.12:
            thick = int(rng.integers(1, 6))
            draw.line((int(rng.integers(0, 200)), y, int(rng.integers(600, side_px)), y), fill=ink, width=thick)
            y += thick + int(rng.integers(2, 30))
    for _ in range(int(rng.integers(0, 5))):
        left, top = rng.integers(0, side_px - 80, 2)
        right, bottom = left + rng.integers(20, 500), top + rng.integers(20, 300)
        if rng.random() < 0.3:
            box = np.asarray(image.crop((int(left), int(top), int(right), int(bottom))))
            image.paste(Image.fromarray(255 - box), (int(left), int(top)))
        else:
            draw.rectangle((int(left), int(top), int(right), int(bottom)), outline=0, width=int(rng.integers(1, 5)))
    return np.asarray(image).copy()


def scanned(sheet: Samples, rng: np.random.Generator) -> Samples:
    """A 1-bit scan of a sheet: optics, grain of the paper, a threshold, specks."""
    soft = cv2.GaussianBlur(sheet, (0, 0), float(rng.uniform(0.5, 1.6))).astype(np.float32)
    grain = cv2.GaussianBlur(rng.normal(size=sheet.shape).astype(np.float32), (0, 0), float(rng.uniform(0.6, 1.3)))
    soft += grain * float(rng.uniform(0, 45))
    binary = np.where(soft < rng.uniform(80, 190), 0, 255).astype(np.uint8)
    if rng.random() < 0.4:
        specks = rng.random(sheet.shape) < rng.uniform(0, 0.002)
        binary[specks] = 0
    return binary


def _textured(canvas: NDArray[np.float32], rng: np.random.Generator) -> None:
    """Grass, cloth or hair over a part of a picture: noise stretched along one direction."""
    side_px = canvas.shape[0]
    grain = rng.normal(size=canvas.shape).astype(np.float32)
    reach = int(rng.integers(1, 12))
    stroke = np.zeros((2 * reach + 1,) * 2, np.float32)
    angle = rng.uniform(0, np.pi)
    ends = [(round(reach + s * reach * np.cos(angle)), round(reach + s * reach * np.sin(angle))) for s in (-1, 1)]
    cv2.line(stroke, ends[0], ends[1], 1.0)
    grain = cv2.GaussianBlur(cv2.filter2D(grain, -1, stroke / np.sqrt(stroke.sum())), (0, 0), rng.uniform(0.5, 2))
    left, top = rng.integers(0, side_px // 2, 2)
    size = int(rng.integers(side_px // 4, side_px))
    part = (slice(top, top + size), slice(left, left + size))
    canvas[part] = np.clip(canvas[part] + grain[part] * rng.uniform(5, 60), 0, 255)


def picture(rng: np.random.Generator, side_px: int = 512) -> Samples:
    """No text: fallen leaves of many sizes over smooth noise, like the statistics of a photograph."""
    base = np.zeros((side_px, side_px), np.float32)
    for cells in (3, 7, 17, 43, 101, 230):
        small = rng.normal(size=(cells, cells)).astype(np.float32)
        base += cv2.resize(small, (side_px, side_px), interpolation=cv2.INTER_CUBIC) / cells**0.6
    canvas = np.clip(128 + 60 * base, 0, 255)
    for _ in range(int(rng.integers(0, 160))):
        radius = 3.0 * (1 - rng.random()) ** -0.9
        radius = int(min(radius, 150))
        centre = tuple(int(v) for v in rng.integers(0, side_px, 2))
        axes = (radius, max(1, int(radius * rng.uniform(0.3, 1))))
        cv2.ellipse(
            canvas, centre, axes, float(rng.uniform(0, 180)), 0, 360, float(rng.uniform(0, 255)), -1, cv2.LINE_AA
        )
    for _ in range(int(rng.integers(0, 4))):
        _textured(canvas, rng)
    soft = cv2.GaussianBlur(canvas, (0, 0), float(rng.uniform(0.4, 2.5)))
    return np.clip(soft + rng.normal(size=soft.shape) * rng.uniform(0, 6), 0, 255).astype(np.uint8)


def real_pages(folder: Path, names: tuple[str, ...], keep: int | None = None) -> list[Samples]:
    """Pages of a data folder as luma. ``keep`` 0 takes every other page from the first, 1 from the second, None all.

    Ends the command where a folder has none.
    """
    found = []
    for name in names:
        images = folder / "pages" / name / "images"
        paths = sorted(images.iterdir()) if images.is_dir() else []
        wanted = paths if keep is None else paths[keep::2]
        if not wanted:
            raise SystemExit(f"no pages in {images}: set RECTO_DATA or give --data")
        for path in wanted:
            image = Image.open(path)
            if image.mode == "RGBA":
                image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
            found.append(np.asarray(image.convert("L")))
    return found
