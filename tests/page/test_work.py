"""From a page to a clean page: in, through, out."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import numpy as np
import pypdfium2
from PIL import Image

from tests.page.conftest import Visit
from tests.page.visitor import page_png, pages_tiff

DROP = """([name, bytes]) => {
  const transfer = new DataTransfer();
  transfer.items.add(new File([new Uint8Array(bytes)], name, {type: 'image/png'}));
  for (const kind of ['dragenter', 'dragover', 'drop'])
    document.body.dispatchEvent(new DragEvent(kind, {dataTransfer: transfer, bubbles: true, cancelable: true}));
}"""
PASTE = """bytes => {
  const transfer = new DataTransfer();
  transfer.items.add(new File([new Uint8Array(bytes)], 'image.png', {type: 'image/png'}));
  document.body.dispatchEvent(new ClipboardEvent('paste', {clipboardData: transfer, bubbles: true, cancelable: true}));
}"""

SLOW_STORE = """(() => {
  const begin = IDBDatabase.prototype.transaction;
  IDBDatabase.prototype.transaction = function (...given) {
    const begun = begin.apply(this, given);
    const until = performance.now() + 400;
    const hold = () => { if (performance.now() < until) begun.objectStore(given[0]).count().onsuccess = hold; };
    if (given[1] === 'readwrite') hold();
    return begun;
  };
})()"""
"""Whatever is put into the browser's store is there only after a while."""


def test_a_sample_becomes_a_download_that_is_the_result(visit: Visit) -> None:
    visitor = visit()
    visitor.page.click("[data-sample=fax]")
    visitor.page.wait_for_selector("#viewer:not([hidden])")
    visitor.run().compared()
    (task,) = visitor.tasks()
    assert [step["filter"] for step in task["recipe"]] == ["deskew", "binarize"]
    name, content = visitor.saved("#download")
    assert name == "fax.png"
    assert content == visitor.result(task)
    assert visitor.saved("#list button[aria-label='Download fax.png']") == (name, content)


def test_a_sample_brings_its_preset_unless_the_recipe_was_made_by_hand(visit: Visit) -> None:
    visitor = visit(recipe=None)
    visitor.page.click("[data-sample='old book']")
    visitor.page.wait_for_selector("[data-preset='old book'][aria-pressed=true]")
    visitor.page.click("#add-step")
    visitor.page.click("[data-sample=receipt]")
    visitor.page.wait_for_function("() => document.querySelectorAll('#list > li').length === 2")
    assert visitor.page.locator("#presets [aria-pressed=true]").count() == 0
    assert len(visitor.page.locator("#samples img").all()) == 5
    visitor.page.wait_for_function(
        "() => [...document.querySelectorAll('#samples img')].every(i => i.naturalWidth > 100)"
    )


def test_dropped_and_pasted_pages_are_taken(visit: Visit) -> None:
    visitor = visit()
    visitor.page.evaluate(DROP, ["dropped.png", list(page_png(1))])
    visitor.page.wait_for_selector("#list >> text=dropped.png")
    visitor.page.evaluate(PASTE, list(page_png(2)))
    visitor.page.wait_for_function("() => document.querySelectorAll('#list > li').length === 2")
    assert visitor.page.locator("#drop-cover").is_hidden()
    visitor.run().settled(2)
    dropped, pasted = sorted(task["name"] for task in visitor.tasks())
    assert dropped == "dropped.png"
    assert pasted.startswith("pasted ")


def test_a_phone_photographs(visit: Visit) -> None:
    visitor = visit(phone=True)
    assert visitor.page.get_attribute("#camera", "capture") == "environment"
    with visitor.page.expect_file_chooser() as chooser:
        visitor.page.tap("#photograph")
    chooser.value.set_files([{"name": "photo.png", "mimeType": "image/png", "buffer": page_png()}])
    visitor.page.wait_for_selector("#list >> text=photo.png")
    visitor.page.tap("#run")
    visitor.settled().compared()
    visitor.page.set_viewport_size({"width": 320, "height": 640})
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= 320
    assert visitor.saved("#download")[0] == "photo.png"


def test_all_as_zip_and_as_pdf(visit: Visit) -> None:
    visitor = visit(recipe='[{"filter": "binarize"}]')
    grey = page_png(3)
    visitor.add(("a.png", page_png(1)), ("a.png", page_png(2))).run().settled(2)
    visitor.page.click("[data-preset=fax]")
    visitor.add(("ü/ b.png".replace("/", ""), grey)).run().settled(3)
    expected = sorted(visitor.result(task) for task in visitor.tasks())

    name, content = visitor.saved("#all-zip")
    assert name == "recto.zip"
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["a.png", "a-2.png", "ü b.png"]
        results = [archive.read(entry) for entry in archive.namelist()]
    assert sorted(results) == expected

    name, content = visitor.saved("#all-pdf")
    assert name == "recto.pdf"
    document = pypdfium2.PdfDocument(content)
    try:
        assert len(document) == 3
        for number, png in enumerate(results):
            (picture,) = document[number].get_objects()
            drawn = picture.get_bitmap(render=False).to_pil().convert("L")
            assert np.array_equal(np.asarray(drawn), np.asarray(Image.open(io.BytesIO(png)).convert("L")))
    finally:
        document.close()


