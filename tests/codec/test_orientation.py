"""EXIF orientation, on every kind of sample it can stand on."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from recto.codec import decode, probe
from recto.raster import Kind
from tests.codec.files import ORIENTATION, chunk, corners, exif, png, print_mask, ramp, saved, stand, tiff

ALL = range(1, 9)


@pytest.mark.parametrize("orientation", ALL)
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_colour_stands_upright(form: str, orientation: int) -> None:
    stored = np.ascontiguousarray(stand(corners(), orientation))
    data = saved(stored, form, exif=exif(orientation=orientation), quality=95)
    (page,) = decode(data)
    assert page.shape == (48, 64)
    assert (probe(data).height_px, probe(data).width_px) == (48, 64)
    assert np.abs(page.samples.astype(int) - corners()).mean() < 4


@pytest.mark.parametrize("orientation", ALL)
@pytest.mark.parametrize("kind", ["RGB", "CMYK", "L", "1"])
@pytest.mark.parametrize("compression", ["raw", "tiff_lzw"])
def test_tiff_stands_upright(kind: str, compression: str, orientation: int) -> None:
    shown = ~print_mask(48, 64) if kind == "1" else ramp() if kind == "L" else corners()
    picture = Image.fromarray(np.ascontiguousarray(stand(shown, orientation)))
    if kind == "CMYK":
        picture = picture.convert("CMYK")
    data = saved(picture, "TIFF", compression=compression, tiffinfo={ORIENTATION: orientation})
    (page,) = decode(data)
    assert (probe(data).height_px, probe(data).width_px) == (48, 64)
    expected = np.where(shown, 255, 0) if kind == "1" else shown
    np.testing.assert_array_equal(page.samples, expected)


@pytest.mark.parametrize("orientation", ALL)
def test_cmyk_jpeg_stands_upright(orientation: int) -> None:
    picture = Image.fromarray(np.ascontiguousarray(stand(corners(), orientation))).convert("CMYK")
    (page,) = decode(saved(picture, "JPEG", quality=95, exif=exif(orientation=orientation)))
    assert page.kind is Kind.COLOUR
    assert np.abs(page.samples.astype(int) - corners()).mean() < 4


@pytest.mark.parametrize("orientation", ALL)
@pytest.mark.parametrize("channels", [1, 3])
def test_sixteen_bits_stand_upright(channels: int, orientation: int) -> None:
    shown = (ramp() if channels == 1 else corners()).astype(np.uint16) * 257
    stored = np.ascontiguousarray(stand(shown, orientation))
    block = chunk(b"eXIf", exif(orientation=orientation)[6:])
    for data in (png(stored, block), tiff(stored, tags={ORIENTATION: orientation})):
        (page,) = decode(data)
        np.testing.assert_array_equal(page.samples, shown // 257)


def test_orientation_behind_the_pixels_of_a_png_counts() -> None:
    data = png(np.ascontiguousarray(stand(corners(), 6)))
    late = data[:-12] + chunk(b"eXIf", exif(orientation=6)[6:]) + data[-12:]
    assert probe(late).width_px == 64
    (page,) = decode(late)
    np.testing.assert_array_equal(page.samples, corners())


@pytest.mark.parametrize(
    "block",
    [
        exif(orientation=0),
        exif(orientation=9),
        exif(orientation=6)[:-10],
        exif(orientation=6)[:10],
        b"Exif\x00\x00",
        b"Exif\x00\x00II*\x00\xff\xff\xff\xff",
        b"Exif\x00\x00" + bytes(range(200)),
        exif(orientation=1).replace(b"\x12\x01\x03\x00", b"\x12\x01\x02\x00"),
    ],
)
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_broken_tag_is_ignored(form: str, block: bytes) -> None:
    (page,) = decode(saved(corners(), form, exif=block, quality=95))
    assert page.samples.shape == (48, 64, 3)


@pytest.mark.parametrize("value", [0, 9, 65535])
def test_a_broken_tag_of_a_tiff_is_ignored(value: int) -> None:
    (page,) = decode(tiff(corners(), tags={ORIENTATION: value}))
    np.testing.assert_array_equal(page.samples, corners())


def test_resolution_turns_with_the_page() -> None:
    data = saved(corners(), "JPEG", exif=exif(orientation=6), dpi=(300, 200))
    assert next(decode(data)).dpi == (200, 300)
    tall = saved(corners(), "TIFF", tiffinfo={ORIENTATION: 6}, dpi=(300, 200))
    assert next(decode(tall)).dpi == (200, 300)
