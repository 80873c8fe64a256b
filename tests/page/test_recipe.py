"""The recipe as a chain, and its parameters as forms."""

from __future__ import annotations

import json
from typing import Any

from tests.page.conftest import Visit
from tests.page.visitor import Visitor, page_png


def chain(visitor: Visitor) -> list[Any]:
    """The recipe that would be sent."""
    found: list[Any] = json.loads(visitor.page.evaluate("localStorage.getItem('recto.recipe')"))["recipe"]
    return found


def names(visitor: Visitor) -> list[str]:
    shown = [element.inner_text() for element in visitor.page.locator("#chain .name strong").all()]
    assert len(shown) == len(chain(visitor))
    return [step["filter"] for step in chain(visitor)]


ROOMY = "[...document.querySelectorAll('.settings .field')].every(f => f.scrollHeight <= f.clientHeight + 1)"
"""Nothing of a field lies outside it, over what comes below."""


def test_presets_are_chosen_and_left(visit: Visit) -> None:
    visitor = visit()
    offered = visitor.page.evaluate("fetch('/v1/filters').then(a => a.json()).then(a => a.presets)")
    for preset in offered:
        visitor.page.click(f"[data-preset='{preset['name']}']")
        assert names(visitor) == [step["filter"] for step in preset["recipe"]]
        assert visitor.page.get_attribute(f"[data-preset='{preset['name']}']", "aria-pressed") == "true"
    visitor.page.locator("#chain [aria-label^=Remove]").first.click()
    assert visitor.page.locator("#presets [aria-pressed=true]").count() == 0


def test_steps_are_added_moved_dragged_and_removed(visit: Visit) -> None:
    visitor = visit()
    visitor.page.select_option("#add-filter", "contrast")
    visitor.page.click("#add-step")
    assert names(visitor) == ["deskew", "contrast", "binarize"]
    visitor.page.click("[aria-label='Move Contrast up']")
    assert names(visitor) == ["contrast", "deskew", "binarize"]
    assert visitor.page.evaluate("document.activeElement.getAttribute('aria-label')") == "Settings of Contrast"
    visitor.page.click("[aria-label='Move Contrast down']")
    assert names(visitor) == ["deskew", "contrast", "binarize"]

    visitor.page.evaluate("document.getElementById('chain').scrollIntoView({block: 'center'})")
    grip, target = visitor.page.locator(".grip").first.bounding_box(), visitor.page.locator(".link").last.bounding_box()
    visitor.page.mouse.move(grip["x"] + 5, grip["y"] + 5)
    visitor.page.mouse.down()
    visitor.page.mouse.move(grip["x"] + 5, grip["y"] + 40)
    visitor.page.mouse.move(grip["x"] + 5, target["y"] + target["height"], steps=4)
    visitor.page.mouse.up()
    assert names(visitor) == ["contrast", "binarize", "deskew"]

    for name in ("Contrast", "Straighten", "Black on white"):
        visitor.page.click(f"[aria-label='Remove {name}']")
    assert names(visitor) == []
    assert visitor.page.is_visible("#chain-empty")
    visitor.again()
    assert names(visitor) == []


def test_every_parameter_of_every_filter_has_a_control(visit: Visit) -> None:
    visitor = visit(recipe="[]")
    filters = visitor.page.evaluate("fetch('/v1/filters').then(a => a.json()).then(a => a.filters)")
    for entry in filters:
        visitor.page.select_option("#add-filter", entry["name"])
        visitor.page.click("#add-step")
        visitor.page.locator("#chain [aria-label^='Settings']").last.click()
        shown = visitor.page.locator(".settings:not([hidden]) [name]").all()
        assert [control.get_attribute("name") for control in shown] == list(entry["parameters"])
        for control in shown:
            described = control.get_attribute("aria-describedby").split()[0]
            assert visitor.page.inner_text(f"[id='{described}']")
            assert visitor.page.locator(f"label[for='{control.get_attribute('id')}']").count() == 1
        assert visitor.page.evaluate(ROOMY), entry["name"]
        visitor.page.locator("#chain [aria-label^='Remove']").last.click()


def test_what_is_set_is_sent_and_what_cannot_be_is_said(visit: Visit) -> None:
    visitor = visit()
    visitor.page.click("[aria-label='Settings of Straighten']")
    angle = visitor.page.locator("[name=max_angle_deg]")
    angle.fill("50")
    assert angle.get_attribute("aria-invalid") == "true"
    assert "from 0 to 45" in visitor.words(".settings .fault:not([hidden])")
    assert chain(visitor)[0] == {"filter": "deskew"}
    angle.fill("7.5")
    assert angle.get_attribute("aria-invalid") == "false"
    visitor.page.select_option("[name=canvas]", "keep")
    visitor.page.locator("[name=min_confidence]").press("ArrowRight")
    assert chain(visitor)[0] == {"filter": "deskew", "max_angle_deg": 7.5, "canvas": "keep", "min_confidence": 0.55}
    visitor.page.click("[aria-label='Settings of Black on white']")
    visitor.page.check("[name=soft]")
    visitor.page.fill("[name=window_px]", "31")
    visitor.page.fill("[name=window_px]", "")
    visitor.add(("a.png", page_png())).run()
    (task,) = visitor.tasks()
    assert task["recipe"][0]["max_angle_deg"] == 7.5
    assert task["recipe"][0]["canvas"] == "keep"
    assert task["recipe"][1]["soft"] is True
    assert task["recipe"][1]["window_px"] is None
    visitor.page.locator("text=Back to the defaults").first.click()
    assert chain(visitor)[0] == {"filter": "deskew"}
