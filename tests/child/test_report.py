"""Whatever a filter finds, JSON and the database can hold it."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from recto.child.report import MAX_TEXT_CHARS, inspection_of, plain, report_of
from recto.pipeline import plan, run
from recto.raster import Dpi, Page
from tests.pages import text_page

SMALL = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters())
VALUES = st.recursive(
    SMALL, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
)


@settings(max_examples=60, derandomize=True)
@given(VALUES)
def test_anything_becomes_what_json_can_hold(value: Any) -> None:
    text = json.dumps(plain(value), allow_nan=False, ensure_ascii=False)
    assert "\\u0000" not in text
    text.encode()
    assert plain(json.loads(text)) == json.loads(text)


def test_numbers_of_numpy_are_numbers() -> None:
    value = {"a": np.float32(1.5), "b": np.int16(3), "c": np.array([[1, 2]]), "d": np.bool_(True), "e": (math.inf, 1)}
    assert plain(value) == {"a": 1.5, "b": 3, "c": [[1, 2]], "d": True, "e": [None, 1]}
    assert len(plain("x" * 10_000)) == MAX_TEXT_CHARS


def test_a_report_tells_both_pages_the_steps_and_what_was_found() -> None:
    page = Page.of(text_page(400, 300, angle_deg=3), Dpi(150, 150))
    outcome = run(page, plan('[{"filter": "rotate", "angle_deg": 90}, "binarize"]'))
    report = report_of(page, outcome)
    assert (report["width_px"], report["height_px"], report["kind"], report["dpi"]) == (400, 300, "binary", [150, 150])
    assert report["input"] == {"width_px": 300, "height_px": 400, "kind": "grey", "dpi": [150, 150]}
    assert [(step["filter"], step["changed"]) for step in report["steps"]] == [("rotate", True), ("binarize", True)]
    assert all(step["elapsed_ms"] >= 0 for step in report["steps"])
    assert report["estimates"] == plain({e.name: e.as_dict() for s in outcome.steps for e in s.estimates})
    # The corners of a page that was turned by a quarter clockwise.
    assert report["grid"] == [[[0, 399], [0, 0]], [[299, 399], [299, 0]]]
    assert report_of(page, run(page, plan("binarize")))["grid"] is None
    assert inspection_of(page, outcome.estimates)["width_px"] == 300
