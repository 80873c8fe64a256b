"""Pages and crops made small by a chain that is not the training's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Samples = NDArray[np.uint8]
Shrink = Callable[[Samples, int, int], Samples]

CROP_SHAPE = (840, 1440)


@dataclass(frozen=True)
class Sharp:
    """A sharp crop of a page that was kept from training."""

    name: str
    samples: Samples


@dataclass(frozen=True)
class Whole:
    """A whole small page with the text that was keyed from it."""

    name: str
    samples: Samples
    text: str
    dpi: int


def crops(data: Path, count: int, *, whole_lines: bool = False) -> list[Sharp]:
    """Crops of 1440 × 840 px with text, one to a page, of every other UNLV page (those kept from training).

    A line that is cut lengthwise reads as anything at all, in the reference too; with ``whole_lines`` such remains
    at the top and the bottom are painted over.
    """
    paths = [p for name in ("unlv_3b", "unlv_4b") for p in _images(data, name)[1::2]]
    chosen = [paths[k * len(paths) // count] for k in range(count)] if count < len(paths) else paths
    cut = [Sharp(path.stem, _fullest(_grey(path))) for path in chosen]
    return [Sharp(c.name, _whole_lines(c.samples)) for c in cut] if whole_lines else cut


def shrunk(sharp: Samples, factor: int, seed: int) -> Samples:
    """Optics, area sampling, grain, JPEG: the mild chain of a small scan."""
    return _small(sharp, factor, [seed, factor], blur=0.3, grain=3.0, quality=85)


def _small(sharp: Samples, factor: int, seed: list[int], *, blur: float, grain: float, quality: int) -> Samples:
    """Blur in pixels of the small page, area sampling, grain in grey levels, JPEG."""
    height, width = sharp.shape[0] // factor, sharp.shape[1] // factor
    seen = soft(sharp, blur * factor)
    area = cv2.resize(seen, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32)
    noisy = np.clip(np.rint(area + np.random.default_rng(seed).normal(0, grain, area.shape)), 0, 255).astype(np.uint8)
    data = cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), dtype=np.uint8)


def soft(sharp: Samples, sigma_px: float) -> Samples:
    """A 1-bit crop as a grey scanner gives it, its edges a little soft."""
    return np.asarray(cv2.GaussianBlur(sharp, (0, 0), sigma_px), dtype=np.uint8) if sigma_px else sharp


NEXT_TO_NOTHING: dict[str, Callable[[Samples], Samples]] = {
    "edges 0.5 px soft": lambda sharp: soft(sharp, 0.5),
    "edges 0.8 px soft": lambda sharp: soft(sharp, 0.8),
    "noise of 6 grey levels": lambda sharp: np.clip(
        sharp + np.random.default_rng(0).normal(0, 6, sharp.shape), 0, 255
    ).astype(np.uint8),
}
"""Changes of an original that no reader's eye would mind."""


def mildly_shrunk(sharp: Samples, factor: int, seed: int) -> Samples:
    """Area sampling, a little grain, a good JPEG: no blur but that of the pixels."""
    return _small(sharp, factor, [seed, factor, 1], blur=0.0, grain=2.0, quality=90)


def blurred_and_shrunk(blur: float) -> Shrink:
    """The chain ``mildly_shrunk`` after optics that blur by so many pixels of the small page, and a JPEG of 85."""
    return lambda sharp, factor, seed: _small(sharp, factor, [seed, factor, 2], blur=blur, grain=2.0, quality=85)


def small_pages(data: Path, count: int) -> list[Whole]:
    """UNLV pages kept from training, as a poor scanner gives them at 90 dpi."""
    found = []
    for k, path in enumerate(_images(data, "unlv_3b")[1::2][:count]):
        page = _grey(path)
        rng = np.random.default_rng(k)
        ratio = 90 / 300
        shape = (round(page.shape[1] * ratio), round(page.shape[0] * ratio))
        small = np.asarray(Image.fromarray(page).resize(shape, Image.Resampling.BICUBIC), dtype=np.float32)
        noisy = np.clip(np.rint(small + rng.normal(0, 4.0, small.shape)), 0, 255).astype(np.uint8)
        found.append(Whole(path.stem, noisy, _text(data, "unlv_3b", path), 90))
    return found


def grey_pages(data: Path, count: int) -> list[Whole]:
    """The 150-dpi pages as they are."""
    paths = _images(data, "grey_150dpi")[1::2][:count]
    return [Whole(p.stem, _grey(p), _text(data, "grey_150dpi", p), 150) for p in paths]


def _images(data: Path, name: str) -> list[Path]:
    return sorted((data / "pages" / name / "images").iterdir())


def _text(data: Path, name: str, image: Path) -> str:
    return (data / "pages" / name / "gt" / f"{image.stem}.txt").read_text(encoding="utf-8", errors="replace")


def _grey(path: Path) -> Samples:
    image = Image.open(path)
    if image.mode == "RGBA":
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return np.asarray(image.convert("L"))


def _fullest(page: Samples) -> Samples:
    """The crop whose ink is most like text: between 4 and 16 % of the pixels, as evenly spread as it goes."""
    height, width = CROP_SHAPE
    best, chosen = -1.0, page[:height, :width]
    for top in range(200, page.shape[0] - height - 200, 150):
        for left in range(150, max(151, page.shape[1] - width - 150), 250):
            part = page[top : top + height, left : left + width]
            cells = (cv2.resize(part, (12, 7), interpolation=cv2.INTER_AREA) < 247).mean()
            dark = float((part < 128).mean())
            merit = float(cells) - 4 * max(0.0, dark - 0.16)
            if part.shape == CROP_SHAPE and merit > best:
                best, chosen = merit, part
    return chosen


def _whole_lines(crop: Samples) -> Samples:
    """The crop without what touches its upper or lower edge, down (or up) to the first row without ink."""
    clean = crop.copy()
    dark = (crop < 128).sum(axis=1) <= 2
    empty = np.flatnonzero(dark)
    if len(empty):
        clean[: empty[0]] = 255
        clean[empty[-1] :] = 255
    return clean
