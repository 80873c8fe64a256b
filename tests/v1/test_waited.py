"""One small page at a time."""

from __future__ import annotations

import base64
import email
import email.policy
import json
from typing import Any

import httpx
import pytest

from recto.bootstrap import House
from recto.pipeline import CATALOGUE
from recto.web.v1.models import Inspection, PageAnswer
from tests.live import png_of
from tests.pages import text_page
from tests.parts import png, read, tiff
from tests.v1.test_tasks import TURN, damaged, problem
from tests.web.conftest import Asking


def test_bytes_in_bytes_out(api: httpx.Client) -> None:
    answer = api.post("/v1/pages", params={"recipe": TURN}, content=png(9))
    assert answer.headers["content-type"] == "image/png"
    assert read(answer.content) == ((60, 40), 9)


def test_what_was_found_is_in_the_headers_or_in_the_json(api: httpx.Client) -> None:
    sent = png_of(text_page(600, 500, angle_deg=-3))
    plain = api.post("/v1/pages?recipe=deskew", content=sent)
    told = api.post("/v1/pages?recipe=deskew", content=sent, headers={"Accept": "application/json"})
    found = PageAnswer.model_validate_json(told.content)
    assert base64.b64decode(found.image) == plain.content
    assert json.loads(plain.headers["x-recto-estimates"]) == found.estimates
    assert found.estimates["skew"]["angle_deg"] == pytest.approx(-3, abs=0.3)
    assert (found.input.width_px, found.input.height_px) == (500, 600)
    blank = api.post("/v1/pages?recipe=deskew", content=png())
    assert "left as it is" in blank.headers["x-recto-notes"]


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("*/*", "image/png"),
        ("image/*;q=0.5, application/json;q=0.4", "image/png"),
        ("image/png;q=0.2, application/json", "application/json"),
        ("text/html, application/*", "application/json"),
        ("*/*, application/json", "application/json"),
        ("application/json, image/png", "application/json"),
        ("image/*, image/png;q=0, multipart/*;q=0.1", "multipart/mixed"),
        ("multipart/mixed", "multipart/mixed"),
    ],
)
def test_the_client_chooses_the_kind(api: httpx.Client, accept: str, kind: str) -> None:
    answer = api.post("/v1/pages?recipe=rotate", content=png(), headers={"Accept": accept})
    assert answer.headers["content-type"].partition(";")[0] == kind


def test_both_come_in_one_body(api: httpx.Client) -> None:
    sent = png_of(text_page(600, 500, angle_deg=2))
    answer = api.post("/v1/pages?recipe=deskew", content=sent, headers={"Accept": "multipart/mixed"})
    head = f"Content-Type: {answer.headers['content-type']}\r\n\r\n".encode()
    found = email.message_from_bytes(head + answer.content, policy=email.policy.HTTP)
    report, picture = found.iter_parts()
    assert [part.get_content_type() for part in (report, picture)] == ["application/json", "image/png"]
    told = json.loads(report.get_payload(decode=True))
    assert told["estimates"] == json.loads(answer.headers["x-recto-estimates"])
    assert read(picture.get_payload(decode=True))[0] == (told["width_px"], told["height_px"])
    plain = api.post("/v1/pages?recipe=deskew", content=sent)
    assert picture.get_payload(decode=True) == plain.content


def test_no_kind_that_the_client_takes_is_refused(api: httpx.Client) -> None:
    for accept in ("text/html", "image/png;q=0", "image/png;q=x"):
        problem(api.post("/v1/pages?recipe=rotate", content=png(), headers={"Accept": accept}), 406)


def test_inspect_tells_what_every_filter_finds(api: httpx.Client) -> None:
    image = png_of(text_page(600, 500, angle_deg=3))
    answer = api.post("/v1/inspect", json={"image": base64.b64encode(image).decode()})
    found = Inspection.model_validate_json(answer.content)
    assert (found.width_px, found.height_px, found.kind) == (500, 600, "grey")
    assert {"skew", "orientation", "ink", "warp"} <= set(found.estimates)
    assert len(found.estimates) >= len(CATALOGUE) - 1
    assert found.estimates["skew"]["angle_deg"] == pytest.approx(3, abs=0.3)
    assert all(0 <= estimate["confidence"] <= 1 for estimate in found.estimates.values())


@pytest.mark.parametrize("path", ["/v1/pages?recipe=rotate", "/v1/inspect"])
def test_large_and_damaged_files_are_refused(api: httpx.Client, path: str) -> None:
    problem(api.post(path, content=tiff(1, 2)), 413, "/v1/tasks")
    problem(api.post(path, content=damaged()), 400)
    problem(api.post(path, content=b"nothing"), 415)


def test_limits_are_settings(asking: Asking) -> None:
    async def ask(client: httpx.AsyncClient, house: House) -> list[httpx.Response]:
        large, small = png(height_px=300, width_px=400), png()
        return [
            await client.post("/v1/pages?recipe=rotate", content=body) for body in (large, small, b"x" * 20_000, small)
        ]

    by_pixels = asking(ask, sync_max_megapixels=0.05)
    assert [answer.status_code for answer in by_pixels] == [413, 200, 415, 200]
    assert "sync_max_megapixels" in by_pixels[0].json()["detail"]
    by_size = asking(ask, sync_max_mb=0.01)
    assert by_size[2].status_code == 413
    assert "sync_max_mb" in by_size[2].json()["detail"]


def test_a_page_that_takes_too_long_is_told_so_and_dropped(asking: Asking) -> None:
    long = png_of(text_page())  # the worker of the live server would have a small page done before anybody looked

    async def ask(client: httpx.AsyncClient, house: House) -> Any:
        answer = await client.post("/v1/pages?recipe=dewarp,deskew,binarize", content=long)
        return answer, await client.get("/v1/tasks?state=pending,processing")

    answer, still_open = asking(ask, sync_wait_s=0.001)
    problem(answer, 503, "sync_wait_s")
    assert answer.headers["retry-after"]
    assert answer.request.url.path == "/v1/pages"
    assert still_open.json()["tasks"] == []
