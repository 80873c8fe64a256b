"""The paper's colour, on paper that is not white and pages that are not only paper."""

from __future__ import annotations

import numpy as np
import pytest

from recto.raster import Page, paper_colour
from tests.pages import text_page


def test_a_white_page_is_white() -> None:
    assert paper_colour(Page.of(text_page(400, 300))) == (255,)


@pytest.mark.parametrize("share", [0.1, 0.3, 0.45])
def test_a_black_scan_border_is_not_paper(share: float) -> None:
    rng = np.random.default_rng(0)
    grey = np.clip(text_page(600, 500).astype(float) * 0.7 + 45 + rng.normal(0, 9, (600, 500)), 0, 255)
    grey[:, : int(share * 500)] = 3
    (value,) = paper_colour(Page.of(grey.astype(np.uint8)))
    assert value == pytest.approx(223, abs=5)


def test_coloured_paper_keeps_its_colour() -> None:
    text = text_page(600, 500)[..., None] / 255
    page = (np.array([236, 220, 160]) * text + np.array([30, 20, 60]) * (1 - text)).astype(np.uint8)
    assert paper_colour(Page.of(page)) == pytest.approx((236, 220, 160), abs=2)


def test_white_ink_lies_on_black_paper() -> None:
    (value,) = paper_colour(Page.of(255 - text_page(600, 500) // 2 - 100))
    assert value < 60


def test_a_picture_in_the_middle_is_not_paper() -> None:
    page = text_page(600, 500)
    page = page.copy()
    page[150:400, 80:420] = np.random.default_rng(0).integers(40, 200, (250, 340))
    assert paper_colour(Page.of(page)) == (255,)


def test_a_binary_page_with_a_black_border_has_white_paper() -> None:
    page = np.where(text_page(600, 500) > 127, 255, 0).astype(np.uint8)
    page[:, :290] = 0
    assert paper_colour(Page.of(page)) == (255,)


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (3, 3, 3)])
def test_any_shape_has_a_colour(shape: tuple[int, ...]) -> None:
    colour = paper_colour(Page.of(np.full(shape, 7, np.uint8)))
    assert colour == (7,) * (shape[2] if len(shape) == 3 else 1)
