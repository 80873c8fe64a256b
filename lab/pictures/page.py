"""Draw ``docs/pictures/page-*.png``: the web page as it is, in a real browser on a server of its own.

Run ``python -m lab.pictures.page``; it needs Chromium and playwright.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image

from tests.live import LiveServer
from tests.page.conftest import FLAGS, chromium
from tests.page.visitor import Visitor

FOLDER = Path("docs/pictures")
MAX_BYTES = 300_000


def shoot(visitor: Visitor, name: str) -> None:
    """What the window shows, with as many colours as fit into the limit."""
    target = FOLDER / f"page-{name}.png"
    visitor.page.screenshot(path=str(target), animations="disabled")
    picture = Image.open(target).convert("RGB")
    for scale in (1.0, 0.85, 0.7, 0.6):
        size = (round(picture.width * scale), round(picture.height * scale))
        small = picture.resize(size, Image.Resampling.LANCZOS).quantize(160, dither=Image.Dither.NONE)
        small.save(target, optimize=True)
        if target.stat().st_size < MAX_BYTES:
            print(target, size, target.stat().st_size)
            return
    raise ValueError(f"{target} does not fit into {MAX_BYTES} bytes")


def sample(visitor: Visitor, kind: str) -> None:
    """Take a sample, clean it, and wait until both pictures are there."""
    visitor.page.click(f"[data-sample='{kind}']")
    visitor.page.wait_for_selector("#list .ready")
    visitor.run().compared()


def at_the_desk(browser: Any, server: LiveServer, client: tuple[str, str]) -> None:
    visitor = Visitor(browser, server, client, recipe=None).arrive()
    for kind in ("scan", "fax", "old book"):
        sample(visitor, kind)
    sample(visitor, "phone photo")
    visitor.page.set_viewport_size({"width": 1280, "height": 1180})
    visitor.page.evaluate("scrollTo(0, 0)")
    visitor.page.wait_for_timeout(500)
    shoot(visitor, "desk")
    visitor.page.click("#loupe")
    visitor.page.click("#theme")
    visitor.page.locator("#list .pick").nth(2).click()
    visitor.compared().page.wait_for_timeout(500)
    shoot(visitor, "dark")
    visitor.page.click("#theme")
    visitor.leave()


def in_the_hand(browser: Any, server: LiveServer, client: tuple[str, str]) -> None:
    visitor = Visitor(browser, server, client, phone=True, recipe=None, locale="en-GB").arrive()
    sample(visitor, "receipt")
    visitor.page.locator("#viewer").evaluate("e => e.scrollIntoView({block: 'start'})")
    visitor.page.wait_for_timeout(500)
    shoot(visitor, "phone")
    visitor.leave()


def main() -> None:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        print("playwright is not installed: the pictures of the web page stay as they are")
        return
    if chromium() is None:
        print("there is no chromium: the pictures of the web page stay as they are")
        return
    home = Path(tempfile.mkdtemp(prefix="recto-page-"))
    server = LiveServer(home / "home").start()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium(), headless=True, args=FLAGS)
            at_the_desk(browser, server, server.add_client("desk"))
            in_the_hand(browser, server, server.add_client("hand"))
            browser.close()
    finally:
        server.stop()
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
