"""What scanners, cameras and faxes do to a page: seeded, one short function each."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
Rng = np.random.Generator


def _grain(rng: Rng, shape: tuple[int, int], sigma: float) -> NDArray[np.float32]:
    """Gaussian grain; a tile is repeated, which nobody sees and saves most of the time."""
    side = 512
    tile = rng.normal(0.0, sigma, (min(side, shape[0]), min(side, shape[1]))).astype(np.float32)
    rows, columns = -(-shape[0] // tile.shape[0]), -(-shape[1] // tile.shape[1])
    return np.tile(tile, (rows, columns))[: shape[0], : shape[1]]


def _smooth(rng: Rng, shape: tuple[int, int], cells: int) -> NDArray[np.float32]:
    """A smooth random field of mean about 0 and spread about 1."""
    small = rng.normal(size=(cells, cells)).astype(np.float32)
    return np.asarray(cv2.resize(small, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC), dtype=np.float32)


def _toned(grey: Grey, ink: float, paper: float) -> Grey:
    """Black becomes ``ink`` and white ``paper``."""
    table = np.clip(ink + np.arange(256) / 255 * (paper - ink), 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(grey, table), dtype=np.uint8)


def _added(grey: Grey, extra: NDArray[np.float32]) -> Grey:
    return np.asarray(cv2.add(grey, extra, dtype=cv2.CV_8U), dtype=np.uint8)


def blur(grey: Grey, rng: Rng) -> Grey:
    """Out of focus, or moved a little."""
    sigma = float(rng.uniform(0.5, 1.4)) * max(1.0, max(grey.shape) / 3500)
    if rng.random() < 0.25:
        return np.asarray(cv2.blur(grey, (1 + 2 * int(rng.integers(1, 3)), 1)), dtype=np.uint8)
    return np.asarray(cv2.GaussianBlur(grey, (0, 0), sigma), dtype=np.uint8)


def noise(grey: Grey, rng: Rng) -> Grey:
    """Grain, and sometimes salt and pepper."""
    noisy = _added(grey, _grain(rng, grey.shape[:2], float(rng.uniform(6, 28))))
    if rng.random() < 0.4:
        share = float(rng.uniform(0.0005, 0.01))
        count = int(share * grey.size)
        noisy = noisy.copy()
        noisy[rng.integers(0, grey.shape[0], count), rng.integers(0, grey.shape[1], count)] = (
            rng.integers(0, 2, count) * 255
        ).astype(np.uint8)
    return noisy


def scan(grey: Grey, rng: Rng) -> Grey:
    """A flatbed: soft, toned, slightly grainy; sometimes sharpened."""
    soft = np.asarray(cv2.GaussianBlur(grey, (0, 0), float(rng.uniform(0.4, 0.9))), dtype=np.uint8)
    if rng.random() < 0.4:
        wide = cv2.GaussianBlur(soft, (0, 0), 1.6)
        soft = np.asarray(cv2.addWeighted(soft, 1.7, wide, -0.7, 0), dtype=np.uint8)
    toned = _toned(soft, float(rng.uniform(0, 60)), float(rng.uniform(215, 255)))
    return _added(toned, _grain(rng, grey.shape[:2], float(rng.uniform(1, 6))))


def photo(grey: Grey, rng: Rng) -> Grey:
    """A camera: uneven light, a shadow with a soft edge, blur and grain; no perspective."""
    height, width = grey.shape[:2]
    few = (max(2, height // 8), max(2, width // 8))
    light = 0.78 + 0.1 * _smooth(rng, few, 3)
    if rng.random() < 0.6:
        angle = float(rng.uniform(0, 2 * np.pi))
        y, x = np.mgrid[-1 : 1 : few[0] * 1j, -1 : 1 : few[1] * 1j]
        edge = (np.cos(angle) * x + np.sin(angle) * y - rng.uniform(-0.6, 0.6)) * rng.uniform(3, 40)
        light *= 1 - rng.uniform(0.2, 0.6) / (1 + np.exp(-edge))
    field = cv2.resize(np.clip(light, 0.12, 1.05).astype(np.float32), (width, height))
    soft = cv2.GaussianBlur(_toned(grey, float(rng.uniform(10, 50)), 250.0), (0, 0), float(rng.uniform(0.5, 1.3)))
    lit = cv2.multiply(soft, field, dtype=cv2.CV_8U)
    return _added(np.asarray(lit, dtype=np.uint8), _grain(rng, grey.shape[:2], float(rng.uniform(2, 9))))


def fax(grey: Grey, rng: Rng, dpi: int = 300) -> Grey:
    """1 bit at 100 to 200 dpi, enlarged again to the size it had: ragged, with specks."""
    height, width = grey.shape[:2]
    factor = min(1.0, float(rng.uniform(100, 200)) / dpi)
    small = cv2.resize(
        grey, (max(1, round(width * factor)), max(1, round(height * factor))), interpolation=cv2.INTER_AREA
    )
    rough = _added(np.asarray(small, dtype=np.uint8), _grain(rng, small.shape[:2], float(rng.uniform(4, 30))))
    bits = np.where(rough > rng.uniform(100, 190), 255, 0).astype(np.uint8)
    return np.asarray(cv2.resize(bits, (width, height), interpolation=cv2.INTER_NEAREST), dtype=np.uint8)


def low_contrast(grey: Grey, rng: Rng) -> Grey:
    """Faint ink on dull paper."""
    paper = float(rng.uniform(120, 230))
    toned = _toned(grey, paper - float(rng.uniform(25, 70)), paper)
    return _added(toned, _grain(rng, grey.shape[:2], float(rng.uniform(1, 4))))


def bleed_through(grey: Grey, rng: Rng) -> Grey:
    """The same page's back, mirrored, blurred and faint."""
    back = cv2.GaussianBlur(cv2.flip(grey, 1), (0, 0), float(rng.uniform(1.5, 3.5)))
    shift = rng.integers(-40, 41, 2)
    back = np.roll(np.asarray(back), tuple(int(s) for s in shift), (0, 1))
    faint = _toned(np.asarray(back, dtype=np.uint8), float(rng.uniform(150, 215)), 255.0)
    return np.asarray(cv2.multiply(grey, faint, scale=1 / 255, dtype=cv2.CV_8U), dtype=np.uint8)


