"""Somebody with a browser at the web page."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, Self

from PIL import Image

from tests.live import LiveServer, png_of
from tests.pages import text_page

PATIENCE_MS = 60_000
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
DESK = {"viewport": {"width": 1280, "height": 900}}


def page_png(number: int = 0, angle_deg: float = 2.0, height_px: int = 420, width_px: int = 320) -> bytes:
    """A small crooked page of text."""
    return png_of(text_page(height_px, width_px, text_px=14, angle_deg=angle_deg, seed=number))


def pages_tiff(count: int) -> bytes:
    """One TIFF of several pages."""
    first, *rest = (Image.open(io.BytesIO(page_png(k))) for k in range(count))
    out = io.BytesIO()
    first.save(out, "TIFF", save_all=True, append_images=rest)
    return out.getvalue()


KEPT = """async ([count, sent]) => {
  const base = document.querySelector('script[type=module]').src;
  const { everything } = await import(new URL('keep.js', base));
  return (await everything()).filter((one) => one.key || !sent).length >= count;
}"""
"""Whether the browser's own store has so many originals, those that are to be sent with the key they are sent by."""


class Visitor:
    """A browser window, signed in, that writes down what goes wrong.

    Attributes
    ----------
    page : playwright.sync_api.Page
    faults : list of str
        Errors of scripts, and requests to other places.
    """

    def __init__(
        self,
        browser: Any,
        server: LiveServer,
        client: tuple[str, str],
        *,
        phone: bool = False,
        dark: bool = False,
        locale: str = "en-GB",
        signed_in: bool = True,
        recipe: str | None = '[{"filter": "deskew"}, {"filter": "binarize"}]',
    ) -> None:
        self.server = server
        self.signed_in = signed_in
        self.faults: list[str] = []
        wishes = {**(PHONE if phone else DESK), "color_scheme": "dark" if dark else "light", "locale": locale}
        self.context = browser.new_context(base_url=server.address, accept_downloads=True, **wishes)
        self.context.set_default_timeout(PATIENCE_MS)
        if signed_in:
            given = {"client_id": client[0], "client_secret": client[1]}
            assert self.context.request.post("/session", data=given).ok
        self.page = self.context.new_page()
        if recipe is not None:
            self.page.add_init_script(
                f"localStorage.getItem('recto.recipe') ?? localStorage.setItem('recto.recipe', "
                f"JSON.stringify({{recipe: {recipe}, touched: true}}))"
            )
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", self._heard)
        self.page.on("request", self._asked)

    def arrive(self) -> Self:
        """Open the page; when signed in, wait until it has begun."""
        self.page.goto("/")
        return self.begun() if self.signed_in else self

    def begun(self) -> Self:
        """Wait until the page has begun."""
        self.page.wait_for_selector("html[data-started]")
        return self

    def again(self) -> Self:
        """Reload."""
        self.page.reload()
        return self.begun()

    def leave(self) -> None:
        self.context.close()

    def add(self, *files: tuple[str, bytes]) -> Self:
        """Choose files, as from the file chooser."""
        count = self.page.locator("#list > li").count() + len(files)
        with self.page.expect_file_chooser() as chooser:
            self.page.click("#choose")
        chooser.value.set_files([{"name": n, "mimeType": "", "buffer": content} for n, content in files])
        self.page.wait_for_function("n => document.querySelectorAll('#list > li').length >= n", arg=count)
        return self

    def kept(self, count: int, *, sent: bool = False) -> Self:
        """Wait until so many originals would survive a reload; with ``sent`` their keys, too."""
        self.page.wait_for_function(KEPT, arg=[count, sent])
        return self

    def run(self) -> Self:
        """Press the button and wait until nothing is open."""
        self.page.click("#run")
        return self.settled()

    def settled(self, count: int = 1) -> Self:
        """Wait until at least so many pages are through and none is on its way."""
        self.page.wait_for_function(
            """n => document.querySelectorAll('.badge.completed, .badge.failed').length >= n
                 && !document.querySelector('#list .sending, #list .pending, #list .processing, #list .ready')""",
            arg=count,
        )
        return self

    def compared(self) -> Self:
        """Wait until both pictures of the chosen page are there."""
        self.page.wait_for_selector("#stage[data-mode=slider], #stage[data-mode=side]")
        self.page.wait_for_selector("#stage:not([aria-busy])")
        return self

    def saved(self, selector: str) -> tuple[str, bytes]:
        """Press something that downloads: the file's name and bytes."""
        with self.page.expect_download() as download:
            self.page.click(selector)
        return download.value.suggested_filename, Path(download.value.path()).read_bytes()

    def tasks(self) -> list[Any]:
        """The tasks as the server has them, oldest first."""
        found: list[Any] = self.page.evaluate("fetch('/v1/tasks').then(a => a.json()).then(a => a.tasks.reverse())")
        return found

    def until_tasks(self, count: int) -> list[Any]:
        """The tasks, once the server has so many; it is told of what is removed aside."""
        for _ in range(PATIENCE_MS // 100):
            if len(self.tasks()) == count:
                break
            self.page.wait_for_timeout(100)
        return self.tasks()

    def result(self, task: Any, page: int = 1) -> bytes:
        """The PNG of a page, straight from the server."""
        content: bytes = self.context.request.get(task["pages"][page - 1]["result"]).body()
        return content

    def words(self, selector: str) -> str:
        return str(self.page.inner_text(selector))

    def _heard(self, message: Any) -> None:
        # A browser writes every answer of 400 and more into its console; what the page makes of it is what counts.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.faults.append(message.text)

    def _asked(self, request: Any) -> None:
        if not request.url.startswith((self.server.address + "/", "blob:", "data:")):
            self.faults.append(f"asked elsewhere: {request.url}")
