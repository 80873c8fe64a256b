"""Where lines of text lie: through creases and past descenders, and when their slopes make a smooth field."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from recto.filters.dewarp.baseline import baseline
from recto.filters.dewarp.camera import paper_format
from recto.filters.dewarp.lines import Lines, coherence

Floats = NDArray[np.float64]
CAP, SMALL, DEPTH = 20.0, 14.0, 5.6


def letters(word: str, foot: Floats) -> Floats:
    """Boxes of letters 12 px apart whose baseline is ``foot``: capitals, small ones, and g, p, y below the line."""
    boxes = []
    for k, letter in enumerate(word):
        tall = CAP if letter.isupper() or letter in "bdhkl" else SMALL
        below = DEPTH if letter in "gpy" else 0.0
        if letter == "-":
            boxes.append((12.0 * k, foot[k] - 9, 6, 3))
        elif letter != " ":
            boxes.append((12.0 * k, foot[k] - tall, 10, tall + below))
    return np.array(boxes)


@pytest.mark.parametrize("word", ["Happy people eating grapes", "woodward-warner", "gyppy"])
def test_descenders_and_hyphens_do_not_bend_the_line(word: str) -> None:
    line = baseline(letters(word, np.full(len(word), 100.0)))
    assert line is not None
    assert np.abs(line[:, 1] - 100).max() < 0.3 if word != "gyppy" else np.ptp(line[:, 1]) < 0.3


def test_the_line_follows_a_crease_within_a_word() -> None:
    word = "Turnpike Apartment building"
    foot = 100 - 1.8 * np.maximum(0, 8 - np.abs(np.arange(len(word)) - 14.0))
    line = baseline(letters(word, foot))
    assert line is not None
    true = np.interp(line[:, 0], 12 * np.arange(len(word)) + 5.0, foot)
    assert np.abs(line[:, 1] - true).mean() < 0.5
    assert len(line) > 0.85 * len(word.replace(" ", ""))


@settings(max_examples=30, derandomize=True, deadline=None)
@given(st.floats(-0.12, 0.12), st.integers(0, 2**31))
def test_a_slanted_line_with_dirt_on_it_keeps_its_slope(slope: float, seed: int) -> None:
    word = "Handle with great care and patience"
    boxes = letters(word, 200 + slope * 12 * np.arange(len(word)))
    dirt = np.random.default_rng(seed).integers(0, len(boxes), 3)
    boxes[dirt, 1] -= 13
    line = baseline(boxes)
    assert line is not None
    assert np.median(np.diff(line[:, 1]) / np.diff(line[:, 0])) == pytest.approx(slope, abs=0.02)


def test_too_few_letters_are_no_line() -> None:
    assert baseline(letters("a-", np.full(2, 50.0))) is None


def rows_of(slope: NDArray[np.float64]) -> Lines:
    """One line of 200 px for each slope, three to a row."""
    points, line = [], []
    for k, rise in enumerate(slope):
        x = np.linspace(0, 150, 12)
        points.append(np.stack((300 * (k % 3) + x, 60 * (k // 3) + rise * x), axis=1))
        line.append(np.full(12, k, dtype=np.intp))
    return Lines(np.concatenate(points), np.concatenate(line), np.ones(12 * len(slope)), 20.0)


def test_curl_is_coherent_and_a_few_uneven_lines_are_not() -> None:
    curl = np.array([0.08 * (k % 3 - 1) + 0.004 * (k // 3) for k in range(30)])
    assert coherence(rows_of(curl)) > 0.95
    rng = np.random.default_rng(1)
    assert coherence(rows_of(rng.normal(0, 0.05, 13))) < 0.5
    assert coherence(rows_of(rng.normal(0, 0.05, 60))) < 0.5


def test_a_bent_sheet_may_be_further_from_its_format() -> None:
    assert paper_format(1.53) is None
    assert paper_format(1.53, doubt=0.06) == ("A4", 297 / 210)
    assert paper_format(1.0, doubt=0.3) is None
