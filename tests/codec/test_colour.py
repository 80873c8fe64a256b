"""Alpha, palettes, inks and profiles end as sRGB or grey on white paper."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageCms

from recto.codec import decode
from recto.raster import Kind
from tests.codec.files import chunk, corners, png, ramp, saved


@pytest.mark.parametrize("form", ["PNG", "TIFF", "WEBP"])
def test_alpha_lies_on_white(form: str) -> None:
    rgba = np.dstack([corners(), np.full((48, 64), 255, np.uint8)])
    rgba[20:30, 20:30] = (0, 0, 0, 0)
    rgba[32:40, 20:30] = (0, 0, 0, 128)
    (page,) = decode(saved(rgba, form, **({"lossless": True, "exact": True} if form == "WEBP" else {})))
    assert page.kind is Kind.COLOUR
    assert (page.samples[20:30, 20:30] == 255).all()
    assert (page.samples[32:40, 20:30] == 127).all()
    np.testing.assert_array_equal(page.samples[:16], corners()[:16])


def test_grey_with_alpha_stays_grey() -> None:
    la = np.dstack([ramp(), np.full((48, 64), 255, np.uint8)])
    la[10:20, 10:20] = (0, 0)
    (page,) = decode(png(la))
    assert page.kind is Kind.GREY
    assert (page.samples[10:20, 10:20] == 255).all()
    np.testing.assert_array_equal(page.samples[30:], ramp()[30:])


@pytest.mark.parametrize("bits", [2, 4, 8])
def test_transparent_grey_lies_on_white(bits: int) -> None:
    packed = np.full((4, 8), 0, np.uint8)
    packed[2:] = 0b01010101 if bits == 2 else 0b00010001 if bits == 4 else 1
    (page,) = decode(png(packed, chunk(b"tRNS", struct.pack(">H", 1)), bits=bits, colour=0))
    assert page.kind is Kind.GREY
    assert (page.samples[2:] == 255).all()
    assert (page.samples[:2] == 0).all()


def test_transparent_colour_lies_on_white() -> None:
    (page,) = decode(png(corners(), chunk(b"tRNS", struct.pack(">HHH", 220, 30, 30))))
    assert (page.samples[:16, :16] == 255).all()
    np.testing.assert_array_equal(page.samples[20:], corners()[20:])


def test_palette_with_transparency() -> None:
    picture = Image.fromarray(corners()).quantize(8)
    index = picture.getpixel((20, 20))
    assert isinstance(index, int)
    for form in ("PNG", "GIF"):
        (page,) = decode(saved(picture, form, transparency=index))
        assert page.kind is Kind.COLOUR
        assert (page.samples[20:30, 20:40] == 255).all()
        assert np.abs(page.samples[:16, :16].astype(int) - (220, 30, 30)).max() <= 2


def test_grey_palette_is_grey() -> None:
    picture = Image.fromarray(ramp()).convert("RGB").quantize(16)
    (page,) = decode(saved(picture, "PNG"))
    assert page.kind is Kind.GREY


def test_adobe_inks_are_not_inverted() -> None:
    """Pillow writes Adobe's marker and turns the inks round, as Photoshop does."""
    cmyk = Image.fromarray(corners()).convert("CMYK")
    data = saved(cmyk, "JPEG", quality=95)
    assert b"Adobe" in data
    (page,) = decode(data)
    assert np.abs(page.samples.astype(int) - corners()).mean() < 4


def test_inks_without_adobes_marker_are_taken_as_they_are() -> None:
    upside_down = Image.fromarray(255 - np.asarray(Image.fromarray(corners()).convert("CMYK")), "CMYK")
    data = saved(upside_down, "JPEG", quality=95)
    at = data.index(b"Adobe") - 4
    length = int.from_bytes(data[at + 2 : at + 4], "big")
    (page,) = decode(data[:at] + data[at + 2 + length :])
    assert np.abs(page.samples.astype(int) - corners()).mean() < 4


def test_paper_of_a_cmyk_tiff_is_white() -> None:
    none = Image.new("CMYK", (20, 10), (0, 0, 0, 0))
    (page,) = decode(saved(none, "TIFF"))
    assert (page.samples == 255).all()


