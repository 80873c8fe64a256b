"""Before and after: divider, zoom, loupe, marks, and what was found."""

from __future__ import annotations

from typing import Any

import pytest

from tests.page.conftest import Visit
from tests.page.visitor import Visitor, page_png

UNLIKE = """async () => {
  const draw = async (img) => {
    await img.decode();
    const canvas = new OffscreenCanvas(140, 180);
    canvas.getContext("2d").drawImage(img, 0, 0, 140, 180);
    return canvas.getContext("2d").getImageData(14, 18, 112, 144).data;
  };
  const [a, b] = await Promise.all([...document.querySelectorAll(".pane img")].map(draw));
  return a.reduce((sum, value, k) => sum + Math.abs(value - b[k]), 0) / a.length;
}"""
"""How far the middles of the two pictures are from each other, in shades of grey."""

WIDTHS = "[...document.querySelectorAll('.pane img')].map(i => Math.round(i.getBoundingClientRect().width))"
PLACES = "[...document.querySelectorAll('.pane img')].map(i => i.getBoundingClientRect().left)"


@pytest.fixture
def compared(visit: Visit) -> Visitor:
    visitor = visit()
    visitor.add(("page.png", page_png(angle_deg=3.0, height_px=900, width_px=700))).run().compared()
    return visitor


def split(visitor: Visitor) -> int:
    return int(visitor.page.get_attribute(".divider", "aria-valuenow"))


def test_the_divider_follows_mouse_and_keyboard(compared: Visitor) -> None:
    page = compared.page
    assert split(compared) == 50
    box: Any = page.locator("#stage").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + 200, steps=3)
    page.mouse.up()
    assert abs(split(compared) - 25) <= 1
    page.focus(".divider")
    for key, expected in (("Home", 0), ("End", 100), ("PageDown", 90), ("ArrowLeft", 88), ("ArrowRight", 90)):
        page.keyboard.press(key)
        assert split(compared) == expected
    assert page.get_attribute(".divider", "aria-valuetext") == "90 percent of the page before are shown"


def test_zoom_and_pan_go_in_step(compared: Visitor) -> None:
    page = compared.page
    page.click("#mode-side")
    fitted = page.evaluate(WIDTHS)
    page.click("#zoom-in")
    assert all(new > old for new, old in zip(page.evaluate(WIDTHS), fitted, strict=True))
    page.click("#zoom-out")
    assert page.evaluate(WIDTHS) == fitted
    page.click("#zoom-actual")
    assert page.inner_text("#zoom") == "100%"
    natural = page.evaluate("[...document.querySelectorAll('.pane img')].map(i => i.naturalWidth)")
    assert page.evaluate(WIDTHS)[1] == natural[1]
    page.focus("#stage")
    for _ in range(5):
        page.keyboard.press("+")
    before = page.evaluate(PLACES)
    page.keyboard.press("ArrowRight")
    moved = [new - old for new, old in zip(page.evaluate(PLACES), before, strict=True)]
    assert moved[0] < 0
    assert abs(moved[0] - moved[1]) < 8
    box: Any = page.locator("#stage").bounding_box()
    page.mouse.move(box["x"] + 100, box["y"] + 100)
    page.mouse.wheel(0, -200)
    page.mouse.down()
    page.mouse.move(box["x"] + 160, box["y"] + 140, steps=2)
    page.mouse.up()
    page.keyboard.press("0")
    assert page.evaluate(WIDTHS) == fitted
    page.click("#zoom-in")
    page.click("#zoom-fit")
    assert page.evaluate(WIDTHS) == fitted


def test_the_loupe_shows_both_pages(compared: Visitor) -> None:
    page = compared.page
    page.click("#loupe")
    assert page.get_attribute("#loupe", "aria-pressed") == "true"
    seen = "document.querySelector('.loupe').getContext('2d').getImageData(0, 0, 200, 200).data.join()"
    middle = page.evaluate(seen)
    page.focus("#stage")
    page.keyboard.press("ArrowUp")
    assert page.evaluate(seen) != middle
    page.keyboard.press("l")
    assert page.locator(".loupe").is_hidden()


