"""Sheets with more than two tones: tinted boxes, bars with inverse print, pictures beside print."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from lab.benchmarks.upsample.cases import CROP_SHAPE, Samples, Sharp, mildly_shrunk
from lab.pages.fonts import faces
from lab.pages.nontext import photograph
from lab.pages.words import Words

_GROUNDS = ((255, 0), (225, 0), (205, 40), (136, 255), (136, 0), (90, 255), (30, 220), (180, 90))
_TALL_PX = 140
_SIDE_PX = 24


def boxes(count: int) -> list[Sharp]:
    """Seeded sheets of bands, each with its own ground and ink (0 to 255), and a picture at the right."""
    height, width = CROP_SHAPE
    made = []
    for seed in range(count):
        rng = np.random.default_rng([seed, 6])
        words, known = Words(rng, "latin"), faces("latin")
        image = Image.new("L", (width, height), 255)
        draw = ImageDraw.Draw(image)
        for top in range(0, height, _TALL_PX):
            ground, ink = _GROUNDS[int(rng.integers(len(_GROUNDS)))]
            draw.rectangle((40, top + 6, width - 460, top + _TALL_PX - 8), fill=ground)
            font = known[int(rng.integers(len(known)))].at(int(rng.integers(28, 46)))
            for y in (top + 14, top + 70):
                draw.text((50, y), " ".join(words.prose(9))[:60], font=font, fill=ink)
        sheet = np.asarray(image).copy()
        sheet[50:-40, width - 420 : -35] = photograph(rng, height - 90, 385)
        made.append(Sharp(f"boxes {seed}", sheet))
    return made


def _sharpened(sharp: Samples, factor: int, seed: int) -> Samples:
    """As a scanner's program sharpens, before a poor JPEG."""
    small = mildly_shrunk(sharp, factor, seed).astype(np.float32)
    strong = np.clip(np.rint(2 * small - cv2.GaussianBlur(small, (0, 0), 0.8)), 0, 255).astype(np.uint8)
    return _jpeg(strong, 60)


def _jpeg(small: Samples, quality: int) -> Samples:
    data = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), dtype=np.uint8)


def _lanczos(sharp: Samples, factor: int, seed: int) -> Samples:
    shape = (sharp.shape[1] // factor, sharp.shape[0] // factor)
    return np.asarray(Image.fromarray(sharp).resize(shape, Image.Resampling.LANCZOS))


def _doubled(sharp: Samples, factor: int, seed: int) -> Samples:
    return np.asarray(mildly_shrunk(sharp, 2 * factor, seed).repeat(2, axis=0).repeat(2, axis=1))


SHRINKS: dict[str, Callable[[Samples, int, int], Samples]] = {
    "mild": mildly_shrunk,
    "JPEG 30": lambda sharp, factor, seed: _jpeg(mildly_shrunk(sharp, factor, seed), 30),
    "sharpened, JPEG 60": _sharpened,
    "Lanczos": _lanczos,
    "doubled pixels": _doubled,
}


def spoilt(drawn: Samples, plain: Samples, sharp: Samples) -> float:
    """The share of tiles of 24 × 24 px where ``drawn`` errs by a quarter and 20 squared levels more than ``plain``."""
    errors = [_by_tile(np.square(x.astype(np.float32) - sharp)) for x in (drawn, plain)]
    return float((errors[0] > 1.25 * errors[1] + 20).mean())


def _by_tile(error: NDArray[np.float32]) -> NDArray[np.float32]:
    rows, columns = (n // _SIDE_PX for n in error.shape)
    whole = error[: rows * _SIDE_PX, : columns * _SIDE_PX]
    return np.asarray(whole.reshape(rows, _SIDE_PX, columns, _SIDE_PX).mean(axis=(1, 3)))
