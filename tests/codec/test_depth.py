"""More than eight bits are scaled to eight and rounded, never cut and never inverted."""

from __future__ import annotations

import struct
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from recto.codec import decode
from recto.errors import UnreadableImageError
from recto.raster import Kind
from tests.codec.files import chunk, png, ramp, saved, tiff


def sixteen(channels: int) -> NDArray[np.uint16]:
    """Every level of sixteen bits turns up somewhere, the two ends for certain."""
    rng = np.random.default_rng(channels)
    values = rng.integers(0, 65536, (60, 70, channels), dtype=np.uint16)
    values[0, 0], values[0, 1] = 0, 65535
    return values[..., 0] if channels == 1 else values


def rounded(values: NDArray[Any], full: float = 65535) -> NDArray[np.uint8]:
    return np.rint(values.astype(np.float64) * 255 / full).astype(np.uint8)


@pytest.mark.parametrize("channels", [1, 3])
def test_sixteen_bit_png(channels: int) -> None:
    (page,) = decode(png(sixteen(channels)))
    assert page.kind is (Kind.GREY if channels == 1 else Kind.COLOUR)
    np.testing.assert_array_equal(page.samples, rounded(sixteen(channels)))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("order", ["<", ">"])
def test_sixteen_bit_tiff(channels: int, order: str) -> None:
    (page,) = decode(tiff(sixteen(channels), order=order))
    assert page.kind is (Kind.GREY if channels == 1 else Kind.COLOUR)
    np.testing.assert_array_equal(page.samples, rounded(sixteen(channels)))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("code", [1, 5, 8])
def test_sixteen_bit_tiff_of_another_writer(channels: int, code: int) -> None:
    values = sixteen(channels)
    stored = values if channels == 1 else np.ascontiguousarray(values[..., ::-1])
    _, data = cv2.imencode(".tif", stored, [cv2.IMWRITE_TIFF_COMPRESSION, code])
    (page,) = decode(data.tobytes())
    np.testing.assert_array_equal(page.samples, rounded(values))


def test_sixteen_bit_second_frame() -> None:
    frames = [np.full((30, 40, 3), 1000, np.uint16), sixteen(3)[:30, :40]]
    _, data = cv2.imencodemulti(".tif", [np.ascontiguousarray(f[..., ::-1]) for f in frames])
    pages = list(decode(data.tobytes()))
    np.testing.assert_array_equal(pages[1].samples, rounded(frames[1]))


def test_sixteen_bit_alpha_lies_on_white() -> None:
    values = sixteen(4)
    values[..., 3] = 65535
    values[10:20, 10:20] = 0
    for data in (png(values), tiff(values, tags={262: 2, 338: 2})):
        (page,) = decode(data)
        assert page.kind is Kind.COLOUR
        assert (page.samples[10:20, 10:20] == 255).all()
        np.testing.assert_array_equal(page.samples[30:], rounded(values[30:, :, :3]))


def test_sixteen_bit_grey_with_alpha_stays_grey() -> None:
    values = sixteen(2)
    values[..., 1] = 65535
    values[10:20] = 0
    (page,) = decode(png(values))
    assert page.kind is Kind.GREY
    assert (page.samples[10:20] == 255).all()
    np.testing.assert_array_equal(page.samples[30:], rounded(values[30:, :, 0]))


def test_sixteen_bit_inks() -> None:
    values = np.zeros((20, 30, 4), np.uint16)
    values[:10, :, 3] = 65535
    (page,) = decode(tiff(values))
    assert (page.samples[:10] == 0).all()
    assert (page.samples[10:] == 255).all()


def test_transparent_sixteen_bit_colours_lie_on_white() -> None:
    grey, colour = sixteen(1), sixteen(3)
    grey[5:8] = 1234
    colour[5:8] = (1, 2, 3)
    (first,) = decode(png(grey, chunk(b"tRNS", struct.pack(">H", 1234))))
    (second,) = decode(png(colour, chunk(b"tRNS", struct.pack(">HHH", 1, 2, 3))))
    assert (first.samples[5:8] == 255).all()
    assert (second.samples[5:8] == 255).all()
    np.testing.assert_array_equal(second.samples[20:], rounded(colour[20:]))


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("depth", [8, 16])
def test_white_is_zero_is_turned_round(depth: int, order: str) -> None:
    values = ramp() if depth == 8 else ramp().astype(np.uint16) * 257
    (page,) = decode(tiff(values, order=order, tags={262: 0}))
    np.testing.assert_array_equal(page.samples, 255 - ramp())


