"""Deskew: straight lines come out of turned pages, and nothing else is touched."""

from __future__ import annotations

import numpy as np
import pytest

from recto.filters.deskew import Deskew, DeskewParams, estimate_skew
from recto.raster import Dpi, Page, resample
from tests.pages import photograph, text_page


@pytest.mark.parametrize("angle_deg", [-14.0, -3.3, -0.4, 0.25, 1.0, 7.7, 13.5])
def test_known_angles_are_found(angle_deg: float) -> None:
    skew = estimate_skew(Page.of(text_page(angle_deg=angle_deg)))
    assert skew.angle_deg == pytest.approx(angle_deg, abs=0.05)
    assert skew.confidence >= 0.5


def test_a_turned_page_comes_out_straight() -> None:
    page = Page.of(text_page(angle_deg=5.0), Dpi(150, 150))
    move = Deskew().find(page, DeskewParams())
    assert move.backward is not None
    straight = resample(page, move.backward, dpi=move.dpi, fill=move.fill)
    assert estimate_skew(straight).angle_deg == pytest.approx(0.0, abs=0.05)
    assert straight.dpi == Dpi(150, 150)


@pytest.mark.parametrize(
    "samples",
    [np.full((900, 700), 255, np.uint8), np.zeros((900, 700), np.uint8), photograph()],
    ids=["blank", "black", "photograph"],
)
def test_pages_without_text_are_left_alone(samples: np.ndarray) -> None:
    move = Deskew().find(Page.of(samples), DeskewParams())
    assert move.backward is None
    assert move.notes[0].startswith("left as it is: ")
