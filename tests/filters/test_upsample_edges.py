"""Enlarging what has edges: boxes, strokes, rules, and pages of repeated pixels."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recto.filters.upsample.blocks import block_side
from tests.filters.test_upsample import LARGE, Samples, smaller, up


@pytest.mark.parametrize(("dark", "bright"), [(0, 255), (60, 200), (255, 0), (120, 180)])
@pytest.mark.parametrize("scale", [2, 3, 4])
def test_a_sharp_edge_does_not_ring(dark: int, bright: int, scale: int) -> None:
    edge = np.full((60, 80), dark, np.uint8)
    edge[:, 40:] = bright
    for turned in (edge, edge.T):
        drawn = up(np.ascontiguousarray(turned), scale=scale).samples.astype(int)
        assert drawn.max() - max(dark, bright) < 4
        assert min(dark, bright) - drawn.min() < 4


def compressed(samples: Samples, quality: int) -> Samples:
    data = cv2.imencode(".jpg", samples, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), dtype=np.uint8)


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("quality", [30, 70])
@pytest.mark.parametrize("tone", [209, 150, 60])
def test_no_rule_is_drawn_along_the_edge_of_a_grey_box(tone: int, quality: int, scale: int) -> None:
    """A JPEG leaves waves along the edge; they are not the beginning of a black line."""
    for left in range(150, 156):
        box = np.full((240, 360), 255, np.uint8)
        box[:, left:] = tone
        small = compressed(smaller(box, scale), quality)

        drawn, plain = (int(up(small, scale=scale, method=m).samples.min()) for m in ("net", "bicubic"))
        assert drawn > plain - 40


@pytest.mark.parametrize("coloured", [False, True])
@pytest.mark.parametrize("side", [2, 3])
def test_a_page_of_doubled_pixels_is_drawn_from_one_of_each(side: int, coloured: bool) -> None:
    small = smaller(LARGE, 2)[:150, :120]
    if coloured:
        small = np.dstack([small, small // 2, 255 - small])
    doubled = np.ascontiguousarray(small.repeat(side, axis=0).repeat(side, axis=1))

    assert (up(doubled, scale=4 / side).samples == up(small, scale=4).samples).all()
    assert up(doubled, scale=4).shape == (600 * side, 480 * side)


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("side", [2, 3, 5, 8])
def test_a_code_of_whole_squares_keeps_them(side: int, scale: int) -> None:
    modules = cv2.QRCodeEncoder.create().encode("https://recto.example/1234567890")
    code = np.ascontiguousarray(np.pad(modules, 4, constant_values=255).repeat(side, axis=0).repeat(side, axis=1))
    drawn = up(code, scale=scale).samples
    middle = side * scale // 2
    assert ((drawn[middle :: side * scale, middle :: side * scale] > 127) == (code[::side, ::side] > 127)).all()
    wrong = np.abs(drawn.astype(int) - code.repeat(scale, axis=0).repeat(scale, axis=1)) > 127
    assert wrong.mean() < 0.03


@settings(max_examples=25, derandomize=True)
@given(seed=st.integers(0, 2**32 - 1), side=st.integers(1, 9))
def test_the_side_of_equal_squares_is_found(seed: int, side: int) -> None:
    rng = np.random.default_rng(seed)
    noise = rng.integers(0, 256, (31, 37), dtype=np.uint8)
    page = np.ascontiguousarray(noise.repeat(side, axis=0).repeat(side, axis=1))

    assert block_side(page) == (side if side <= 8 else 1)
    page[int(rng.integers(31 * side)), int(rng.integers(37 * side))] ^= 1
    assert block_side(page) == 1


def test_a_page_with_little_on_it_has_no_squares() -> None:
    box = np.full((120, 160), 255, np.uint8)
    box[40:80, 60:100] = 0
    assert block_side(box) == 1


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_strokes_keep_their_width(scale: int) -> None:
    drawn = up(LARGE, scale=scale).samples

    before, after = (255.0 - LARGE).sum(), (255.0 - drawn).sum() / scale**2
    assert after == pytest.approx(before, rel=0.05)


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("thick", [1, 2, 3, 6])
def test_a_thin_rule_stays_whole_and_as_heavy_as_it_was(thick: int, scale: int) -> None:
    sharp = np.full((120, 480), 255, np.uint8)
    sharp[60 : 60 + thick, 48:432] = 0
    small = smaller(sharp, scale)
    drawn = up(small, scale=scale).samples[:, 96:384]
    plain = up(small, scale=scale, method="bicubic").samples[:, 96:384]

    weight_px = (255.0 - drawn).sum(axis=0) / 255
    assert np.abs(weight_px - thick).max() < max(0.2 * thick, 0.35)
    assert drawn.min(axis=0).max() <= plain.min(axis=0).max() + 16
