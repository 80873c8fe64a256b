"""Keyboard alone, screen readers, four languages, light and dark, signing in."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

import recto.web.page
from recto.pipeline import CATALOGUE, PRESETS
from tests.live import LiveServer
from tests.page.conftest import Visit
from tests.page.visitor import PATIENCE_MS, Visitor, page_png

STATIC = Path(recto.web.page.__file__).parent / "static"
LANGUAGES = ("de", "en", "es", "fr")
WORDS = {code: json.loads((STATIC / "lang" / f"{code}.json").read_text("utf-8")) for code in LANGUAGES}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


UNDER_WAY = """async () => {
  const store = await import(new URL('store.js', document.querySelector('script[type=module]').src));
  const task = {id: 'x', state: 'processing', progress: {pages_done: 120, page_count: 300}, pages: []};
  store.add({name: 'volume.tiff', state: 'processing', task});
}"""
"""A file of many pages that a worker has in hand."""

BROKEN_OFF = """(() => {
  const real = window.fetch;
  window.fetch = async (path, options) => {
    if (window.mended || !String(path).endsWith('ENDING')) return real(path, options);
    return new Response(new ReadableStream({ start: (body) => body.error(new TypeError('broken off')) }));
  };
})()"""
"""Answers from an address end before their end, until the window is told that they are mended."""

PROGRESS_SEEN = """() => {
  const bar = document.getElementById('progress');
  window.seen = [];
  new MutationObserver(() => window.seen.push(bar.value)).observe(bar, { attributes: true });
}"""
"""Writes down every value that the bar above the list has."""


def axe() -> str:
    """The source of axe-core, from the file that RECTO_AXE names."""
    path = os.environ.get("RECTO_AXE", "")
    if not path or not Path(path).is_file():
        pytest.skip("RECTO_AXE names no axe.min.js: accessibility is not checked")
    return Path(path).read_text("utf-8")


def violations(visitor: Visitor, source: str) -> list[str]:
    visitor.page.evaluate(source)
    found: list[Any] = visitor.page.evaluate(
        "rules => axe.run(document, {runOnly: rules}).then(r => r.violations)", RULES
    )
    return [f"{one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]


def test_every_key_is_there_in_every_language() -> None:
    for code in LANGUAGES:
        assert set(WORDS[code]) == set(WORDS["en"]), code
        for key, text in WORDS[code].items():
            assert text.strip(), (code, key)
            assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", WORDS["en"][key])), (code, key)


def test_every_key_that_is_used_is_there() -> None:
    front = (STATIC / "index.html").read_text("utf-8")
    used = set(re.findall(r'data-t(?:-label)?="([^"]+)"', front))
    for path in (STATIC / "js").glob("*.js"):
        used |= set(re.findall(r"\bt\(\"([\w. ]+)\"", path.read_text("utf-8")))
    missing = {key for key in used if key not in WORDS["en"] and f"{key}.other" not in WORDS["en"]}
    assert missing == set()


def test_every_filter_parameter_and_preset_has_words() -> None:
    wanted = {f"preset.{name}" for name in PRESETS}
    for name, entry in CATALOGUE.items():
        wanted |= {f"filter.{name}", f"filter.{name}.about"}
        for field in entry.params.model_fields:
            wanted |= {f"param.{name}.{field}", f"param.{name}.{field}.help"}
    assert wanted - set(WORDS["en"]) == set()


@pytest.mark.parametrize(("locale", "code"), [("de-AT", "de"), ("fr-FR", "fr"), ("es-MX", "es"), ("ja-JP", "en")])
def test_the_browsers_language_is_spoken(visit: Visit, locale: str, code: str) -> None:
    visitor = visit(locale=locale)
    assert visitor.page.get_attribute("html", "lang") == code
    assert visitor.words("h1") == WORDS[code]["intro.title"]
    assert visitor.page.title() == WORDS[code]["title"]


def test_another_language_can_be_chosen_and_stays(visit: Visit) -> None:
    visitor = visit()
    visitor.add(("a.png", page_png())).run().compared()
    for code in ("de", "fr", "es"):
        visitor.page.select_option("#language", code)
        visitor.page.wait_for_selector(f"html[lang={code}]")
        visitor.page.wait_for_function(
            "t => document.getElementById('run').textContent === t", arg=WORDS[code]["run.again.one"]
        )
        shown = visitor.words("main")
        assert WORDS[code]["found.title"] in shown
        assert WORDS["en"]["view.marks"] not in shown
    visitor.again()
    assert visitor.page.get_attribute("html", "lang") == "es"


def test_light_and_dark(visit: Visit) -> None:
    visitor = visit(dark=True)
    colour = "getComputedStyle(document.body).backgroundColor"
    dark = visitor.page.evaluate(colour)
    visitor.page.click("#theme")
    light = visitor.page.evaluate(colour)
    assert light != dark
    assert visitor.page.get_attribute("#theme", "aria-pressed") == "false"
    assert visitor.again().page.evaluate(colour) == light
    visitor.page.click("#theme")
    assert visitor.page.evaluate(colour) == dark


def test_the_keyboard_alone_is_enough(visit: Visit) -> None:
    visitor = visit()
    page = visitor.page

    def tab_to(selector: str) -> None:
        for _ in range(90):
            page.keyboard.press("Tab")
            if page.evaluate("s => document.activeElement.matches(s)", selector):
                outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
                assert outline != "none" or selector == ".divider"
                return
        raise AssertionError(f"{selector} cannot be reached")

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    tab_to("[data-sample=scan]")
    page.keyboard.press("Enter")
    page.wait_for_selector("#viewer:not([hidden])")
    tab_to("[aria-label='Move Black on white up']")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Settings of Black on white"
    page.keyboard.press("Enter")
    assert page.get_attribute("[aria-label='Settings of Black on white']", "aria-expanded") == "true"
    tab_to("[name=specks]")
    tab_to("#run")
    page.keyboard.press("Enter")
    visitor.settled().compared()
    assert [step["filter"] for step in visitor.tasks()[0]["recipe"]] == ["binarize", "deskew"]
    tab_to("#loupe")
    page.keyboard.press("Space")
    tab_to("#stage")
    page.keyboard.press("1")
    tab_to(".divider")
    page.keyboard.press("End")
    assert page.get_attribute(".divider", "aria-valuenow") == "100"
    page.keyboard.press("Shift+Tab")
    for _ in range(20):
        page.keyboard.press("Shift+Tab")
        if page.evaluate("document.activeElement.id") == "download":
            break
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert download.value.suggested_filename == "scan.png"


def test_progress_is_said_to_those_who_listen(visit: Visit) -> None:
    visitor = visit()
    visitor.add(("a.png", page_png(1)), ("b.png", page_png(2))).run().settled(2)
    visitor.page.wait_for_function("() => document.getElementById('announce').textContent === '2 of 2 done'")
    assert visitor.page.get_attribute("#announce", "aria-live") == "polite"


@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing(visit: Visit, dark: bool) -> None:
    source = axe()
    visitor = visit(dark=dark, phone=dark)
    assert violations(visitor, source) == []
    visitor.add(("good.png", page_png()), ("bad.png", b"no picture")).run().settled(2).compared()
    for settings in visitor.page.locator("#chain [aria-label^=Settings]").all():
        settings.click()
    visitor.page.wait_for_selector("#histogram svg")
    assert violations(visitor, source) == []
    visitor.page.evaluate(UNDER_WAY)
    visitor.page.wait_for_selector("#list .far >> text=120 of 300 pages done")
    assert violations(visitor, source) == []


def test_an_answer_that_breaks_off_is_asked_for_again(visit: Visit) -> None:
    visitor = visit()
    visitor.page.add_init_script(BROKEN_OFF.replace("ENDING", "/v1/filters"))
    visitor.page.reload()
    visitor.page.wait_for_function(
        "words => document.body.textContent.includes(words)", arg=WORDS["en"]["fault.unreachable"]
    )
    visitor.page.evaluate("window.mended = true")
    visitor.begun()


def test_words_that_do_not_come_are_asked_for_again(visit: Visit) -> None:
    visitor = visit()
    visitor.page.add_init_script(BROKEN_OFF.replace("ENDING", "/lang/en.json"))
    visitor.page.reload()
    visitor.page.wait_for_selector("#trouble:not([hidden])")
    visitor.page.evaluate("window.mended = true")
    visitor.begun()
    assert visitor.words("h1") == WORDS["en"]["intro.title"]


def test_elsewhere_one_signs_in(visit: Visit, client: tuple[str, str]) -> None:
    """The server refuses a local session, as it does to anyone who is not on its machine."""
    visitor = visit(signed_in=False).begun()
    visitor.page.route("**/session/local", lambda route: route.fulfill(status=403, json={"detail": "not here"}))
    visitor.page.evaluate("fetch('/session', {method: 'DELETE'})")
    visitor.context.clear_cookies()
    visitor.page.reload()
    visitor.page.wait_for_selector("#sign-in:not([hidden])")
    assert visitor.page.locator("#app").is_hidden()
    visitor.page.fill("#client-id", client[0])
    visitor.page.fill("#client-secret", "wrong")
    visitor.page.click("#sign-in button")
    visitor.page.wait_for_selector("#sign-in-fault:not([hidden])")
    assert visitor.words("#sign-in-fault") == WORDS["en"]["session.wrong"]
    visitor.page.fill("#client-secret", client[1])
    visitor.page.keyboard.press("Enter")
    visitor.begun().add(("a.png", page_png())).run()
    visitor.page.click("#sign-out")
    visitor.page.wait_for_selector("#sign-in:not([hidden])")
    assert visitor.page.locator("#app").is_hidden()


def test_on_the_machine_itself_nobody_signs_in(visit: Visit) -> None:
    visitor = visit(signed_in=False).begun()
    assert visitor.page.locator("#sign-in").is_hidden()
    assert visitor.page.locator("#sign-out").is_hidden()


@pytest.mark.slow
def test_forty_pages_in_one_go(visit: Visit) -> None:
    visitor = visit()
    visitor.add(*((f"page-{k:02d}.png", page_png(k, 2.0, 200, 160)) for k in range(40)))
    assert visitor.words("#run") == "Clean 40 pages"
    visitor.page.evaluate(PROGRESS_SEEN)
    visitor.page.set_default_timeout(3 * PATIENCE_MS)
    visitor.run().settled(40)
    assert len(set(visitor.page.evaluate("window.seen"))) > 5, "the progress is not live"
    assert visitor.words("#progress-text") == "40 of 40 done"
    _, content = visitor.saved("#all-zip")
    assert content.count(b"PK\x01\x02") == 40


def test_the_files_are_served_strictly(server: LiveServer) -> None:
    answer = server.ask("GET", "/")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", answer.text)
    links = re.findall(r'(?:src|href)="([^"]*)"', answer.text)
    kept = [link for link in links if link.startswith("/static/")]
    assert len(kept) > 20
    for link in kept:
        found = server.ask("GET", link)
        assert found.status == 200
        assert "immutable" in found.headers["cache-control"]
        assert server.ask("GET", link, headers={"If-None-Match": found.headers["etag"]}).status == 304
    assert server.ask("GET", "/static/style.css").headers["cache-control"] == "no-cache"
    for path in ("/static/../routes.py", "/static/index.html", "/static/nothing.js", "/static/%2e%2e/routes.py"):
        assert server.ask("GET", path).status == 404, path
    for path in (STATIC / "samples").iterdir():
        assert path.stat().st_size < 150_000