def test_an_error_stays_beside_its_page(visit: Visit) -> None:
    visitor = visit()
    visitor.add(("good.png", page_png()), ("bad.png", b"this is no picture"))
    visitor.run().settled(2)
    good, bad = visitor.page.locator("#list > li").all()
    assert good.locator(".badge").inner_text() == "done"
    assert good.locator(".fault").count() == 0
    assert bad.locator(".badge").inner_text() == "failed"
    assert len(bad.locator(".fault").inner_text()) > 10
    assert visitor.words("#run") == "Clean again with this recipe"  # the good one; the bad one would only fail again
    bad.locator(".pick").click()
    visitor.page.wait_for_selector("#view-say.failed")
    visitor.page.wait_for_selector("#stage", state="hidden")  # there is nothing to see
    assert visitor.page.is_hidden("#view-tools")
    good.locator(".pick").click()
    visitor.compared()
    assert visitor.page.is_visible("#view-tools")
    assert "1 failed" in visitor.words("#progress-text")
    bad.get_by_label("Remove bad.png").click()
    visitor.page.wait_for_function("() => document.querySelectorAll('#list > li').length === 1")
    assert visitor.page.evaluate("document.activeElement.id").startswith("remove-")


def test_a_file_goes_again_when_it_was_the_recipe_that_was_refused(visit: Visit) -> None:
    visitor = visit()
    visitor.add(("good.png", page_png(1))).run().settled(1)
    refusals: list[Any] = [{"code": "bad-recipe", "detail": "There is no such step."}]

    def refuse(route: Any) -> None:
        if refusals and route.request.method == "POST":
            route.fulfill(status=400, json=refusals.pop())
        else:
            route.continue_()

    visitor.page.route("**/v1/tasks?*", refuse)
    visitor.add(("other.png", page_png(2)))
    visitor.page.click("#run")
    visitor.page.wait_for_selector("#list .badge.failed")
    visitor.run().settled(2)
    assert [badge.inner_text() for badge in visitor.page.locator("#list .badge").all()] == ["done", "done"]
    assert len(visitor.tasks()) == 2


def test_a_reload_in_the_middle_finds_everything_again(visit: Visit) -> None:
    visitor = visit()
    visitor.add(*((f"page {k}.png", page_png(k)) for k in range(5)))
    visitor.page.click("#run")
    visitor.page.wait_for_selector("#list .pending, #list .processing, #list .completed")
    visitor.kept(5, sent=True).again()
    visitor.settled(5)
    assert [row.inner_text() for row in visitor.page.locator("#list .file").all()] == [
        f"page {k}.png" for k in range(5)
    ]
    visitor.compared()
    # The page before is there, laid along the page after.
    before, after = (f"document.querySelector('.pane.{which} img').naturalWidth" for which in ("before", "after"))
    assert visitor.page.evaluate(f"{before} > 0 && {before} === {after}")
    visitor.again().settled(5)
    assert sorted(task["name"] for task in visitor.tasks()) == [f"page {k}.png" for k in range(5)]


def test_a_page_that_the_server_has_is_known_again_whenever_the_page_is_left(visit: Visit) -> None:
    visitor = visit()
    visitor.page.add_init_script(SLOW_STORE)
    visitor.again().add(("slow.png", page_png())).kept(1)
    visitor.page.click("#run")
    visitor.page.wait_for_selector("#list .pending, #list .processing, #list .completed")
    visitor.again().settled()
    assert visitor.page.locator("#list > li").count() == 1
    visitor.compared()  # with what was sent
    assert [task["name"] for task in visitor.tasks()] == ["slow.png"]


def test_pages_that_were_not_sent_survive_a_reload_too(visit: Visit) -> None:
    visitor = visit()
    visitor.add(("later.png", page_png()))
    visitor.kept(1).again()
    visitor.page.wait_for_selector("#list >> text=not sent yet")
    visitor.run()
    assert len(visitor.tasks()) == 1


def test_a_file_of_many_pages_is_turned_over_and_drawn_by_the_server(visit: Visit) -> None:
    visitor = visit()
    visitor.add(("both.tiff", pages_tiff(2))).run().compared()
    assert visitor.words("#page-number") == "Page 1 of 2"
    assert visitor.page.is_disabled("#page-before")
    visitor.page.click("#page-after")
    visitor.page.wait_for_function("() => document.getElementById('page-number').textContent === 'Page 2 of 2'")
    visitor.compared()
    task = next(task for task in visitor.tasks() if task["name"] == "both.tiff")
    assert visitor.saved("#download") == ("both-002.png", visitor.result(task, 2))
    name, content = visitor.saved("#list button[aria-label='Download both.tiff']")
    assert name == "both.zip"
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist() == ["both-001.png", "both-002.png"]
    visitor.again().settled()
    assert visitor.page.locator("#list > li").count() == 1


