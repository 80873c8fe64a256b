"""The lab's pages: the words stand where the page says, and the same seed gives the same page."""

from __future__ import annotations

import numpy as np
import pytest

from lab.pages import DAMAGES, LAYOUTS, NON_TEXT, SCRIPTS, damage, non_text_page, render_page, scripts_with_fonts
from lab.pages.words import Words

SMALL = {"dpi": 100, "size_mm": (120.0, 160.0)}


def needs(script: str) -> None:
    if script not in scripts_with_fonts():
        pytest.skip(f"no font of this machine writes {script}")


@pytest.mark.parametrize("script", SCRIPTS)
def test_words_stand_in_their_boxes(script: str) -> None:
    needs(script)
    page = render_page(np.random.default_rng(3), script=script, layout="one_column", **SMALL)
    assert page.grey.shape == (630, 472)
    assert page.grey.dtype == np.uint8
    assert len(page.words) > 10
    assert page.text.strip()
    for text, (x0, y0, x1, y1) in page.words:
        assert text
        assert 0 <= x0 < x1 <= 472
        assert 0 <= y0 < y1 <= 630
        assert page.grey[y0:y1, x0:x1].min() < 200


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_sets_words_and_repeats_itself(layout: str) -> None:
    needs("latin")
    first, second = (render_page(np.random.default_rng(5), layout=layout, **SMALL) for _ in range(2))
    assert first.words == second.words
    assert np.array_equal(first.grey, second.grey)
    assert first.lines
    assert (first.grey < 128).any()


def test_words_of_a_line_do_not_overlap_and_keep_their_side() -> None:
    for script, later_is in (("latin", "right"), ("arabic", "left")):
        needs(script)
        page = render_page(np.random.default_rng(1), script=script, layout="letter", dpi=150)
        boxes = dict(page.words)
        for line in page.lines:
            words = [w for w in line.text.split(" ") if w in boxes]
            if len(words) < 2 or len(set(words)) < len(words):
                continue
            first, last = boxes[words[0]], boxes[words[-1]]
            if abs(first[1] - last[1]) < 10:
                assert (last[0] > first[0]) == (later_is == "right")
                break


def test_colour_and_size_on_request() -> None:
    needs("latin")
    page = render_page(np.random.default_rng(2), layout="two_columns", colour=True, body_pt=14, **SMALL)
    assert page.colour is not None
    assert page.colour.shape == (*page.grey.shape, 3)


@pytest.mark.parametrize("kind", DAMAGES)
def test_damage_repeats_itself_and_spares_its_input(kind: str) -> None:
    page = np.full((300, 240), 255, np.uint8)
    page[40:260:20, 30:210] = 0
    before = page.copy()
    first, second = (damage(page, np.random.default_rng(7), kind) for _ in range(2))
    assert np.array_equal(page, before)
    assert np.array_equal(first, second)
    assert first.shape == page.shape
    assert first.dtype == np.uint8
    assert kind == "clean" or not np.array_equal(first, page)


@pytest.mark.parametrize("kind", NON_TEXT)
def test_pictures_repeat_themselves(kind: str) -> None:
    first, second = (non_text_page(np.random.default_rng(4), kind, 200, 150) for _ in range(2))
    assert first.shape == (200, 150)
    assert np.array_equal(first, second)


@pytest.mark.parametrize("script", SCRIPTS)
def test_sentences_have_words_and_numbers_have_digits(script: str) -> None:
    words = Words(np.random.default_rng(0), script)
    assert len(words.prose(30)) >= 30
    assert all(words.prose(30))
    assert any(sign.isdigit() for sign in words.amount())
