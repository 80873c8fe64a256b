"""What makes a page small: optics, sampling, sharpening in the scanner, noise, JPEG, fax, screen, camera."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Samples = NDArray[np.uint8]
Floats = NDArray[np.float32]

_PILLOW = {
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
    "bilinear": Image.Resampling.BILINEAR,
    "hamming": Image.Resampling.HAMMING,
}

_PANELLED = 0.2
"""The share of patches of which a part stands on a ground of its own."""
_ENLARGED = 0.04
"""The share of patches that were enlarged before, and show less than their size promises."""


def toned(sharp: Samples, rng: np.random.Generator) -> Samples:
    """Faded ink, toned paper, inverse print; most patches stay as they are."""
    chance = rng.random()
    if chance < 0.78:
        return sharp
    if chance < 0.81:
        return (255 - sharp).astype(np.uint8)
    dark, bright = rng.uniform(0, 110), rng.uniform(150, 255)
    mapped = dark + sharp.astype(np.float32) * (bright - dark) / 255
    if rng.random() < 0.3:
        mapped = 255 - mapped
    if rng.random() < 0.3:
        light = rng.uniform(0.75, 1.0, (2, 2)).astype(np.float32)
        mapped *= cv2.resize(light, sharp.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.clip(mapped, 0, 255).astype(np.uint8)


def panelled(sharp: Samples, picture: Callable[[int], Samples], rng: np.random.Generator) -> Samples:
    """A part of the patch on a ground of its own: a tinted box, a bar with inverse print, a picture beside print.

    A net that has seen two tones at a time alone takes the edge of a grey box for one of black ink, and draws a rule.

    Parameters
    ----------
    sharp : uint8 ndarray, shape (H, H)
    picture : callable
        A patch without text of the size that it is given.
    """
    if rng.random() >= _PANELLED:
        return sharp
    height, width = sharp.shape
    top, bottom = np.sort(rng.uniform(-0.6, 1.6, 2) * height).clip(0, height).astype(int)
    left, right = np.sort(rng.uniform(-0.6, 1.6, 2) * width).clip(0, width).astype(int)
    part = (slice(top, bottom), slice(left, right))
    ground, kind = float(rng.uniform(30, 250)), rng.random()
    done = sharp.copy()
    if kind < 0.3:
        dark = float(rng.uniform(0, 180))
        done[part] = (dark + picture(height)[part].astype(np.float32) * (max(dark, ground) - dark) / 255).astype(
            np.uint8
        )
    elif kind < 0.5:
        done[part] = round(ground)
    else:
        dark = ground > 90 and (ground > 190 or rng.random() < 0.5)
        ink = float(rng.uniform(0, ground - 50)) if dark else float(rng.uniform(min(ground + 60, 254), 255))
        done[part] = (ink + sharp[part].astype(np.float32) * (ground - ink) / 255).astype(np.uint8)
    return done


def softened(sharp: Samples, rng: np.random.Generator, share: float) -> Samples:
    """What is to be drawn, as soft as a grey scan is at its own resolution, for a ``share`` of the patches.

    What is small does not tell whether the large page was of two tones or a little soft; a net that has seen hard
    edges alone draws them everywhere.
    """
    if rng.random() >= share:
        return sharp
    sigma_px = float(rng.uniform(0.2, 0.9))
    return np.asarray(cv2.GaussianBlur(sharp, (0, 0), sigma_px), dtype=np.uint8)


def shrunk(sharp: Floats, factor: int, rng: np.random.Generator) -> Floats:
    """Down by a whole factor, with one of the kernels that programs and sensors use."""
    height, width = sharp.shape[0] // factor, sharp.shape[1] // factor
    choice = rng.random()
    if choice < 0.42:
        return np.asarray(cv2.resize(sharp, (width, height), interpolation=cv2.INTER_AREA))
    if choice < 0.86:
        name = str(rng.choice(list(_PILLOW)))
        small = Image.fromarray(sharp).resize((width, height), _PILLOW[name])
        return np.asarray(small)
    if choice < 0.93:
        soft = cv2.GaussianBlur(sharp, (0, 0), factor * float(rng.uniform(0.35, 0.6)))
        return np.asarray(cv2.resize(soft, (width, height), interpolation=cv2.INTER_LINEAR))
    light = (np.clip(sharp, 0, 255) / 255) ** 2.2
    area = cv2.resize(light, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(255 * area ** (1 / 2.2), dtype=np.float32)


def enlarged(small: Floats, rng: np.random.Generator) -> Floats:
    """Now and then made smaller still and enlarged again, as by a program that promised more resolution."""
    if rng.random() >= _ENLARGED:
        return small
    ratio = float(rng.uniform(1.3, 2.0))
    height, width = (round(n / ratio) for n in small.shape)
    less = cv2.resize(small, (width, height), interpolation=cv2.INTER_AREA)
    kernel = int(rng.choice([cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4, cv2.INTER_NEAREST_EXACT]))
    return np.asarray(cv2.resize(less, small.shape[::-1], interpolation=kernel))


def jpeg(grey: Samples, quality: int) -> Samples:
    """Through a JPEG of ``quality`` and back."""
    data = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), dtype=np.uint8)


def _blurred(sharp: Floats, sigma_px: float, rng: np.random.Generator) -> Floats:
    if sigma_px < 0.2:
        return sharp
    if rng.random() < 0.15:
        return np.asarray(cv2.GaussianBlur(sharp, (0, 0), sigmaX=sigma_px, sigmaY=sigma_px * rng.uniform(0.5, 1)))
    if rng.random() < 0.1:
        reach = max(1, round(sigma_px * 1.5))
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1)).astype(np.float32)
        return np.asarray(cv2.filter2D(sharp, -1, disc / disc.sum()))
    return np.asarray(cv2.GaussianBlur(sharp, (0, 0), sigma_px))


def degraded(sharp: Samples, factor: int, rng: np.random.Generator) -> Samples:
    """The page as it might arrive: ``sharp`` made ``factor`` times smaller.

    Parameters
    ----------
    sharp : uint8 ndarray, shape (k * factor, l * factor)
    factor : int

    Returns
    -------
    uint8 ndarray, shape (k, l)
    """
    device = rng.choice(["scan", "file", "screen", "fax", "camera"], p=[0.56, 0.2, 0.12, 0.06, 0.06])
    image = sharp
    if rng.random() < 0.08:
        image = jpeg(image, int(rng.integers(30, 95)))
    large = image.astype(np.float32)
    if device == "camera":
        large = _blurred(large, factor * float(rng.uniform(0.4, 1.0)), rng)
    elif device in ("scan", "fax"):
        large = _blurred(large, factor * float(rng.uniform(0.0, 0.6)), rng)
    elif device == "file" and rng.random() < 0.5:
        large = _blurred(large, factor * float(rng.uniform(0.0, 0.4)), rng)
    small = enlarged(shrunk(large, factor, rng), rng) if device != "fax" else shrunk(large, factor, rng)
    if device in ("scan", "camera") and rng.random() < 0.3:
        soft = cv2.GaussianBlur(small, (0, 0), float(rng.uniform(0.6, 1.5)))
        small = small + float(rng.uniform(0.2, 1.2)) * (small - soft)
    if device != "screen":
        strength = float(rng.choice([0.0, 2.0, 5.0, 12.0], p=[0.2, 0.4, 0.3, 0.1]))
        grain = rng.normal(size=small.shape).astype(np.float32)
        if rng.random() < 0.2:
            grain = cv2.GaussianBlur(grain, (0, 0), 0.7) * 2
        small = small + grain * strength * float(rng.uniform(0.3, 1.0))
    if device == "fax":
        small = np.where(small < rng.uniform(90, 190), 0.0, 255.0)
        return small.astype(np.uint8)
    done = np.clip(np.rint(small), 0, 255).astype(np.uint8)
    if device != "screen" and rng.random() < 0.55:
        done = jpeg(done, int(rng.integers(70, 97)) if rng.random() < 0.75 else int(rng.integers(35, 75)))
    return done
