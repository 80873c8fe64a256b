"""HEIC, read with pi-heif (libheif and libde265, decoding only)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pi_heif
from PIL import Image

from recto.codec import containers, normalise, resolution
from recto.codec.faults import reading
from recto.codec.limits import Limits
from recto.codec.sniff import Format
from recto.raster import Page

# What is no page is not even looked at.
pi_heif.options.THUMBNAILS = False
pi_heif.options.DEPTH_IMAGES = False
pi_heif.options.AUX_IMAGES = False


class HeicFile:
    """An opened HEIC file; libheif turns and mirrors by itself, so EXIF orientation must not be applied again.

    Attributes
    ----------
    frames : int
    shape : tuple of int
        ``(H, W)`` of the first picture.

    Raises
    ------
    UnreadableImageError, LimitError
    """

    def __init__(self, data: bytes, limits: Limits) -> None:
        with reading(Format.HEIC):
            containers.check_boxes(data, Format.HEIC)
            containers.check_item_names(data)
            self._file: Any = pi_heif.open_heif(data, convert_hdr_to_8bit=True)
            self.frames = len(self._file)
            limits.check_frames(self.frames)
            for picture in self._file:
                limits.check_pixels(*picture.size)
            width, height = self._file[0].size
        self.shape = (height, width)

    def pages(self) -> Iterator[Page]:
        """Every picture, decoded when it is asked for and forgotten afterwards."""
        for frame in range(self.frames):
            what = Format.HEIC if self.frames == 1 else f"{Format.HEIC} (picture {frame + 1} of {self.frames})"
            with reading(what):
                page = _page(self._file[frame])
                self._file[frame]._data = None
            yield page


def _page(picture: Any) -> Page:
    pixels = np.asarray(picture)
    if pixels.dtype == np.uint16:
        # Monochrome pictures of 10 and 12 bits come in 16.
        pixels = (pixels.astype(np.uint32) + 128) // 257
    width, height = picture.size
    flat = Image.fromarray(np.ascontiguousarray(pixels[:height, :width], dtype=np.uint8))
    flat.info["icc_profile"] = picture.info.get("icc_profile")
    samples, kind = normalise.flatten(flat)
    exif = Image.Exif()
    try:
        exif.load(picture.info.get("exif") or b"")
        stated = resolution.stated_by_exif(exif)
    except Exception:
        stated = []
    return Page(samples, kind, resolution.first_believable(stated))