def inverse(grey: Grey, rng: Rng) -> Grey:
    """White on black."""
    return np.asarray(255 - grey, dtype=np.uint8)


def black_border(grey: Grey, rng: Rng) -> Grey:
    """The dark bed around the page, or at some of its edges, with a ragged rim."""
    framed = grey.copy()
    height, width = grey.shape[:2]
    for side in range(4):
        if rng.random() < 0.35:
            continue
        length = width if side < 2 else height
        depth = float(rng.uniform(0.005, 0.045)) * (height if side < 2 else width)
        rim = depth + np.interp(np.arange(length), np.linspace(0, length, 9), rng.normal(0, depth / 5, 9))
        near = np.arange(int(np.ceil(max(rim.max(), 1))))
        dark = near[:, None] < rim[None, :]
        tone = int(rng.integers(0, 50))
        strip = {
            0: framed[: len(near)],
            1: framed[::-1][: len(near)],
            2: framed.T[: len(near)],
            3: framed.T[::-1][: len(near)],
        }[side]
        strip[dark[: strip.shape[0]]] = tone
    return framed


def jpeg(grey: Grey, rng: Rng) -> Grey:
    """Strong JPEG compression."""
    _, packed = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(12, 60))])
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE), dtype=np.uint8)


def clean(grey: Grey, rng: Rng) -> Grey:
    """Nothing."""
    return grey.copy()


DAMAGES: dict[str, Callable[[Grey, Rng], Grey]] = {
    "clean": clean,
    "scan": scan,
    "photo": photo,
    "fax": fax,
    "low_contrast": low_contrast,
    "bleed_through": bleed_through,
    "noise": noise,
    "inverse": inverse,
    "black_border": black_border,
    "jpeg": jpeg,
    "blur": blur,
}


def damage(grey: Grey, rng: Rng, kind: str, dpi: int = 300) -> Grey:
    """A damaged copy of a grey page of ``dpi``: uint8, the shape of ``grey``; ``kind`` is one of ``DAMAGES``."""
    return fax(grey, rng, dpi) if kind == "fax" else DAMAGES[kind](grey, rng)
