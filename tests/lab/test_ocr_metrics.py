from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.metrics.ocr import cer, edit_distance, word_f1


def slow_distance(a: str, b: str) -> int:
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        previous, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (x != y))
    return row[-1]


@settings(max_examples=60, derandomize=True)
@given(st.text("abé漢 ", max_size=12), st.text("abé漢 ", max_size=12))
def test_edit_distance_is_levenshteins(a: str, b: str) -> None:
    assert edit_distance(a, b) == slow_distance(a, b)


def test_words_count_as_often_as_they_stand_and_in_any_order() -> None:
    assert word_f1(["a", "b"], ["b", "a"]) == 1.0
    assert word_f1(["a", "a", "b"], ["a", "b", "b"]) == pytest.approx(2 / 3)
    assert word_f1([], ["a"]) == 0.0
    assert word_f1([], []) == 1.0


def test_white_space_is_no_error_but_a_wrong_digit_is() -> None:
    assert cer("one  two\nthree", "one two three") == 0.0
    assert cer("17", "11") == 0.5
