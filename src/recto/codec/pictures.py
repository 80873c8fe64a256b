"""JPEG, PNG, TIFF, BMP, GIF, WebP and AVIF, read with Pillow."""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import numpy as np
from PIL import Image, ImageFile, UnidentifiedImageError

from recto.codec import containers, deep, normalise, plain_tiff, resolution
from recto.codec.faults import reading
from recto.codec.limits import Limits
from recto.codec.sniff import Format
from recto.codec.tiff import Directory, read_directories
from recto.errors import UnreadableImageError
from recto.raster import Dpi, Kind, Page

# The limits of this room are checked on headers, before Pillow allocates anything, and can be raised by the
# caller; Pillow's own limit is a constant that cannot, and warns besides.
Image.MAX_IMAGE_PIXELS = None

_ORIENTATION = 274
_WITHOUT_GREY = (Format.GIF, Format.WEBP, Format.AVIF)
"""Formats that cannot say that a picture is grey."""


class PictureFile:
    """An opened file: its header is read and checked, its pixels are not decoded.

    Attributes
    ----------
    frames : int
    shape : tuple of int
        ``(H, W)`` of the first frame, orientation applied.

    Raises
    ------
    UnreadableImageError, LimitError
    """

    def __init__(self, data: bytes, form: Format, limits: Limits) -> None:
        self._form = form
        self._limits = limits
        self._directories: list[Directory] = []
        with reading(form):
            self._data = containers.without_png_bombs(data) if form is Format.PNG else data
            frames = self._check_container()
            if self._directories:
                self._exif: dict[int, Any] = {}
                self.frames = frames
                height, width = self._directories[0].shown_shape
            else:
                width, height = self._picture.size
                limits.check_pixels(width, height)
                self.frames = frames or int(getattr(self._picture, "n_frames", 1))
                limits.check_frames(self.frames)
                self._exif = _exif(self._picture, self._data)
        # Pillow turns the pixels of a TIFF itself, and states its size as shown.
        self._orientation = _orientation(self._exif)
        self.shape = (width, height) if self._orientation >= 5 else (height, width)

    def _check_container(self) -> int:
        """Is the file whole? Gives the number of frames where Pillow would be slow or lenient, else 0."""
        if self._form is Format.TIFF:
            self._directories = read_directories(self._data, self._limits)
            return len(self._directories)
        if self._form is Format.GIF:
            return containers.count_gif_frames(self._data)
        if self._form is Format.AVIF:
            containers.check_boxes(self._data, self._form)
        if self._form is Format.WEBP:
            containers.check_riff(self._data)
            self._limits.check_pixels(*(containers.webp_size(self._data) or (0, 0)))
        if self._form is Format.JPEG:
            self._jpeg_end = containers.find_jpeg_end(self._data)
        # A phone's JPEG carries gain maps and depth as further pictures: they are no pages.
        return 1 if self._form is Format.JPEG else 0

    def pages(self) -> Iterator[Page]:
        """Every frame, decoded when it is asked for."""
        for frame in range(self.frames):
            what = self._form if self.frames == 1 else f"{self._form} (frame {frame + 1} of {self.frames})"
            with reading(what):
                page = self._page(frame)
            yield page

    @cached_property
    def _picture(self) -> ImageFile.ImageFile:
        """The file as Pillow sees it, opened when it is first needed."""
        try:
            return Image.open(io.BytesIO(self._data), formats=[self._form.upper()])
        except UnidentifiedImageError as fault:
            if not self._directories:
                raise
            first = self._directories[0]
            raise UnreadableImageError(
                f"The TIFF stores its pixels in a way that is not read: {first.channels} x {first.bits} bits, "
                f"compression {first.compression}, photometric {first.photometric}."
            ) from fault

    def _page(self, frame: int) -> Page:
        if self._directories and plain_tiff.suits(self._directories[frame]):
            return plain_tiff.read(self._data, self._directories[frame])
        picture = self._picture
        picture.seek(frame)
        self._limits.check_pixels(*picture.size)
        dpi = resolution.first_believable(self._stated_dpi(picture))
        samples, kind = self._samples(picture, frame)
        turned = self._directories[frame].orientation if self._directories else self._orientation
        if dpi is not None and turned >= 5:
            dpi = Dpi(dpi.y, dpi.x)
        return Page(normalise.upright(samples, self._orientation), kind, dpi)

    def _stated_dpi(self, picture: Image.Image) -> list[tuple[float, float]]:
        """What the file says about its resolution, the most specific first."""
        stated = resolution.stated_by_info(picture.info)
        return stated + resolution.stated_by_exif(self._exif)

    def _samples(self, picture: ImageFile.ImageFile, frame: int) -> tuple[normalise.Samples, Kind]:
        if deep.is_deep_colour(picture) and (self._form is Format.TIFF or self.frames == 1):
            values = deep.read_deep_colour(self._data, picture, frame)
            return normalise.flatten_deep(values, picture.info, cmyk=picture.mode == "CMYK")
        if picture.mode.startswith("I") or picture.mode == "F":
            return self._deep_grey(picture, frame)
        key = _whole_key(picture)
        picture.load()
        if self._form is Format.JPEG:
            self._check_jpeg_rows(picture)
        if self._form is Format.JPEG and picture.mode == "CMYK" and "adobe" not in picture.info:
            # Pillow takes every CMYK JPEG for Adobe's, which stores the inks upside down.
            inks = Image.fromarray(255 - np.asarray(picture), "CMYK")
            inks.info["icc_profile"] = picture.info.get("icc_profile")
            return normalise.flatten(inks)
        if key is not None:
            picture.info["transparency"] = key
        return normalise.flatten(
            picture, tells_colour=self._form not in _WITHOUT_GREY, tells_depth=self._form is not Format.GIF
        )

    def _check_jpeg_rows(self, picture: ImageFile.ImageFile) -> None:
        """An end mark that comes too early leaves the rest of the picture flat, and libjpeg says nothing.

        Where the last block is flat, the picture is decoded again at an eighth of its size with noise before
        the mark: a whole picture does not look at it.
        """
        width, height = picture.size
        last = np.asarray(picture.crop((max(0, width - 4), max(0, height - 4), width, height)))
        if "progressive" in picture.info or (last != last[0, 0]).any():
            return
        noisy = containers.with_noise_at_jpeg_end(self._data, self._jpeg_end)
        if not np.array_equal(_eighth(self._data), _eighth(noisy)):
            raise UnreadableImageError("The JPEG is truncated: its end mark comes before its last row.")

    def _deep_grey(self, picture: ImageFile.ImageFile, frame: int) -> tuple[normalise.Samples, Kind]:
        values: Any = np.asarray(picture)
        directory = self._directories[frame] if self._directories else None
        bits = directory.bits if directory else 16
        if picture.mode == "F":
            grey = deep.floats_to_eight(values)
        else:
            signed = directory is not None and directory.sample_format == 2
            if picture.mode == "I" and bits == 32 and not signed:
                values = values.view(np.uint32)
            grey = deep.integers_to_eight(values, bits, signed)
        if directory and directory.photometric == 0:
            # White is zero, which Pillow heeds up to eight bits only.
            grey = 255 - grey
        key = picture.info.get("transparency")
        flat = Image.fromarray(grey)
        flat.info["icc_profile"] = picture.info.get("icc_profile")
        samples, kind = normalise.flatten(flat)
        if isinstance(key, int):
            samples = np.where(values == key, np.uint8(255), samples)
        return samples, kind