@pytest.mark.parametrize("photometric", [0, 1])
@pytest.mark.parametrize("order", ["<", ">"])
def test_uncompressed_one_bit_tiff_by_hand(order: str, photometric: int) -> None:
    bits = np.random.default_rng(0).random((20, 64)) < 0.5
    packed = np.packbits(bits, axis=1)
    (page,) = decode(tiff(packed, order=order, tags={256: 64, 258: 1, 262: photometric}))
    assert page.kind is Kind.BINARY
    np.testing.assert_array_equal(page.samples == 255, bits if photometric else ~bits)


def test_signed_and_wide_integers() -> None:
    grey = ramp().astype(np.int32)
    cases = {
        "signed 16, from -32768": (grey * 257 - 32768).astype(np.int16),
        "32 bits that hold 8": grey.astype(np.uint32),
        "32 bits that hold 16": (grey * 257).astype(np.uint32),
        "all of 32 bits": grey.astype(np.uint32) * np.uint32(16843009),
    }
    cases["all of 32 bits"][0, 0] = 2**32 - 1
    for name, values in cases.items():
        (page,) = decode(tiff(values))
        assert page.kind is Kind.GREY, name
        assert np.abs(page.samples[1:].astype(int) - ramp()[1:]).max() <= 1 or "16" in name, name


@pytest.mark.parametrize("full", [1.0, 255.0, 65535.0])
def test_floats(full: float) -> None:
    values = (ramp() / 255 * full).astype(np.float32)
    values[0, 0], values[0, 1], values[0, 2] = full, np.nan, 0
    (page,) = decode(tiff(values))
    assert page.kind is Kind.GREY
    assert page.samples[0, 1] == 255
    assert np.abs(page.samples[1:].astype(int) - ramp()[1:]).max() <= 1


def test_floats_of_any_range_are_stretched() -> None:
    values = (ramp() * 1e6 - 5e7).astype(np.float32)
    (page,) = decode(saved(Image.fromarray(values), "TIFF"))
    assert (page.samples.min(), page.samples.max()) == (0, 255)


def test_two_and_four_bits() -> None:
    for bits in (2, 4):
        levels = np.arange(64, dtype=np.uint8) % (1 << bits)
        row = np.packbits(((levels[:, None] >> np.arange(bits)[::-1]) & 1).ravel())
        (page,) = decode(png(np.tile(row, (5, 1)), bits=bits))
        np.testing.assert_array_equal(page.samples[0], levels * (255 // ((1 << bits) - 1)))


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("dtype", ["f4", "f8", "f2", "u4", "u2"])
@pytest.mark.parametrize("planar", [1, 2])
def test_wide_colour_and_separate_channels(planar: int, dtype: str, order: str) -> None:
    values = (sixteen(3) / 65535).astype(np.float32)
    stored = values.astype(dtype) if dtype[0] == "f" else np.rint(values.astype(float) * (2 ** (8 * int(dtype[1])) - 1))
    stored = stored.astype(dtype)
    if planar == 2:
        layout = np.ascontiguousarray(np.moveaxis(stored, -1, 0)).reshape(stored.shape)
        data = tiff(layout, order=order, tags={284: 2}, strips=3)
    else:
        data = tiff(stored, order=order)
    (page,) = decode(data)
    assert page.kind is Kind.COLOUR
    assert np.abs(page.samples.astype(float) - values * 255).max() <= 0.63


def test_pixels_stored_in_an_unknown_way_are_described() -> None:
    with pytest.raises(UnreadableImageError, match="2 x 16 bits, compression 1, photometric 32845"):
        next(decode(tiff(sixteen(2), tags={262: 32845})))