def test_a_file_of_many_pages_shows_how_far_it_is(visit: Visit) -> None:
    visitor = visit()
    visitor.page.evaluate(
        """() => new MutationObserver(() => {
          const bar = document.querySelector('#list .far progress');
          const words = bar && document.getElementById(bar.getAttribute('aria-labelledby')).textContent;
          if (bar) (window.told ??= []).push([bar.value, bar.max, words]);
        }).observe(document.getElementById('list'), {childList: true, subtree: true, attributes: true})"""
    )
    visitor.add(("volume.tiff", pages_tiff(40))).run().settled()
    told = visitor.page.evaluate("window.told ?? []")
    assert {most for _, most, _ in told} == {40}
    done = [value for value, _, _ in told]
    assert done == sorted(done)
    assert any(0 < value < 40 for value in done)
    assert all(words == f"{value} of 40 pages done" for value, _, words in told)
    assert visitor.page.locator("#list .far").count() == 0
    assert "40 pages" in visitor.words("#list")
    # The pages before are drawn by the server, too, but only when the work is done.
    visitor.compared()
    assert visitor.page.evaluate("document.querySelector('.pane.before img').naturalWidth > 0")
    assert [task["name"] for task in visitor.tasks()] == ["volume.tiff", "recto-preview:volume.tiff"]


def test_the_chosen_page_is_in_sight_in_a_long_list(visit: Visit) -> None:
    visitor = visit()
    visitor.add(*((f"{k}.png", page_png(k)) for k in range(14)))
    visitor.add(("last.png", page_png(20)))
    visitor.page.wait_for_selector("#list .here >> text=last.png")
    seen = """() => {
      const [list, row] = ['#list', '#list .here'].map((one) => document.querySelector(one).getBoundingClientRect());
      return row.top >= list.top - 1 && row.bottom <= list.bottom + 1;
    }"""
    assert visitor.page.evaluate(seen)
    visitor.page.evaluate("document.querySelector('#list .pick').click()")
    assert visitor.page.evaluate(seen)


def test_everything_can_be_removed(visit: Visit) -> None:
    visitor = visit()
    visitor.add(("a.png", page_png(1)), ("b.png", page_png(2))).run().settled(2)
    visitor.page.click("#clear")
    assert visitor.page.locator("#list > li").count() == 2
    assert "Press again" in visitor.words("#clear")
    visitor.page.click("#clear")
    visitor.page.wait_for_function("() => !document.querySelector('#list > li')")
    assert visitor.page.locator("#viewer").is_hidden()
    assert visitor.until_tasks(0) == []
    visitor.again()
    assert visitor.page.locator("#list > li").count() == 0


def test_what_is_removed_is_gone_though_the_page_is_left_at_once(visit: Visit) -> None:
    visitor = visit()
    visitor.page.add_init_script(SLOW_STORE)
    visitor.again().add(("a.png", page_png(1)), ("b.png", page_png(2))).run().settled(2)
    visitor.page.evaluate(
        """() => {
          for (const press of [1, 2]) document.getElementById('clear').click();
          location.href = '/health/live';
        }"""
    )
    visitor.page.wait_for_url("**/health/live")
    assert visitor.until_tasks(0) == []


def test_what_is_removed_does_not_come_back_with_its_news(visit: Visit) -> None:
    visitor = visit()
    held: list[Any] = []
    visitor.page.route(
        "**/v1/tasks/*", lambda route: held.append(route) if route.request.method == "DELETE" else route.continue_()
    )
    visitor.add(("volume.tiff", pages_tiff(40)))
    visitor.page.click("#run")
    visitor.page.wait_for_selector("#list .pending, #list .processing, #list .completed")
    visitor.page.click("[aria-label='Remove volume.tiff']")
    # The server works on until it is told; of two tasks the page hears in order.
    visitor.add(("a.png", page_png())).run()
    assert [row.inner_text() for row in visitor.page.locator("#list .file").all()] == ["a.png"]
    assert {"a.png", "volume.tiff"} <= {task["name"] for task in visitor.tasks()}
    for route in held:
        route.continue_()
    assert [task["name"] for task in visitor.until_tasks(1)] == ["a.png"]


def test_other_recipe_on_the_same_page(visit: Visit) -> None:
    visitor = visit(recipe="[]")
    visitor.add(("a.png", page_png())).run().compared()
    assert visitor.words("#run") == "Clean again with this recipe"
    (first,) = visitor.tasks()
    visitor.page.select_option("#add-filter", "rotate")
    visitor.page.click("#add-step")
    visitor.run()
    (second,) = visitor.until_tasks(1)
    assert second["id"] != first["id"]
    assert [step["filter"] for step in second["recipe"]] == ["rotate"]