def _eighth(data: bytes) -> np.ndarray[Any, Any]:
    """A JPEG at an eighth of its size, which is quick: only the mean of each block is worked out."""
    picture = Image.open(io.BytesIO(data), formats=["JPEG"])
    picture.draft(None, (1, 1))
    return np.asarray(picture)


def _whole_key(picture: ImageFile.ImageFile) -> int | None:
    """The transparent grey of a PNG with 2 or 4 bits, on the scale of the decoded samples."""
    key = picture.info.get("transparency")
    if picture.mode != "L" or not isinstance(key, int) or not picture.tile:
        return None
    raw = picture.tile[0].args
    return key * {"L;2": 85, "L;4": 17}.get(str(raw), 1)


def _exif(picture: Image.Image, data: bytes) -> dict[int, Any]:
    """The tags of the first EXIF directory; none when EXIF is damaged."""
    if picture.format == "PNG" and "exif" not in picture.info:
        exif = containers.find_png_exif(data)
        if exif:
            picture.info["exif"] = exif
    try:
        # PNG's own method decodes the whole picture in search of a late chunk.
        return dict(Image.Image.getexif(picture))
    except Exception:
        return {}


def _orientation(exif: dict[int, Any]) -> int:
    """EXIF orientation 1 to 8; 1 when there is none or it is damaged."""
    value = exif.get(_ORIENTATION, 1)
    return value if isinstance(value, int) and 1 <= value <= 8 else 1
