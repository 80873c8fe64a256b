"""What comes out: small, exact, and of the page's own depth."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from recto.codec import decode, encode_png
from recto.raster import Dpi, Kind, Page
from tests.codec.files import corners, print_mask, ramp
from tests.pages import photograph, text_page

PAGES = {
    "binary": Page.of(print_mask()),
    "text": Page.of(text_page(400, 300)),
    "grey": Page(ramp(), Kind.GREY),
    "flat grey": Page(np.full((50, 40), 200, np.uint8), Kind.GREY),
    "two-toned grey": Page(np.where(print_mask(), 0, 255).astype(np.uint8), Kind.GREY),
    "colour": Page.of(corners()),
    "noise": Page.of(photograph(60, 50)),
    "one pixel": Page.of(np.zeros((1, 1), np.uint8)),
    "one grey pixel": Page(np.full((1, 1), 77, np.uint8), Kind.GREY),
    "one red pixel": Page.of(np.array([[[255, 0, 0]]], np.uint8)),
    "thin": Page.of(np.full((5000, 1), 90, np.uint8)),
    "wide": Page.of(np.tile(np.array([0, 255, 255], np.uint8), (1, 1667))),
}


@pytest.mark.parametrize("name", PAGES)
def test_what_is_written_is_read_back(name: str) -> None:
    page = PAGES[name]
    (back,) = decode(encode_png(page))
    assert back.kind is page.kind
    np.testing.assert_array_equal(back.samples, page.samples)
    assert encode_png(page) == encode_png(page)


@pytest.mark.parametrize(("name", "bits", "colour"), [("binary", 1, 0), ("grey", 8, 0), ("colour", 8, 2)])
def test_depth_follows_the_kind(name: str, bits: int, colour: int) -> None:
    data = encode_png(PAGES[name])
    width, height, *rest = struct.unpack(">IIBBBBB", data[16:29])
    assert (height, width) == PAGES[name].shape
    assert rest == [bits, colour, 0, 0, 0]
    with Image.open(io.BytesIO(data)) as opened:
        opened.verify()


def test_a_binary_page_is_small() -> None:
    page = Page.of(text_page(1100, 800) < 128)
    assert len(encode_png(page)) < page.samples.size / 8 / 2


@pytest.mark.parametrize("name", ["binary", "grey", "colour"])
def test_resolution_is_written_and_only_when_known(name: str) -> None:
    page = PAGES[name]
    with Image.open(io.BytesIO(encode_png(page))) as opened:
        assert "dpi" not in opened.info
    with Image.open(io.BytesIO(encode_png(Page(page.samples, page.kind, Dpi(300, 600))))) as opened:
        assert opened.info["dpi"] == pytest.approx((300, 600), abs=0.02)


@given(
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    channels=st.sampled_from([1, 3]),
    levels=st.sampled_from([1, 2, 5, 256]),
    seed=st.integers(0, 1000),
)
@settings(max_examples=60, derandomize=True)
def test_any_samples_survive(height: int, width: int, channels: int, levels: int, seed: int) -> None:
    shape = (height, width) if channels == 1 else (height, width, 3)
    samples = (np.random.default_rng(seed).integers(0, levels, shape) * (255 // max(levels - 1, 1))).astype(np.uint8)
    page = Page.of(samples)
    (back,) = decode(encode_png(page))
    assert back.kind is page.kind
    np.testing.assert_array_equal(back.samples, page.samples)
