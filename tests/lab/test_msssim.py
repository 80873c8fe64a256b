from __future__ import annotations

import cv2
import numpy as np
import pytest

from lab.metrics.msssim import at_protocol_size, ms_ssim
from tests.pages import text_page


def test_a_page_is_itself() -> None:
    assert ms_ssim(text_page(400, 300), text_page(400, 300)) == pytest.approx(1.0)


def test_worse_pages_score_less_and_order_does_not_matter() -> None:
    page = text_page(500, 400)
    blurred = np.asarray(cv2.GaussianBlur(page, (0, 0), 1.0), dtype=np.uint8)
    moved = np.roll(page, 4, axis=0)
    assert 1.0 > ms_ssim(page, blurred) > ms_ssim(page, moved)
    assert ms_ssim(page, moved) == pytest.approx(ms_ssim(moved, page))


def test_flat_pages_differ_by_their_luminance_term_alone() -> None:
    a, b = np.full((200, 200), 100, np.uint8), np.full((200, 200), 200, np.uint8)
    c1 = (0.01 * 255) ** 2
    expected = ((2 * 100 * 200 + c1) / (100**2 + 200**2 + c1)) ** 0.1333
    assert ms_ssim(a, b) == pytest.approx(expected, rel=1e-6)


def test_protocol_size_is_that_of_the_truth() -> None:
    result, truth = at_protocol_size(np.zeros((900, 500, 3), np.uint8), np.zeros((2200, 1700), np.uint8))
    assert result.shape == truth.shape
    assert truth.size == pytest.approx(598_400, rel=0.01)


def test_pages_too_small_for_five_scales_are_refused() -> None:
    with pytest.raises(ValueError, match="176 px"):
        ms_ssim(np.zeros((100, 400), np.uint8), np.zeros((100, 400), np.uint8))
