"""Pages without lines of text: blank and dirty sheets, photographs, drawings, noise, words, scores, codes, charts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from lab.pages import NON_TEXT

Samples = NDArray[np.uint8]

KINDS = (
    "blank", "dust", "noise", "clouds", "photograph", "halftone", "line art", "blobs", "word", "black",
    "music", "barcode", "chart",
)  # fmt: skip
_FACE = "/usr/share/fonts/truetype/liberation/LiberationSerif-Regular.ttf"


def textless_page(seed: int, kind: str | None = None) -> tuple[str, Samples]:
    """The page of that seed, grey, and its kind."""
    rng = np.random.default_rng(seed)
    chosen = str(rng.choice(KINDS)) if kind is None else kind
    shape = (int(rng.integers(500, 2600)), int(rng.integers(500, 2600)))
    return chosen, _DRAW[chosen](rng, shape)


def photographs() -> Iterator[tuple[str, Samples]]:
    """The photographs that come with scikit-image, if it is installed."""
    try:
        from skimage import data
    except ImportError:
        return
    for name in ("astronaut", "camera", "cat", "coffee", "coins", "rocket", "moon", "brick", "grass", "gravel", "cell"):
        try:
            loaded: Any = getattr(data, name)()
        except Exception:
            continue
        grey = loaded if loaded.ndim == 2 else cv2.cvtColor(np.ascontiguousarray(loaded[..., :3]), cv2.COLOR_RGB2GRAY)
        yield name, np.asarray(grey, dtype=np.uint8)


def _bytes(values: NDArray[np.floating[Any]]) -> Samples:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def _blank(rng: np.random.Generator, shape: tuple[int, int]) -> Samples:
    slope = np.linspace(0, float(rng.uniform(-60, 60)), shape[1])[None, :]
    return _bytes(float(rng.uniform(150, 250)) + slope + rng.normal(0, float(rng.uniform(0, 6)), shape))


def _dust(rng: np.random.Generator, shape: tuple[int, int]) -> Samples:
    page = _blank(rng, shape)
    for _ in range(int(rng.integers(20, 400))):
        centre = (int(rng.integers(shape[1])), int(rng.integers(shape[0])))
        cv2.circle(page, centre, int(rng.integers(1, 6)), (int(rng.integers(0, 120)),), -1)
    return page


def _noise(rng: np.random.Generator, shape: tuple[int, int]) -> Samples:
    return _bytes(rng.normal(128, float(rng.uniform(5, 80)), shape))


def _layers(rng: np.random.Generator, shape: tuple[int, int], steep: float) -> NDArray[np.float64]:
    total = np.zeros(shape)
    for cells in (3, 6, 12, 25, 50, 100, 200, 400):
        small = rng.normal(size=(cells, cells)).astype(np.float32)
        total += cv2.resize(small, shape[::-1], interpolation=cv2.INTER_CUBIC) / cells**steep
    return (total - total.mean()) / (total.std() + 1e-9)


def _clouds(rng: np.random.Generator, shape: tuple[int, int]) -> Samples:
    return _bytes(128 + 50 * _layers(rng, shape, 1.0))


def _photograph(rng: np.random.Generator, shape: tuple[int, int]) -> Samples:
    """Clouds with edges: shapes in front of each other, each with its own texture and one light."""
    picture = 128 + 40 * _layers(rng, shape, 1.0)
    for _ in range(int(rng.integers(8, 40))):
        count = int(rng.integers(3, 9))
        centre = rng.uniform(0, 1, 2) * shape[::-1]
        turns = np.sort(rng.uniform(0, 2 * np.pi, count))
        radius = float(rng.uniform(0.03, 0.25)) * min(shape) * rng.uniform(0.5, 1.5, count)
        outline = (centre + np.stack((np.cos(turns), np.sin(turns)), axis=1) * radius[:, None]).astype(np.int32)
        mask = np.zeros(shape, np.uint8)
        cv2.fillPoly(mask, [outline], (1,))
        texture = float(rng.uniform(20, 230)) + float(rng.uniform(2, 30)) * _layers(
            rng, shape, float(rng.uniform(0, 1))
        )
        picture = np.where(mask > 0, texture, picture)
    return _bytes(cv2.GaussianBlur(picture, (0, 0), 1.0) + rng.normal(0, 3, shape))


def _halftone(rng: np.random.Generator, shape: tuple[int, int]) -> Samples:
    picture = _photograph(rng, shape)
    y, x = np.mgrid[: shape[0], : shape[1]]
    pitch, turn = float(rng.uniform(4, 10)), np.deg2rad(45.0)
    u, v = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    screen = 128 + 60 * (np.cos(2 * np.pi * u / pitch) + np.cos(2 * np.pi * v / pitch))
    return np.where(picture > screen, 255, 0).astype(np.uint8)


def _line_art(rng: np.random.Generator, shape: tuple[int, int]) -> Samples:
    page = np.full(shape, 250, np.uint8)
    for _ in range(int(rng.integers(15, 120))):
        start = rng.uniform(0, 1, 2) * shape[::-1]
        steps = rng.normal(0, 1, (60, 2)).cumsum(axis=0) * float(rng.uniform(2, 15))
        points = (start + cv2.blur(steps, (1, 9))).astype(np.int32)
        cv2.polylines(page, [points], False, (20,), int(rng.integers(1, 5)), cv2.LINE_AA)
    return page


def _blobs(rng: np.random.Generator, shape: tuple[int, int]) -> Samples:
    return np.where(_layers(rng, shape, 0.3) > float(rng.uniform(-0.5, 1.5)), 30, 225).astype(np.uint8)


def _word(rng: np.random.Generator, shape: tuple[int, int]) -> Samples:
    image = Image.new("L", shape[::-1], 255)
    font = ImageFont.truetype(_FACE, float(rng.uniform(12, 60)))
    at = (float(rng.uniform(0, shape[1] * 0.7)), float(rng.uniform(0, shape[0] * 0.9)))
    ImageDraw.Draw(image).text(at, str(rng.choice(["Draft", "Page 7", "Invoice", "No.", "Chapter"])), font=font, fill=0)
    return np.asarray(image)


def _black(rng: np.random.Generator, shape: tuple[int, int]) -> Samples:
    return _bytes(rng.normal(8, float(rng.uniform(0, 4)), shape))


_DRAW: dict[str, Any] = {
    "blank": _blank,
    "dust": _dust,
    "noise": _noise,
    "clouds": _clouds,
    "photograph": _photograph,
    "halftone": _halftone,
    "line art": _line_art,
    "blobs": _blobs,
    "word": _word,
    "black": _black,
    **{kind: lambda rng, shape, kind=kind: NON_TEXT[kind](rng, *shape) for kind in ("music", "barcode", "chart")},
}
