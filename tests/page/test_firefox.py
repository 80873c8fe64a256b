"""The web page in a real headless Firefox; without one these tests skip and say so."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.live import LiveServer
from tests.page.firefox import Firefox, firefox
from tests.page.test_view import UNLIKE
from tests.page.test_work import DROP
from tests.page.visitor import KEPT, page_png, pages_tiff

pytestmark = pytest.mark.slow
SETTLED = """document.querySelectorAll('.badge.completed, .badge.failed').length >= {} &&
  !document.querySelector('#list .sending, #list .pending, #list .processing, #list .ready')"""
COMPARED = "Boolean(document.querySelector('#stage[data-mode=slider]:not([aria-busy])'))"
SIGN_IN = """body => fetch('/session', {method: 'POST', headers: {'Content-Type': 'application/json'}, body})
  .then(answer => answer.ok)"""
RIGHT = "\ue014"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory, server: LiveServer) -> Iterator[Firefox]:
    """A browser, signed in."""
    path = firefox()
    if path is None:
        pytest.skip("there is no firefox on this machine: the web page is not tested in it")
    client_id, secret = server.add_client("firefox")
    with Firefox(path, tmp_path_factory.mktemp("profile")) as found:
        found.visit(server.address)
        found.until("document.documentElement.hasAttribute('data-started')")
        assert found.evaluate(SIGN_IN, json.dumps({"client_id": client_id, "client_secret": secret}))
        found.visit(server.address)
        found.until("document.documentElement.hasAttribute('data-started')")
        yield found
        assert [fault for fault in found.faults if "Failed to load" not in fault] == []


def test_a_dropped_page_is_cleaned_and_compared(browser: Firefox) -> None:
    browser.evaluate(DROP, ["crooked.png", list(page_png(angle_deg=3.0, height_px=700, width_px=500))])
    browser.until("document.querySelectorAll('#list > li').length === 1")
    browser.click("[data-preset=scan]")
    browser.click("#run")
    browser.until(SETTLED.format(1))
    browser.until(COMPARED)
    assert browser.evaluate("document.querySelectorAll('.badge.completed').length") == 1
    assert browser.evaluate("[...document.querySelectorAll('.pane img')].every(i => i.naturalWidth > 100)")
    assert browser.evaluate("document.querySelector('#lined').getAttribute('aria-pressed')") == "true"
    same = browser.evaluate(f"({UNLIKE})()")
    browser.click("#lined")
    browser.until(COMPARED)
    assert browser.evaluate(f"({UNLIKE})()") > same


def test_the_divider_and_the_zoom_follow_the_keys(browser: Firefox) -> None:
    browser.evaluate("document.querySelector('.divider').focus()")
    before = int(browser.evaluate("document.querySelector('.divider').getAttribute('aria-valuenow')"))
    browser.press(RIGHT)
    after = int(browser.evaluate("document.querySelector('.divider').getAttribute('aria-valuenow')"))
    assert after == before + 2
    wide = "document.querySelector('.pane.after img').getBoundingClientRect().width"
    fitted = browser.evaluate(wide)
    browser.click("#zoom-in")
    assert browser.evaluate(wide) > fitted
    browser.click("#loupe")
    assert browser.evaluate("document.querySelector('#loupe').getAttribute('aria-pressed')") == "true"


def test_a_file_of_several_pages_and_a_reload(browser: Firefox, server: LiveServer) -> None:
    browser.evaluate(DROP, ["three.tif", list(pages_tiff(3))])
    browser.until("document.querySelectorAll('#list > li').length === 2")
    browser.click("#run")
    browser.until(f"({KEPT})([2, true])")
    browser.visit(server.address)  # in the middle of the work
    browser.until("document.documentElement.hasAttribute('data-started')")
    browser.until(SETTLED.format(2))
    tasks = browser.evaluate("fetch('/v1/tasks').then(a => a.json()).then(a => a.tasks.filter(t => t.recipe.length))")
    assert sorted(len(task["pages"]) for task in tasks) == [1, 3]
    browser.evaluate(
        "[...document.querySelectorAll('#list > li button')].find(b => b.textContent.includes('three')).click()"
    )
    browser.until(COMPARED)
    assert "3" in browser.evaluate("document.querySelector('#page-number').textContent")
