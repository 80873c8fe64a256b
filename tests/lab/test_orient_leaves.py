"""Leaves that look written: the same for the same seed, with ink on them, in scripts that the net knows."""

from __future__ import annotations

import numpy as np
import pytest

from lab.pages import SCRIPTS, scripts_with_fonts
from lab.training.orient.bank import page_patches
from lab.training.orient.hands import leaf
from recto.filters.orient.text_patches import text_map


@pytest.mark.skipif(not scripts_with_fonts(), reason="no fonts on this machine")
def test_a_seed_gives_one_leaf_of_text() -> None:
    with_text = 0
    for seed in range(6):
        page, script = leaf(np.random.default_rng(seed))
        again, _ = leaf(np.random.default_rng(seed))
        assert np.array_equal(page, again)
        assert page.dtype == np.uint8
        assert script in SCRIPTS
        assert 0.5 < (page > 200).mean() < 1.0
        with_text += text_map(page) is not None
    assert with_text >= 5


@pytest.mark.skipif(not scripts_with_fonts(), reason="no fonts on this machine")
def test_the_bank_is_made_from_its_seed() -> None:
    with_patches = 0
    for number in range(4):
        first, script = page_patches(3, number)
        second, same = page_patches(3, number)
        assert script == same
        assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
        with_patches += bool(first)
    assert with_patches >= 2
