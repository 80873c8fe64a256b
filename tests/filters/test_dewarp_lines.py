"""Where lines of text lie: through creases and past descenders, and when their slopes make a smooth field."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from recto.filters.dewarp.baseline import baseline
from recto.filters.dewarp.camera import paper_format
from recto.filters.dewarp.lines import Lines, coherence, find_lines, slopes
from recto.filters.dewarp.rulings import level_rulings
from tests.pages import text_page

Floats = NDArray[np.float64]
Samples = NDArray[np.uint8]
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


@settings(max_examples=30, derandomize=True)
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


def test_slopes_are_those_of_the_parts_of_each_line() -> None:
    told = np.array([0.0, 0.05, -0.11, 0.2])
    slope, middle, run = slopes(rows_of(told))
    assert slope == pytest.approx(told, abs=1e-9)
    assert middle[:, 0] == pytest.approx(np.array([75.0, 375.0, 675.0, 75.0]))
    assert run == pytest.approx(np.full(4, 150.0))
    x = np.linspace(0, 639, 161)
    kinked = np.stack((x, np.maximum(0, x - 320) * 0.1), axis=1)
    parts, _, _ = slopes(Lines(kinked, np.zeros(161, np.intp), np.ones(161), 20.0))
    assert parts == pytest.approx(np.array([0.0, 0.05, 0.1]), abs=0.003)
    assert len(slopes(Lines(np.zeros((0, 2)), np.zeros(0, np.intp), np.zeros(0), 0.0))[0]) == 0


@pytest.mark.parametrize("top", [400, 401])
def test_both_edges_of_a_dark_bar_are_lines(top: int) -> None:
    page = np.full((1000, 1400), 220, dtype=np.uint8)
    for x in range(301, 1100):
        page[top + (x - 301) // 40 : top + 50 + (x - 301) // 40, x] = 40
    lines = find_lines(page)
    assert lines.count == 2
    for k, edge in enumerate((top, top + 49)):
        found = lines.points[lines.line == k]
        assert np.ptp(found[:, 0]) > 700
        off = found[:, 1] - edge - (found[:, 0] - 301) // 40
        assert np.abs(off).max() <= 2
        assert np.abs(off - np.median(off)).mean() < 0.2


def test_a_bent_sheet_may_be_further_from_its_format() -> None:
    assert paper_format(1.53) is None
    assert paper_format(1.53, doubt=0.06) == ("A4", 297 / 210)
    assert paper_format(1.0, doubt=0.3) is None


def framed_table(sag: float) -> Samples:
    """A table of three rows and four columns whose level rulings sag in the middle by so many pixels."""
    page = np.full((700, 1400), 200, dtype=np.uint8)
    x = np.arange(200, 1201)
    for top in (150, 300, 450, 600):
        level = top + sag * (1 - ((x - 700) / 500.0) ** 2)
        cv2.polylines(page, [np.stack((x, np.rint(level)), axis=1).astype(np.int32)], False, 60, 2)
    for left in (200, 500, 900, 1200):
        cv2.line(page, (left, 150), (left, 600), 60, 2)
    return cv2.GaussianBlur(page, (0, 0), 0.8)  # type: ignore[return-value]


def test_rulings_of_a_frame_are_followed_past_those_that_cross_them() -> None:
    found = level_rulings(framed_table(20.0), 0.35)
    assert len(found) == 4
    for ruling, top in zip(sorted(found, key=lambda r: r[0, 1]), (150, 300, 450, 600), strict=True):
        true = top + 20 * (1 - ((ruling[:, 0] - 700) / 500.0) ** 2)
        assert np.ptp(ruling[:, 0]) > 900
        assert np.abs(ruling[:, 1] - true).mean() < 1.0


def test_a_ruling_broken_by_a_crease_stays_one() -> None:
    page = framed_table(0.0)
    page[:, 640:700] = 200
    assert len(level_rulings(page, 0.35)) == 4


def test_the_shade_of_a_crease_is_no_line() -> None:
    page = text_page(700, 1400, text_px=24).copy()
    page[350:] = 235
    shade = np.zeros(page.shape, dtype=np.float32)
    for k in range(14):
        cv2.ellipse(shade, (150 + 60 * k, 520 + 8 * (k % 3)), (22, 9), 20.0, 0, 360, 130.0, -1)
    creased = np.clip(page - cv2.GaussianBlur(shade, (0, 0), 5.0), 0, 255).astype(np.uint8)
    lines = find_lines(creased)
    assert lines.count > 5
    assert lines.points[:, 1].max() < 400


def test_a_heading_is_a_line_of_text() -> None:
    page = np.full((600, 1400), 230, dtype=np.uint8)
    cv2.putText(page, "INVOICE", (120, 200), cv2.FONT_HERSHEY_SIMPLEX, 3.4, 30, 7, cv2.LINE_AA)
    lines = find_lines(page)
    assert lines.count == 1
    assert np.ptp(lines.points[:, 0]) > 250
    assert np.ptp(lines.points[:, 1]) < 3
