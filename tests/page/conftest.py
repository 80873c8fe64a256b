"""A real headless Chromium on the live server; without one these tests skip and say so."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.live import LiveServer
from tests.page.visitor import Visitor

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
Visit = Callable[..., Visitor]


def chromium() -> str | None:
    """The browser of this machine."""
    found = (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))
    return next((path for path in found if path), None)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One browser for a file of tests; its event loop must be gone before other tests want one of their own."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: no test of the web page")
    path = chromium()
    if path is None:
        pytest.skip("there is no chromium on this machine: no test of the web page")
    with api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, headless=True, args=FLAGS)
        yield found
        found.close()


@pytest.fixture(scope="module")
def client(server: LiveServer) -> tuple[str, str]:
    """A client of these tests alone, so that the list holds no pages of others."""
    return server.add_client("web page")


@pytest.fixture
def visit(browser: Any, server: LiveServer, client: tuple[str, str]) -> Iterator[Visit]:
    """Open the page as the tests' client: ``visit(phone=True, locale="de-DE")``."""
    open_ones: list[Visitor] = []

    def opened(**wishes: Any) -> Visitor:
        visitor = Visitor(browser, server, client, **wishes)
        open_ones.append(visitor)
        return visitor.arrive()

    yield opened
    for visitor in open_ones:
        visitor.leave()
    headers = {"Authorization": f"Bearer {server.token(*client)}"}
    while left := server.ask("GET", "/v1/tasks?limit=100", headers=headers).json["tasks"]:
        for task in left:
            answer = server.ask("DELETE", f"/v1/tasks/{task['id']}", headers=headers)
            assert answer.status in (204, 404), answer.text
    for visitor in open_ones:
        assert visitor.faults == [], json.dumps(visitor.faults)
