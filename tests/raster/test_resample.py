"""Drawing through a backward map: exact where it can be, smooth where it must be, paper where nothing was."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recto.raster import AffineMap, ComposedMap, Dpi, GridMap, Interpolation, Kind, Page, compose, resample
from tests.pages import text_page


def _waves(height: int, width: int) -> np.ndarray:
    y, x = np.mgrid[:height, :width]
    return np.clip(128 + 60 * np.sin(x / 9) + 50 * np.cos(y / 7), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("interpolation", [Interpolation.LINEAR, Interpolation.CUBIC, Interpolation.LANCZOS])
def test_an_affine_map_draws_what_its_dense_map_draws(interpolation: Interpolation) -> None:
    page = Page.of(_waves(211, 173))
    turn = AffineMap.turn(page.shape, 7.3)
    dense = ComposedMap((turn,))  # the general path, which knows nothing of affine maps
    fast = resample(page, turn, interpolation=interpolation, fill=(9,)).samples.astype(int)
    slow = resample(page, dense, interpolation=interpolation, fill=(9,)).samples.astype(int)
    inside = slice(25, -25)
    assert np.abs(fast - slow)[inside, inside].max() <= 3


def test_the_rows_of_a_grid_are_its_points() -> None:
    y, x = np.mgrid[0:4000:25j, 0:3000:19j]
    bent = np.stack((x + 90 * np.sin(y / 700), y + 60 * np.cos(x / 500)), axis=2)
    grid = GridMap(bent, (3508, 2480))
    at = np.stack((np.arange(2480.0), np.full(2480, 3001.0)), axis=1)
    assert np.abs(grid.rows(3000, 3004)[1] - grid.read_points(at)).max() < 0.002


def test_cubic_interpolation_rounds_no_fraction_of_a_pixel() -> None:
    ramp = np.tile(np.arange(256, dtype=np.uint8), (64, 1))
    for shift in (0.01, 0.26, 0.5, 0.74, 0.99):
        moved = AffineMap(np.array([[1.0, 0.0, shift], [0.0, 1.0, 0.001]]), ramp.shape)
        drawn = resample(Page.of(ramp), moved).samples.astype(float)
        expected = np.rint(np.arange(256) + shift)
        assert np.abs(drawn[8:-8, 8:-8] - expected[None, 8:-8]).max() <= 1
        assert drawn[32, 8:-8].mean() == pytest.approx((np.arange(256) + shift)[8:-8].mean(), abs=0.51)


@settings(max_examples=25, derandomize=True)
@given(st.floats(-45, 45), st.integers(1, 90), st.integers(1, 90))
def test_nothing_is_cut_when_the_canvas_expands(angle_deg: float, height: int, width: int) -> None:
    turn = AffineMap.turn((height, width), angle_deg)
    corners = np.array([[x, y] for x in (0.0, width - 1.0) for y in (0.0, height - 1.0)])
    inverse = np.linalg.inv(np.vstack((turn.matrix, (0, 0, 1))))
    there = corners @ inverse[:2, :2].T + inverse[:2, 2]
    assert (there >= -0.51).all()
    assert (there <= np.array([turn.shape[1], turn.shape[0]]) - 0.49).all()


@settings(max_examples=25, derandomize=True)
@given(st.floats(-45, 45), st.integers(20, 90), st.integers(20, 90))
def test_a_cropped_canvas_shows_nothing_beyond_the_page(angle_deg: float, height: int, width: int) -> None:
    page = Page(np.full((height, width), 77, np.uint8), Kind.GREY)
    drawn = resample(
        page, AffineMap.turn(page.shape, angle_deg, "crop"), fill=(255,), interpolation=Interpolation.NEAREST
    )
    assert (drawn.samples == 77).mean() > 0.97


def test_turning_there_and_back_ends_where_it_began() -> None:
    there = AffineMap.turn((300, 200), 11.0)
    back = AffineMap.turn(there.shape, -11.0, "keep")
    both = compose(there, back)
    assert isinstance(both, AffineMap)
    np.testing.assert_allclose(both.matrix[:, :2], np.eye(2), atol=1e-12)


def test_pixels_that_are_not_square_turn_as_paper() -> None:
    # paper of 200 by 100 dots per inch: a turn by 90 degrees swaps the paper's sides, not the pixels'
    turn = AffineMap.turn((100, 200), 90.0, pixel_aspect=0.5)
    assert turn.shape == (100, 200)


def test_quarter_turns_copy_pixels() -> None:
    page = Page.of(_waves(31, 47))
    turned = resample(page, AffineMap.quarter_turns(page.shape, 90))
    np.testing.assert_array_equal(turned.samples, np.rot90(page.samples, -1))


def test_a_binary_page_stays_binary_and_keeps_its_ink() -> None:
    grey = text_page(900, 700, text_px=20)
    page = Page(np.where(grey > 127, 255, 0).astype(np.uint8), Kind.BINARY, Dpi(150, 150))
    turned = resample(page, AffineMap.turn(page.shape, 3.0), dpi=page.dpi)
    assert turned.kind is Kind.BINARY
    assert set(np.unique(turned.samples)) <= {0, 255}
    ink = [(p.samples == 0).sum() for p in (page, turned)]
    assert ink[1] == pytest.approx(ink[0], rel=0.02)


def test_a_binary_page_gets_no_ragged_edges() -> None:
    """The outline of turned strokes is no longer than theirs was by more than what the turn itself adds."""
    strokes = np.full((300, 300), 255, np.uint8)
    for k in range(20, 280, 13):
        strokes[k : k + 4, 20:280] = 0
    page = Page(strokes, Kind.BINARY)
    turned = resample(page, AffineMap.turn(page.shape, 2.0)).samples.astype(int)
    steps = (np.abs(np.diff(turned, axis=1)) > 0).sum()
    # each of 40 edges climbs 260 * tan(2 degrees) = 9 px, and each of 20 strokes has two ends
    assert steps <= 40 * 10 * 1.15 + 20 * 2 * 5


def test_wide_pages_are_drawn_too() -> None:
    page = Page(np.full((40, 40_000), 200, np.uint8), Kind.GREY)
    drawn = resample(page, AffineMap.turn(page.shape, 0.05, "keep"), fill=(200,))
    assert (drawn.samples == 200).all()
