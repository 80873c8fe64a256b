"""The DIBCO measures against figures worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from lab.metrics.dibco import drd, psnr, scores, thinned
from tests.pages import text_page


def block(height: int = 24, width: int = 24) -> np.ndarray:
    mask = np.zeros((height, width), dtype=bool)
    mask[8:16, 8:16] = True
    return mask


def test_equal_masks_score_full_marks() -> None:
    found = scores(block(), block())
    assert (found.fm, found.pfm, found.psnr, found.drd) == (100.0, 100.0, 100.0, 0.0)


def test_half_of_the_ink_found() -> None:
    found = block()
    found[:, 12:] = False
    marks = scores(found, block())
    assert marks.fm == pytest.approx(100 * 2 / 3)  # precision 1, recall 1/2


def test_precision_and_recall_are_not_swapped_in_p_fm() -> None:
    """Ink that is too fat loses precision alone; too thin ink that still covers the skeleton loses nothing."""
    truth = np.zeros((40, 40), dtype=bool)
    truth[18:23, 5:35] = True
    thin = np.zeros_like(truth)
    thin[19:22, 5:35] = True
    assert scores(thin, truth).pfm > 99.0 > scores(thin, truth).fm
    fat = np.zeros_like(truth)
    fat[16:25, 3:37] = True
    assert scores(fat, truth).pfm == pytest.approx(scores(fat, truth).fm)


def test_psnr_of_one_wrong_pixel_in_ten_thousand() -> None:
    truth = np.zeros((100, 100), dtype=bool)
    found = truth.copy()
    found[50, 50] = True
    assert psnr(found, truth) == pytest.approx(40.0)


def test_drd_of_one_flipped_pixel() -> None:
    """Amid paper the whole neighbourhood differs from the wrong ink: distortion 1, over the number of mixed blocks."""
    truth = np.zeros((64, 64), dtype=bool)
    truth[2:6, 2:6] = True  # one mixed block
    found = truth.copy()
    found[40, 40] = True
    assert drd(found, truth) == pytest.approx(1.0)
    beside = truth.copy()
    beside[4, 6] = True  # beside true ink, a wrong pixel disturbs less
    assert 0.0 < drd(beside, truth) < 1.0


def test_a_skeleton_is_thin_connected_and_inside_the_ink() -> None:
    ink = text_page(200, 300, text_px=40) < 128
    skeleton = thinned(ink)
    assert not (skeleton & ~ink).any()
    squares = skeleton[:-1, :-1] & skeleton[1:, :-1] & skeleton[:-1, 1:] & skeleton[1:, 1:]
    assert squares.mean() < 0.001
    assert 0.02 * ink.sum() < skeleton.sum() < 0.4 * ink.sum()


def test_shapes_must_agree() -> None:
    with pytest.raises(ValueError, match="truth"):
        scores(np.zeros((3, 3), dtype=bool), np.zeros((3, 4), dtype=bool))
