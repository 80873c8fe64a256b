"""Rotate: quarter turns copy pixels, other angles turn the paper, and nothing is lost that was not asked for."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recto.filters.deskew import estimate_skew
from recto.filters.rotate import Rotate, RotateParams
from recto.pipeline import plan, run
from recto.raster import Dpi, Kind, Page, resample
from tests.pages import text_page


def rotated(page: Page, angle_deg: float, canvas: str = "expand") -> Page:
    """The page after the filter, drawn as the pipeline does."""
    move = Rotate().find(page, RotateParams.model_validate({"angle_deg": angle_deg, "canvas": canvas}))
    if move.backward is None:
        return page
    return resample(page, move.backward, dpi=move.dpi, fill=move.fill)


def _pages() -> dict[str, Page]:
    rng = np.random.default_rng(3)
    return {
        "grey": Page.of(rng.integers(0, 256, (37, 53), dtype=np.uint8)),
        "colour": Page.of(rng.integers(0, 256, (37, 53, 3), dtype=np.uint8)),
        "1-bit": Page((rng.integers(0, 2, (37, 53)) * 255).astype(np.uint8), Kind.BINARY),
        "one row": Page.of(rng.integers(0, 256, (1, 53), dtype=np.uint8)),
    }


@pytest.mark.parametrize("name", _pages())
@pytest.mark.parametrize("angle_deg", [90, 180, 270, -90, -180, 360 - 90])
def test_quarter_turns_copy_every_pixel(name: str, angle_deg: int) -> None:
    page = _pages()[name]
    turned = rotated(page, angle_deg)
    np.testing.assert_array_equal(turned.samples, np.rot90(page.samples, -angle_deg // 90))
    assert turned.kind is page.kind


@pytest.mark.parametrize("angle_deg", [0.0, 360.0, -360.0])
def test_whole_turns_leave_the_very_same_page(angle_deg: float) -> None:
    page = Page.of(text_page(300, 200))
    outcome = run(page, plan([{"filter": "rotate", "angle_deg": angle_deg}]))
    assert outcome.page is page
    assert "left as it is" in outcome.notes[0]


def test_quarter_turns_swap_the_resolutions() -> None:
    page = Page.of(text_page(300, 200), Dpi(200, 100))
    assert rotated(page, 90).dpi == Dpi(100, 200)
    assert rotated(page, 270).dpi == Dpi(100, 200)
    assert rotated(page, 180).dpi == Dpi(200, 100)


@settings(max_examples=6, derandomize=True)
@given(st.floats(-14.5, 14.5))
def test_lines_of_text_fall_to_the_right_by_the_angle_asked_for(angle_deg: float) -> None:
    turned = rotated(Page.of(text_page(700, 600)), angle_deg)
    assert estimate_skew(turned).angle_deg == pytest.approx(angle_deg, abs=0.05)


def test_paper_is_turned_where_pixels_are_oblong() -> None:
    """A fax of 200 by 100 dots per inch."""
    square = text_page(1100, 850, text_px=22)
    page = Page.of(np.asarray(cv2.resize(square, (850, 550), interpolation=cv2.INTER_AREA), np.uint8), Dpi(200, 100))
    turned = rotated(page, 6.0)
    assert turned.dpi == Dpi(200, 100)
    assert estimate_skew(turned).angle_deg == pytest.approx(6.0, abs=0.06)


@settings(max_examples=12, derandomize=True)
@given(st.floats(-180, 180), st.integers(20, 70), st.integers(20, 70))
def test_an_expanded_canvas_keeps_all_ink(angle_deg: float, height: int, width: int) -> None:
    samples = np.full((height, width), 255, np.uint8)
    samples[[0, -1]] = samples[:, [0, -1]] = 0
    turned = rotated(Page.of(samples), angle_deg)
    before, after = (255.0 - p.astype(float) for p in (samples, turned.samples))
    assert after.sum() == pytest.approx(before.sum(), rel=0.12)


def test_canvas() -> None:
    page = Page.of(np.full((300, 200), 90, np.uint8))
    keep, crop, expand = (rotated(page, 20.0, name) for name in ("keep", "crop", "expand"))
    assert keep.shape == page.shape
    assert expand.shape[0] > 300 > crop.shape[0]
    assert expand.shape[1] > 200 > crop.shape[1]
    assert (crop.samples == 90).all()


def test_a_half_turn_keeps_the_canvas_whatever_is_asked_for() -> None:
    page = _pages()["grey"]
    for canvas in ("expand", "keep", "crop"):
        np.testing.assert_array_equal(rotated(page, 180, canvas).samples, page.samples[::-1, ::-1])


def test_new_corners_get_the_colour_of_the_paper() -> None:
    samples = np.full((300, 200, 3), (236, 228, 201), np.uint8)
    samples[100:200, 50:150:10] = 20
    samples[:, :8] = 0  # a scan border has no say
    turned = rotated(Page.of(samples), 10.0)
    assert turned.samples[0, -1].astype(int) == pytest.approx(np.array([236, 228, 201]), abs=3)
    assert turned.samples[-1, 0].astype(int) == pytest.approx(np.array([236, 228, 201]), abs=3)


def test_one_bit_stays_one_bit_and_its_strokes_stay_whole() -> None:
    """As much ink as before, and outlines that are no longer than those of a page drawn turned: nothing is ragged."""
    cut = (text_page(700, 600, text_px=26) > 128).astype(np.uint8) * 255
    turned = rotated(Page(cut, Kind.BINARY), 3.0)
    drawn = (rotated(Page.of(text_page(700, 600, text_px=26)), 3.0).samples > 128).astype(np.uint8) * 255
    assert turned.kind is Kind.BINARY
    assert set(np.unique(turned.samples)) == {0, 255}
    assert (turned.samples == 0).sum() == pytest.approx((cut == 0).sum(), rel=0.03)
    assert _outline(turned.samples) < 1.06 * _outline(drawn)


def _outline(bits: np.ndarray) -> int:
    """How often ink meets paper along rows and columns."""
    return int((bits[1:] != bits[:-1]).sum() + (bits[:, 1:] != bits[:, :-1]).sum())


def test_the_input_is_not_touched() -> None:
    page = _pages()["colour"]
    before = page.samples.copy()
    rotated(page, 33.0)
    np.testing.assert_array_equal(page.samples, before)