def test_lab_becomes_srgb() -> None:
    lab = ImageCms.createProfile("LAB")
    convert = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), lab, "RGB", "LAB")
    picture = ImageCms.applyTransform(Image.fromarray(corners()), convert)
    assert picture is not None
    (page,) = decode(saved(picture, "TIFF"))
    assert np.abs(page.samples.astype(int) - corners()).max() <= 8


def test_srgb_profile_changes_nothing() -> None:
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    (page,) = decode(saved(corners(), "PNG", icc_profile=icc))
    np.testing.assert_array_equal(page.samples, corners())


@pytest.mark.parametrize("form", ["PNG", "JPEG", "TIFF", "WEBP", "AVIF"])
def test_swapped_primaries_are_put_right(form: str) -> None:
    """Under a profile whose red and blue primaries change places, stored blue is red."""
    (page,) = decode(saved(corners()[..., ::-1].copy(), form, icc_profile=swapped_profile(), quality=95))
    assert page.kind is Kind.COLOUR
    assert np.abs(page.samples.astype(int) - corners()).mean() < 6


def test_grey_profile_keeps_grey_and_changes_its_curve() -> None:
    (page,) = decode(saved(ramp(), "PNG", icc_profile=grey_profile(gamma=1.0)))
    assert page.kind is Kind.GREY
    linear = ramp().astype(float) / 255
    srgb = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055) * 255
    away = np.abs(page.samples - srgb)
    assert away[ramp() > 20].max() <= 3
    assert away.mean() < 1


@pytest.mark.parametrize("icc", [b"no profile", b"\x00" * 200])
def test_a_broken_profile_is_ignored(icc: bytes) -> None:
    for form in ("PNG", "JPEG", "TIFF"):
        (page,) = decode(saved(corners(), form, icc_profile=icc, quality=95))
        assert np.abs(page.samples.astype(int) - corners()).mean() < 4


def test_a_profile_of_another_colour_space_is_ignored() -> None:
    (page,) = decode(saved(corners(), "PNG", icc_profile=grey_profile(gamma=1.0)))
    np.testing.assert_array_equal(page.samples, corners())
    (inks,) = decode(saved(Image.fromarray(corners()).convert("CMYK"), "TIFF", icc_profile=swapped_profile()))
    np.testing.assert_array_equal(inks.samples, corners())


def swapped_profile() -> bytes:
    """An sRGB profile whose red and blue primaries have changed places."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for k in range(struct.unpack_from(">I", data, 128)[0]):
        at = 132 + 12 * k
        name = bytes(data[at : at + 4])
        data[at : at + 4] = {b"rXYZ": b"bXYZ", b"bXYZ": b"rXYZ"}.get(name, name)
    return bytes(data)


def grey_profile(gamma: float) -> bytes:
    """A monochrome display profile with one gamma, written by hand (ICC.1:2001-04)."""
    white = struct.pack(">4s4xiii", b"XYZ ", round(0.9642 * 65536), 65536, round(0.8249 * 65536))
    curve = struct.pack(">4s4xIH2x", b"curv", 1, round(gamma * 256))
    text = b"desc\x00\x00\x00\x00" + struct.pack(">I", 5) + b"grey\x00" + bytes(78 + 1)
    tags = [(b"desc", text), (b"wtpt", white), (b"kTRC", curve)]
    table, body, at = struct.pack(">I", len(tags)), b"", 128 + 4 + 12 * len(tags)
    for name, block in tags:
        table += struct.pack(">4sII", name, at + len(body), len(block))
        body += block + bytes(-len(block) % 4)
    size = at + len(body)
    head = struct.pack(">I4sI4s4s4s", size, b"\x00" * 4, 0x02100000, b"mntr", b"GRAY", b"XYZ ")
    head += struct.pack(">6H4s", 2026, 1, 1, 0, 0, 0, b"acsp") + bytes(28)
    head += struct.pack(">iii", round(0.9642 * 65536), 65536, round(0.8249 * 65536))
    profile = head.ljust(128, b"\x00") + table + body
    ImageCms.ImageCmsProfile(io.BytesIO(profile))
    return profile
