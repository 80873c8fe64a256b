"""Patches for the upsampling net with more than two tones, and what its benchmark calls spoilt."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.benchmarks.upsample.boxes import spoilt
from lab.training.upsample import damage
from tests.pages import photograph, text_page

SHARP = np.where(text_page(128, 128, text_px=20, seed=1) < 128, 0, 255).astype(np.uint8)


def picture(side_px: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return photograph(side_px, side_px)[..., 0]


def test_some_patches_get_a_part_of_another_tone() -> None:
    before = SHARP.copy()
    rng = np.random.default_rng(0)
    drawn = [damage.panelled(SHARP, picture, rng) for _ in range(300)]

    assert (before == SHARP).all()
    assert all(d.shape == SHARP.shape and d.dtype == np.uint8 for d in drawn)
    toned = [d for d in drawn if (np.bincount(d.ravel(), minlength=256)[1:255] > 50).any()]
    assert 0.1 < len(toned) / len(drawn) < 0.25
    assert np.mean([(d == SHARP).mean() for d in toned]) > 0.2, "the rest stays print on paper"


@settings(max_examples=20, derandomize=True)
@given(seed=st.integers(0, 2**32 - 1), height=st.integers(4, 60), width=st.integers(4, 60))
def test_a_page_that_was_enlarged_before_keeps_its_size_and_tone(seed: int, height: int, width: int) -> None:
    rng = np.random.default_rng(seed)
    small = rng.uniform(100, 150, (height, width)).astype(np.float32)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(damage, "_ENLARGED", 1.0)
        drawn = damage.enlarged(small, rng)

    assert drawn.shape == small.shape
    assert drawn.mean() == pytest.approx(small.mean(), abs=8)


def test_tiles_are_spoilt_where_something_was_drawn_that_interpolation_does_not_show() -> None:
    sharp = np.full((240, 480), 200, np.uint8)
    plain, ruled = sharp + np.uint8(3), sharp.copy()
    ruled[100:102] = 90

    assert spoilt(sharp, plain, sharp) == spoilt(plain, plain, sharp) == 0
    assert spoilt(ruled, plain, sharp) == pytest.approx(0.1)
