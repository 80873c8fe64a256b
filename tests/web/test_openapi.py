"""The published document and page describe what is really there."""

from __future__ import annotations

import re
from typing import Any

import pytest

from recto.web.page.manual import manual
from recto.web.v5.operations import CURRENT, DEPRECATED
from tests.live import LiveServer


@pytest.fixture(scope="module")
def document(server: LiveServer) -> Any:
    return server.ask("GET", "/openapi.json").json


def operations(document: Any) -> list[tuple[str, str, Any]]:
    return [(path, method, found) for path, methods in document["paths"].items() for method, found in methods.items()]


def test_every_operation_of_the_compatible_api_is_there(document: Any) -> None:
    paths = document["paths"]
    for operation in CURRENT:
        assert set(paths[f"/v5.0/ocr/{operation.name}"]) == {"post", "get", "delete"}
    for operation in DEPRECATED:
        assert set(paths[f"/v5.0/ocr/{operation.name}"]) == {"post"}
        assert paths[f"/v5.0/ocr/{operation.name}"]["post"]["deprecated"]
    assert "/connect/token" in paths
    assert "/health/ready" in paths


def test_operation_ids_are_unique(document: Any) -> None:
    ids = [found["operationId"] for _, _, found in operations(document)]
    assert len(ids) == len(set(ids))


def test_answers_have_the_content_types_that_are_said(document: Any) -> None:
    paths = document["paths"]
    said = {method: paths["/v5.0/ocr/DeskewImage"][method]["responses"]["200"] for method in ("post", "get", "delete")}
    assert list(said["post"]["content"]) == ["text/plain"]
    assert list(said["get"]["content"]) == ["application/json"]
    assert "content" not in said["delete"]
    file = paths["/v5.0/ocr/ImageProcessing/GetResultFile"]["get"]["responses"]
    assert list(file["200"]["content"]) == ["image/png"]
    assert "content" not in file["204"]


def test_nothing_is_said_that_is_not_so(document: Any, server: LiveServer) -> None:
    assert "422" not in {status for _, _, found in operations(document) for status in found["responses"]}
    for path, method, found in operations(document):
        answer = server.ask(method.upper(), path)
        assert str(answer.status) in found["responses"], (path, method, answer.status)
        guarded = bool(found.get("security"))
        assert guarded == (answer.status == 401), (path, method)
        names = [parameter["name"] for parameter in found.get("parameters", ())]
        assert "client_id" not in names
        assert ("id" in names) == (method in ("get", "delete") and "/ocr/" in path)


def test_the_page_needs_nothing_from_elsewhere(server: LiveServer, document: Any) -> None:
    for path in ("/", "/docs"):
        answer = server.ask("GET", path)
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        for link in re.findall(r'(?:src|href)="([^"]*)"', answer.text):
            if link.startswith("#"):
                continue
            assert link.startswith("/")
            assert server.ask("GET", link).status in (200, 503), link
        assert not re.search(r"<script(?![^>]*\bsrc=)", answer.text)
        assert "<script" not in answer.text or path == "/"
        assert "style=" not in answer.text
    page = server.ask("GET", "/docs").text
    for path, _, _ in operations(document):
        assert path in page
    assert page == manual(document)


def test_the_page_shows_what_webhooks_are_told(document: Any) -> None:
    page = manual(document)
    section = page[page.index('id="webhooks"') : page.index("<h2>Bodies</h2>")]
    for word in ("task.completed", "task.failed", "batch.completed", "webhook-signature", "page_count", "/v1/webhooks"):
        assert word in section
    assert "422" not in section
    assert "The same for every attempt" in section
    quiet = {key: found for key, found in document.items() if key != "webhooks"}
    assert 'id="webhooks"' not in manual(quiet)


def test_the_page_escapes_what_it_shows() -> None:
    operation = {"summary": "<b>", "description": "`<i>`", "responses": {"200": {"description": "<u>"}}}
    told = manual({"info": {"title": "<t>", "version": "1"}, "paths": {"/<p>": {"get": operation}}})
    assert not re.search("<(b|i|u|t|p)>`", told)
    assert "&lt;b&gt;" in told
    assert "<code>&lt;i&gt;</code>" in told
