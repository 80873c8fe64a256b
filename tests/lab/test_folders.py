"""What the folders benchmark says of a page that came out: how far it is still turned."""

from __future__ import annotations

import numpy as np
import pytest

from lab.benchmarks.folders.pages import angle_of, size_mm
from lab.benchmarks.folders.residual import residual_deg
from lab.training.orient.bank import turned
from recto.library import whiten
from tests.pages import text_page


@pytest.mark.parametrize("angle_deg", [-2.9, -0.2, 0.0, 1.3])
def test_what_is_left_of_an_angle_is_told_from_the_pixels(angle_deg: float) -> None:
    straight = text_page(900, 640, text_px=16)
    assert residual_deg(straight, turned(straight, angle_deg)) == pytest.approx(angle_deg, abs=0.03)


def test_neither_a_larger_canvas_nor_whiter_paper_counts_as_an_angle() -> None:
    straight = (text_page(900, 640, text_px=16) * 0.7 + 40).astype(np.uint8)
    grown = np.pad(turned(straight, 0.8), ((31, 20), (12, 40)), mode="edge")
    made = whiten(grown)
    assert not np.array_equal(made, grown)
    assert residual_deg(straight, made) == pytest.approx(0.8, abs=0.05)


def test_pages_are_turned_alike_each_time() -> None:
    angles = [angle_of(k) for k in range(50)]
    assert angles == [angle_of(k) for k in range(50)]
    assert max(map(abs, angles)) <= 3
    assert (size_mm("A6"), size_mm("51x68")) == ((105, 148), (51, 68))
