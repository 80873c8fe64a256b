from __future__ import annotations

import colorsys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recto.filters.contrast import Contrast, ContrastParams
from recto.raster import Dpi, Kind, Page
from tests.pages import photograph, text_page


def faint(low: int = 90, high: int = 180) -> np.ndarray:
    return (low + text_page().astype(float) * (high - low) / 255).astype(np.uint8)


def test_a_faint_page_spans_black_to_white() -> None:
    change = Contrast().apply(Page.of(faint(), Dpi(200, 200)), ContrastParams())
    assert change.page is not None
    assert change.page.dpi == Dpi(200, 200)
    assert np.percentile(change.page.samples, 99.9) >= 250
    assert np.percentile(change.page.samples, 0.5) <= 5


def test_full_contrast_is_left() -> None:
    change = Contrast().apply(Page.of(text_page()), ContrastParams())
    assert change.page is None
    assert change.notes[0].startswith("left as it is")


@pytest.mark.parametrize("tone", [0, 128, 255])
def test_one_tone_is_left(tone: int) -> None:
    assert Contrast().apply(Page.of(np.full((50, 60), tone, dtype=np.uint8)), ContrastParams()).page is None


def test_grain_on_blank_paper_is_not_blown_up() -> None:
    paper = np.clip(np.random.default_rng(0).normal(220, 4, (300, 300)), 0, 255).astype(np.uint8)
    assert Contrast().apply(Page.of(paper), ContrastParams()).page is None


def test_order_of_tones_and_greyness_stay() -> None:
    ramp = np.tile(np.arange(60, 200, dtype=np.uint8), (40, 1))
    grey = Contrast().apply(Page.of(ramp), ContrastParams()).page
    assert grey is not None
    assert (np.diff(grey.samples[0].astype(int)) >= 0).all()
    three = Contrast().apply(Page(np.repeat(ramp[..., None], 3, axis=2), Kind.COLOUR), ContrastParams()).page
    assert three is not None
    assert np.ptp(three.samples, axis=2).max() == 0


def test_a_photograph_keeps_its_hues_and_clips_next_to_nothing() -> None:
    photo = (60 + photograph().astype(float) * 0.5).astype(np.uint8)
    change = Contrast().apply(Page.of(photo), ContrastParams())
    assert change.page is not None
    after = change.page.samples
    assert np.mean((after == 0).any(axis=2) | (after == 255).any(axis=2)) < 0.01
    for y, x in ((10, 10), (300, 400), (500, 700), (111, 222)):
        before_hue, _, _ = colorsys.rgb_to_hsv(*(float(v) for v in photo[y, x]))
        after_hue, saturation, _ = colorsys.rgb_to_hsv(*(float(v) for v in after[y, x]))
        if saturation > 0.15:
            assert abs((after_hue - before_hue + 0.5) % 1 - 0.5) < 0.03


@settings(max_examples=25, derandomize=True)
@given(st.integers(0, 150), st.integers(40, 105), st.floats(0, 1))
def test_more_strength_never_means_less_contrast(low: int, span: int, strength: float) -> None:
    page = Page.of(np.tile(np.linspace(low, low + span, 64).astype(np.uint8), (8, 1)))
    weak = Contrast().apply(page, ContrastParams(strength=strength)).page or page
    full = Contrast().apply(page, ContrastParams()).page or page
    assert np.ptp(page.samples) <= np.ptp(weak.samples) <= np.ptp(full.samples)