def test_what_was_found_is_drawn_and_told(compared: Visitor) -> None:
    page = compared.page
    (task,) = compared.tasks()
    estimates = task["pages"][0]["estimates"]
    page.click("#marks")
    compared.compared()
    assert page.locator(".marks line.skew").count() == 1
    assert f"{round(estimates['skew']['angle_deg'], 2):g}°" in page.text_content(".marks .said")
    page.click("#marks")
    assert page.locator(".marks").count() == 0
    told = compared.words("#found-body")
    assert "Straighten" in told
    assert "Turned clockwise by" in told
    assert "ms" in told
    page.wait_for_selector("#histogram svg")
    assert f"The filter cut at {estimates['ink']['threshold']}" in page.get_attribute("#histogram svg", "aria-label")


def test_threshold_archive_and_document_are_computed_right(compared: Visitor) -> None:
    """Otsu's threshold on two peaks, and the check sum that every ZIP rests on."""
    found = compared.page.evaluate(
        """async () => {
          const base = document.querySelector('script[type=module]').src;
          const {otsu, count} = await import(new URL('histogram.js', base));
          const {crc32} = await import(new URL('zip.js', base));
          const {number} = await import(new URL('i18n.js', base));
          const {paperSize} = await import(new URL('pdf.js', base));
          const counts = new Uint32Array(256);
          counts.set([50, 60, 50], 30); counts.set([400, 500, 400], 200);
          return {
            otsu: otsu(counts), luma: count(new Uint8ClampedArray([255, 0, 0, 255])).indexOf(1),
            crc: crc32(new TextEncoder().encode('123456789')),
            a4: paperSize(2480, 3508, [300, 300]), fitted: paperSize(500, 1000, null),
            nothing: number(-0.0004), little: number(-0.04),
          };
        }"""
    )
    assert 32 <= found["otsu"] < 200
    assert found["luma"] == 76
    assert (found["nothing"], found["little"]) == ("0", "-0.04")
    assert found["crc"] == 0xCBF43926
    assert found["a4"] == pytest.approx([595.2, 841.92])
    assert found["fitted"] == pytest.approx([420.945, 841.89])


def test_a_finger_moves_the_divider(visit: Visit) -> None:
    visitor = visit(phone=True)
    visitor.page.locator("[data-sample=scan]").tap()
    visitor.page.wait_for_selector("#viewer:not([hidden])")
    visitor.page.tap("#run")
    visitor.settled().compared()
    visitor.page.locator("#stage").scroll_into_view_if_needed()
    box: Any = visitor.page.locator("#stage").bounding_box()
    touch = visitor.context.new_cdp_session(visitor.page)
    for kind, share in (("touchStart", 0.5), ("touchMove", 0.55), ("touchMove", 0.7), ("touchMove", 0.8)):
        point = {"x": box["x"] + share * box["width"], "y": box["y"] + 150}
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    assert abs(split(visitor) - 80) <= 3


@pytest.mark.parametrize("bent", [False, True])
def test_the_divider_compares_the_same_places(visit: Visit, bent: bool) -> None:
    """The page before is laid as the result lies, also when it was flattened; as it was sent otherwise."""
    visitor = visit(recipe='[{"filter": "dewarp"}]' if bent else '[{"filter": "deskew"}]')
    page = visitor.page
    if bent:
        page.click("[data-sample='phone photo']")
    else:
        visitor.add(("page.png", page_png(angle_deg=3.0, height_px=900, width_px=700)))
    visitor.run().compared()
    assert page.get_attribute("#lined", "aria-pressed") == "true"
    assert page.locator(".marks").count() == 0
    same = page.evaluate(UNLIKE)
    page.click("#lined")
    visitor.compared()
    assert page.get_attribute("#lined", "aria-pressed") == "false"
    assert page.locator(".marks").count() == 1
    assert page.evaluate(UNLIKE) > same * 1.5
    page.click("#lined")
    visitor.compared()
    assert page.evaluate(UNLIKE) == pytest.approx(same, abs=0.1)
    page.click("#mode-side")
    visitor.compared()
    assert page.locator("#lined").is_hidden()
    assert page.locator(".marks").count() == 1
    page.click("#mode-slider")
    visitor.compared()
    page.click("#marks")  # what was found lies on the page as it was sent
    visitor.compared()
    assert page.get_attribute("#lined", "aria-pressed") == "false"
    assert page.get_attribute("#marks", "aria-pressed") == "true"
