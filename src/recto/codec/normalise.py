"""From a decoded picture of any mode to the samples and the kind of a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from recto.codec.deep import to_eight
from recto.codec.profile import to_srgb
from recto.raster import Kind

Samples = NDArray[np.uint8]
Mask = NDArray[np.bool_]

_UPRIGHT = 1


def flatten(picture: Image.Image, *, tells_colour: bool = True, tells_depth: bool = True) -> tuple[Samples, Kind]:
    """Samples of an 8-bit picture: profile applied, alpha laid on white.

    Parameters
    ----------
    picture : PIL image
        Of any mode with up to eight bits a channel.
    tells_colour : bool
        False for formats that cannot say "grey": then a picture whose channels are all equal is grey.
        Always so for a palette.
    tells_depth : bool
        False for formats that cannot say "one bit": then a picture of nothing but black and white is binary.
        Always so for a palette.
    """
    info = picture.info
    if picture.mode == "1":
        bits = np.where(np.asarray(picture), np.uint8(255), np.uint8(0))
        clear = info.get("transparency")
        return (bits if clear != 0 else np.full_like(bits, 255)), Kind.BINARY
    has_palette = picture.mode in ("P", "PA")
    colour, alpha = _split(picture)
    samples = np.asarray(to_srgb(colour, _profile(info)))
    if alpha is not None:
        samples = on_white(samples, alpha)
    kind = Kind.GREY if samples.ndim == 2 else Kind.COLOUR
    if kind is Kind.COLOUR and (has_palette or not tells_colour):
        samples, kind = without_colour(samples)
    if kind is Kind.GREY and (has_palette or not tells_depth) and bool(((samples == 0) | (samples == 255)).all()):
        kind = Kind.BINARY
    return samples, kind


def flatten_deep(samples: NDArray[np.uint16], info: Mapping[Any, Any], *, cmyk: bool = False) -> tuple[Samples, Kind]:
    """Samples of a 16-bit picture with two (grey and alpha), three (RGB) or four channels (RGBA or CMYK)."""
    key = info.get("transparency")
    eight = to_eight(samples, 65535)
    channels = samples.shape[2]
    mode = "CMYK" if cmyk else {2: "LA", 3: "RGB", 4: "RGBA"}[channels]
    if mode == "CMYK":
        return np.asarray(to_srgb(Image.fromarray(eight, mode), _profile(info))), Kind.COLOUR
    colour = np.ascontiguousarray(eight[..., 0] if mode == "LA" else eight[..., :3])
    flat = np.asarray(to_srgb(Image.fromarray(colour), _profile(info)))
    if mode != "RGB":
        flat = on_white(flat, eight[..., -1])
    elif isinstance(key, tuple) and len(key) == 3:
        flat = flat.copy()
        flat[(samples == np.array(key)).all(axis=2)] = 255
    return flat, Kind.GREY if mode == "LA" else Kind.COLOUR


def on_white(samples: Samples, alpha: Samples) -> Samples:
    """``samples`` over white paper, rounded."""
    if int(alpha.min()) == 255:
        return samples
    weight = alpha.astype(np.uint16)
    if samples.ndim == 3:
        weight = weight[..., None]
    mixed = samples * weight + np.uint16(255) * (255 - weight)
    return ((mixed.astype(np.uint32) + 127) // 255).astype(np.uint8)


def without_colour(samples: Samples) -> tuple[Samples, Kind]:
    """Grey when all three channels are equal everywhere, else as it is."""
    red, green, blue = cv2.split(np.ascontiguousarray(samples))
    if not (np.array_equal(red, green) and np.array_equal(green, blue)):
        return samples, Kind.COLOUR
    return np.asarray(red, dtype=np.uint8), Kind.GREY


def upright(samples: Samples, orientation: int) -> Samples:
    """The samples turned and mirrored as the EXIF orientation 1 to 8 asks."""
    transposed = np.swapaxes(samples, 0, 1) if orientation >= 5 else samples
    flip_y = orientation in (3, 4, 7, 8)
    flip_x = orientation in (2, 3, 6, 7)
    turned = transposed[:: -1 if flip_y else 1, :: -1 if flip_x else 1]
    return samples if orientation == _UPRIGHT else np.ascontiguousarray(turned)


def _profile(info: Mapping[Any, Any]) -> bytes | None:
    icc = info.get("icc_profile")
    return icc if isinstance(icc, bytes) and icc else None


def _split(picture: Image.Image) -> tuple[Image.Image, Samples | None]:
    """The colour channels as L, RGB, CMYK or LAB, and the alpha channel if there is one."""
    key = picture.info.get("transparency")
    if picture.mode == "PA" or (picture.mode == "P" and key is not None):
        picture = picture.convert("RGBA")
    elif picture.mode in ("La", "RGBa"):
        picture = picture.convert({"La": "LA", "RGBa": "RGBA"}[picture.mode])
    if picture.mode in ("LA", "RGBA"):
        bands = picture.split()
        colour = bands[0] if picture.mode == "LA" else Image.merge("RGB", bands[:3])
        return colour, np.asarray(bands[-1])
    if picture.mode == "L" and isinstance(key, int):
        return picture, np.where(np.asarray(picture) == key, np.uint8(0), np.uint8(255))
    if picture.mode == "RGB" and isinstance(key, tuple) and len(key) == 3:
        clear: Mask = (np.asarray(picture) == np.array(key)).all(axis=2)
        return picture, np.where(clear, np.uint8(0), np.uint8(255))
    if picture.mode not in ("L", "RGB", "CMYK", "LAB"):
        picture = picture.convert("RGB")
    return picture, None
