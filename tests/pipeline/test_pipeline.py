"""Recipes are checked before the first pixel; geometry is drawn once; nothing changes without being asked."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recto.errors import LimitError, ParameterError, RecipeError, UnknownFilterError
from recto.pipeline import CATALOGUE, PRESETS, plan, run
from recto.raster import Page
from tests.pages import shaded, text_page

PAGE = Page.of(text_page(300, 220, text_px=12))


def test_text_and_json_recipes_are_the_same() -> None:
    assert plan("rotate, rotate") == plan('["rotate", {"filter": "rotate"}]') == plan(["rotate", {"filter": "rotate"}])


def test_a_plan_survives_its_json() -> None:
    first = plan('[{"filter": "rotate", "angle_deg": 12.5, "canvas": "crop"}]')
    assert plan(first.as_json()) == first


def test_overrides_reach_every_step_of_the_filter() -> None:
    made = plan("rotate,rotate", {"rotate": {"angle_deg": 3}})
    assert [step.params.angle_deg for step in made.steps] == [3.0, 3.0]


def test_unknown_filter_lists_the_known_ones() -> None:
    with pytest.raises(UnknownFilterError) as caught:
        plan("rotate,unwrinkle")
    assert "unwrinkle" in caught.value.message
    for name in CATALOGUE:
        assert name in caught.value.message


def test_who_means_a_preset_is_told_how_to_say_it() -> None:
    for written, meant in (("Scan", "scan"), ("phone-photo", "phone photo"), ("old_book", "old book")):
        with pytest.raises(UnknownFilterError, match=f"did you mean '{meant}'"):
            plan(written)
    with pytest.raises(RecipeError, match="orient,deskew,binarize"):
        plan("whiten,scan")


def test_unknown_parameter_lists_the_known_ones() -> None:
    with pytest.raises(ParameterError) as caught:
        plan([{"filter": "rotate", "angle": 3}])
    assert "angle_deg" in caught.value.message
    assert "canvas" in caught.value.message


@pytest.mark.parametrize("value", [361, "a lot", None, float("nan"), float("inf")])
def test_a_value_out_of_range_is_refused(value: object) -> None:
    with pytest.raises(ParameterError, match="angle_deg"):
        plan([{"filter": "rotate", "angle_deg": value}])


@pytest.mark.parametrize("recipe", ["[", '[{"angle_deg": 3}]', "[3]", "rotate,,rotate", '{"filter": 3}', "[" * 99_999])
def test_what_is_no_recipe_is_refused(recipe: str) -> None:
    with pytest.raises(RecipeError):
        plan(recipe)


def test_an_override_for_an_absent_step_is_refused() -> None:
    with pytest.raises(RecipeError, match="not a step"):
        plan("rotate", {"contrast": {}} if "contrast" in CATALOGUE else {"deskew": {}})


def test_too_many_steps_are_refused_by_name() -> None:
    with pytest.raises(LimitError, match="recipe steps"):
        plan(["rotate"] * 17)


def test_an_empty_recipe_gives_the_page_back() -> None:
    assert run(PAGE, plan("")).page is PAGE


def test_turns_that_cancel_give_the_page_back_exactly() -> None:
    """Proof that geometry is composed: two bicubic drawings would have blurred the text."""
    recipe = [{"filter": "rotate", "angle_deg": a, "canvas": "keep"} for a in (7.3, -7.3)]
    outcome = run(PAGE, plan(recipe))
    assert np.abs(outcome.page.samples.astype(int) - PAGE.samples).max() <= 1


def test_two_turns_are_drawn_once() -> None:
    twice = run(PAGE, plan([{"filter": "rotate", "angle_deg": 2.0}, {"filter": "rotate", "angle_deg": 3.0}])).page
    once = run(PAGE, plan([{"filter": "rotate", "angle_deg": 5.0}])).page
    row, column = (np.array(twice.shape) - once.shape) / 2
    cut = twice.samples[round(row) : round(row) + once.height_px, round(column) : round(column) + once.width_px]
    assert np.abs(cut.astype(int) - once.samples).mean() < 6


@settings(max_examples=25, derandomize=True)
@given(st.floats(-180, 180), st.floats(0, 1), st.floats(0, 1))
def test_the_outcomes_map_leads_back_to_the_page_that_was_sent(angle_deg: float, u: float, v: float) -> None:
    outcome = run(PAGE, plan([{"filter": "rotate", "angle_deg": angle_deg}]))
    if outcome.backward is None:
        assert outcome.page is PAGE
        return
    height, width = outcome.page.shape
    centre_out = np.array([[(width - 1) / 2, (height - 1) / 2]])
    back = outcome.backward.read_points(centre_out)
    assert np.allclose(back, [[(PAGE.width_px - 1) / 2, (PAGE.height_px - 1) / 2]], atol=1e-6)
    far = outcome.backward.read_points(centre_out + [[40 * u, 40 * v]]) - back
    assert np.isclose(np.hypot(*far[0]), np.hypot(40 * u, 40 * v), atol=1e-6)


def test_reports_say_what_each_step_did() -> None:
    outcome = run(PAGE, plan([{"filter": "rotate", "angle_deg": 0}, {"filter": "rotate", "angle_deg": 90}]))
    assert [step.changed for step in outcome.steps] == [False, True]
    assert outcome.notes == ("rotate: left as it is: the angle is zero",)
    assert all(step.elapsed_ms >= 0 for step in outcome.steps)


def test_an_absurdly_large_outcome_is_refused_before_it_is_made() -> None:
    long = Page.of(np.full((2, 60_000), 255, np.uint8))
    with pytest.raises(LimitError, match="output megapixels"):
        run(long, plan([{"filter": "rotate", "angle_deg": 45}]))


def test_reports_are_plain_json() -> None:
    outcome = run(PAGE, plan("rotate"))
    json.dumps({name: e.as_dict() for name, e in outcome.estimates.items()})


def test_a_preset_is_a_recipe_by_name_and_never_a_filter() -> None:
    for name, steps in PRESETS.items():
        assert plan(f" {name} ") == plan(steps)
        assert name not in CATALOGUE


def test_a_phone_photo_comes_out_white_and_large_enough_to_read() -> None:
    small = Page.of(shaded((text_page(500, 360, text_px=9) * 0.8).astype(np.uint8)))
    samples = run(small, plan("phone photo")).page.samples
    assert min(samples.shape[:2]) >= 1.5 * 360
    assert np.median(samples) == 255
