"""Every format in, frame by frame, at the right kind."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PIL import Image

from recto.codec import decode, probe
from recto.errors import UnreadableImageError, UnsupportedFormatError
from recto.raster import Kind
from tests.codec.files import FIXTURES, corners, pages_of_every_format, print_mask, ramp, saved

LOSSLESS: list[tuple[str, str, dict[str, Any]]] = [
    ("PNG", "PNG", {}),
    ("TIFF", "TIFF", {}),
    ("TIFF", "TIFF", {"compression": "tiff_lzw"}),
    ("TIFF", "TIFF", {"compression": "tiff_adobe_deflate"}),
    ("TIFF", "TIFF", {"compression": "packbits"}),
    ("TIFF", "TIFF", {"big_tiff": True}),
    ("BMP", "BMP", {}),
    ("WebP", "WEBP", {"lossless": True}),
]
LOSSY: list[tuple[str, str, dict[str, Any]]] = [
    ("JPEG", "JPEG", {"quality": 95}),
    ("JPEG", "JPEG", {"quality": 95, "progressive": True}),
    ("TIFF", "TIFF", {"compression": "jpeg", "quality": 95}),
    ("WebP", "WEBP", {"quality": 95}),
    ("AVIF", "AVIF", {"quality": 95}),
]


@pytest.mark.parametrize(("name", "form", "options"), LOSSLESS)
def test_lossless_colour_comes_back_to_the_pixel(name: str, form: str, options: dict[str, Any]) -> None:
    data = saved(corners(), form, **options)
    (page,) = decode(data)
    assert page.kind is Kind.COLOUR
    np.testing.assert_array_equal(page.samples, corners())
    header = probe(data)
    assert (header.format, header.width_px, header.height_px, header.frames) == (name, 64, 48, 1)


@pytest.mark.parametrize(("name", "form", "options"), LOSSY)
def test_lossy_colour_comes_back_close(name: str, form: str, options: dict[str, Any]) -> None:
    data = saved(corners(), form, **options)
    (page,) = decode(data)
    assert page.kind is Kind.COLOUR
    assert np.abs(page.samples[4:12, 4:12].astype(int) - (220, 30, 30)).max() <= 12
    assert np.abs(page.samples.astype(int) - corners()).mean() < 4
    assert probe(data).format == name


@pytest.mark.parametrize(
    ("form", "options", "slack"),
    [
        ("PNG", {}, 0),
        ("TIFF", {}, 0),
        ("BMP", {}, 0),
        ("GIF", {}, 0),
        ("WEBP", {"lossless": True}, 0),
        ("JPEG", {"quality": 95}, 6),
        ("AVIF", {"quality": 95}, 8),
    ],
)
def test_grey_stays_grey(form: str, options: dict[str, Any], slack: int) -> None:
    (page,) = decode(saved(ramp(), form, **options))
    assert page.kind is Kind.GREY
    assert np.abs(page.samples.astype(int) - ramp()).max() <= slack


@pytest.mark.parametrize(
    ("form", "options"),
    [
        ("PNG", {}),
        ("BMP", {}),
        ("GIF", {}),
        ("TIFF", {}),
        ("TIFF", {"compression": "group3"}),
        ("TIFF", {"compression": "group4"}),
        ("TIFF", {"compression": "group4", "tiffinfo": {262: 0}}),
        ("TIFF", {"compression": "group4", "tiffinfo": {262: 1}}),
        ("TIFF", {"compression": "packbits", "tiffinfo": {262: 0}}),
        ("TIFF", {"compression": "tiff_lzw", "tiffinfo": {262: 1}}),
    ],
)
def test_one_bit_is_binary_and_not_inverted(form: str, options: dict[str, Any]) -> None:
    mask = print_mask()
    (page,) = decode(saved(Image.fromarray(~mask), form, **options))
    assert page.kind is Kind.BINARY
    np.testing.assert_array_equal(page.samples == 0, mask)


def test_one_bit_png_of_paper_white_palette_is_binary() -> None:
    mask = print_mask()
    picture = Image.fromarray(mask.astype(np.uint8), mode="P")
    picture.putpalette([255, 255, 255, 0, 0, 0])
    (page,) = decode(saved(picture, "PNG", bits=1))
    assert page.kind is Kind.BINARY
    np.testing.assert_array_equal(page.samples == 0, mask)


@pytest.mark.parametrize("form", ["PNG", "TIFF", "GIF", "WEBP", "AVIF"])
def test_every_frame_comes_in_order(form: str) -> None:
    shades = (40, 120, 200)
    frames = [Image.fromarray(np.full((40, 60, 3), shade, np.uint8)) for shade in shades]
    data = saved(frames[0], form, save_all=True, append_images=frames[1:])
    assert probe(data).frames == 3
    found = [float(page.samples.mean()) for page in decode(data)]
    assert found == pytest.approx(shades, abs=3)


def test_frames_of_a_tiff_keep_their_own_size_and_kind() -> None:
    first, second = Image.fromarray(corners()), Image.fromarray(~print_mask())
    pages = list(decode(saved(first, "TIFF", save_all=True, append_images=[second])))
    assert [(page.shape, page.kind) for page in pages] == [((48, 64), Kind.COLOUR), ((61, 83), Kind.BINARY)]


def test_pages_are_decoded_when_they_are_asked_for() -> None:
    """A damaged last frame does not cost the first one."""
    rng = np.random.default_rng(1)
    noise = [Image.fromarray(rng.integers(0, 256, (64, 64), dtype=np.uint8)) for _ in range(2)]
    data = bytearray(saved(noise[0], "TIFF", save_all=True, append_images=noise[1:], compression="tiff_lzw"))
    data[-3000:-1000] = bytes(2000)
    pages = decode(bytes(data))
    np.testing.assert_array_equal(next(pages).samples, np.asarray(noise[0]))
    with pytest.raises(UnreadableImageError, match="frame 2 of 2"):
        next(pages)


def test_heic_colour_grey_and_two_pictures() -> None:
    (page,) = decode((FIXTURES / "corners.heic").read_bytes())
    assert page.kind is Kind.COLOUR
    assert page.dpi == (300, 300)
    assert np.abs(page.samples[4:12, 4:12].astype(int) - (220, 30, 30)).max() <= 14
    (grey,) = decode((FIXTURES / "ramp-grey.heic").read_bytes())
    assert grey.kind is Kind.GREY
    assert np.abs(grey.samples[0].astype(int) - np.arange(0, 256, 4)).max() <= 8
    data = (FIXTURES / "two.heic").read_bytes()
    assert probe(data).frames == 2
    first, second = decode(data)
    assert np.abs(first.samples.astype(int) + second.samples - 255).mean() < 6


def test_heic_is_turned_once() -> None:
    (page,) = decode((FIXTURES / "corners-orientation-6.heic").read_bytes())
    assert page.shape == (64, 48)
    red = page.samples[2:14, -14:-2].reshape(-1, 3).mean(axis=0)
    assert np.abs(red - (220, 30, 30)).max() <= 14


@pytest.mark.parametrize("name", pages_of_every_format())
def test_header_and_first_page_agree(name: str) -> None:
    data = pages_of_every_format()[name]
    header = probe(data)
    pages = list(decode(data))
    assert pages[0].shape == (header.height_px, header.width_px)
    assert len(pages) == header.frames
    assert not pages[0].samples.flags.writeable


def test_content_decides_and_not_a_name() -> None:
    with pytest.raises(UnsupportedFormatError, match="HTML"):
        probe(b"<!DOCTYPE html><html></html>")
    with pytest.raises(UnsupportedFormatError, match="ZIP"):
        probe(b"PK\x03\x04" + bytes(100))
    with pytest.raises(UnsupportedFormatError, match="JPEG 2000"):
        list(decode(saved(ramp(), "JPEG2000")))
    with pytest.raises(UnsupportedFormatError, match="JPEG, PNG, TIFF, BMP, GIF, WebP, AVIF, HEIC, PDF"):
        probe(b"BM is how this letter begins")
    with pytest.raises(UnreadableImageError, match="empty"):
        probe(b"")
