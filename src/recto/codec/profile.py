"""Embedded ICC profiles to sRGB."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from PIL import ImageCms

_ALMOST = 2
"""Levels by which a profile may differ from sRGB before it is worth a conversion."""


def to_srgb(picture: Image.Image, icc: bytes | None) -> Image.Image:
    """The picture in sRGB, or in grey with sRGB's curve for a grey one.

    Parameters
    ----------
    picture : PIL image in mode L, RGB, CMYK or LAB
    icc : bytes or None
        The embedded profile. Ignored when it is broken, belongs to another colour space, or is sRGB itself.

    Returns
    -------
    PIL image in mode L or RGB
    """
    if picture.mode != "LAB" and not icc:
        return _plain(picture)
    from PIL import ImageCms  # brings LittleCMS, and few pages have a profile

    if picture.mode == "LAB":
        source = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    else:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(icc or b""))
        except Exception:
            return _plain(picture)
    try:
        target = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
        intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
        flags = ImageCms.Flags.BLACKPOINTCOMPENSATION
        transform = ImageCms.buildTransform(source, target, picture.mode, "RGB", intent, flags)
        if _changes_nothing(transform, picture.mode):
            return picture
        converted = ImageCms.applyTransform(picture, transform)
    except Exception:
        return _plain(picture)
    assert converted is not None
    return converted.convert("L") if picture.mode == "L" else converted


def _plain(picture: Image.Image) -> Image.Image:
    """Without a profile: channels as they are, CMYK by subtraction."""
    return picture if picture.mode in ("L", "RGB") else picture.convert("RGB")


def _changes_nothing(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    """True when the profile is sRGB to within what can be seen, tried out on a lattice of colours."""
    if mode == "L":
        lattice = Image.fromarray(np.arange(256, dtype=np.uint8)[None, :])
    elif mode == "RGB":
        steps = np.linspace(0, 255, 9).astype(np.uint8)
        cube = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1)
        lattice = Image.fromarray(cube.reshape(9, 81, 3))
    else:
        return False
    from PIL import ImageCms

    after = ImageCms.applyTransform(lattice, transform)
    assert after is not None
    before = np.asarray(lattice.convert("RGB")).astype(np.int16)
    return int(np.abs(np.asarray(after).astype(np.int16) - before).max()) <= _ALMOST
