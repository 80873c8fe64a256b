"""Every error is a problem document with an honest status and no traceback."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
from typing import Any

import pytest

from recto.errors import BlobMissingError, DatabaseUnavailableError, StoreUnavailableError
from recto.web.v5.operations import ELSEWHERE
from tests.live import Answer, LiveServer, png_of
from tests.pages import text_page

PICTURE = png_of(text_page(120, 160))
BODY = json.dumps({"image": base64.b64encode(PICTURE).decode()})
JSON = {"Content-Type": "application/json"}


def check(answer: Answer, status: int, *words: str) -> dict[str, Any]:
    assert answer.status == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told: dict[str, Any] = answer.json
    assert told["status"] == status
    assert told["traceId"] == answer.headers["x-request-id"]
    assert {"type", "title", "detail", "instance"} <= set(told)
    assert "Traceback" not in answer.text
    for word in words:
        assert word in told["detail"], told["detail"]
    return told


def with_token(token: str, **more: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", **JSON, **{k.replace("_", "-"): v for k, v in more.items()}}


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"", "empty"),
        (b"{", "JSON"),
        (b"[]", "object"),
        (b"{}", "image"),
        (b'{"image": null}', "image"),
        (b'{"image": [1, 2]}', "base64"),
        (b'{"image": ""}', "empty"),
        (b'{"image": "a!"}', "base64"),
        (b"\xff\xff", "text"),
    ],
)
def test_malformed_bodies_are_400(server: LiveServer, token: str, body: bytes, word: str) -> None:
    told = check(server.ask("POST", "/v5.0/ocr/DeskewImage", body, with_token(token)), 400, word)
    assert told["errors"]


@pytest.mark.parametrize("data", [b"this is no picture at all", PICTURE[:60], b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_picture_is_refused_at_once(server: LiveServer, token: str, data: bytes) -> None:
    body = json.dumps({"image": base64.b64encode(data).decode()})
    answer = server.ask("POST", "/v5.0/ocr/DeskewImage", body, with_token(token))
    assert answer.status in (400, 415)
    check(answer, answer.status)


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("query", ["", "?id=", "?id=%20", "?page=1"])
def test_a_missing_id_is_400(server: LiveServer, token: str, method: str, query: str) -> None:
    check(server.ask(method, f"/v5.0/ocr/DeskewImage{query}", headers=with_token(token)), 400, "id")


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "multipart/form-data", "image/png", "text/plain"]
)
def test_other_content_types_are_415(server: LiveServer, token: str, kind: str) -> None:
    headers = with_token(token) | {"Content-Type": kind}
    check(server.ask("POST", "/v5.0/ocr/DeskewImage", BODY, headers), 415, "application/json")


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", "text/json", "APPLICATION/JSON", "application/a+json"]
)
def test_every_kind_of_json_is_taken(server: LiveServer, token: str, kind: str) -> None:
    headers = with_token(token) | {"Content-Type": kind}
    assert server.ask("POST", "/v5.0/ocr/DeskewImage", BODY, headers).status == 200


def test_a_form_without_multipart_is_415(server: LiveServer, token: str) -> None:
    path = "/v5.0/ocr/ImageProcessing/PostBinarizationFile"
    check(server.ask("POST", path, BODY, with_token(token)), 415, "multipart/form-data")


def test_a_compressed_body_is_415(server: LiveServer, token: str) -> None:
    body = gzip.compress(BODY.encode())
    answer = server.ask("POST", "/v5.0/ocr/DeskewImage", body, with_token(token, Content_Encoding="gzip"))
    check(answer, 415, "gzip")
    assert answer.headers["accept-encoding"] == "identity"


def test_unknown_paths_are_404(server: LiveServer) -> None:
    for path in ("/nope", "/v5.0/ocr/Nope", "/v5.0/ocr", "/static/../pyproject.toml", "/static/app.py"):
        check(server.ask("GET", path), 404, "/docs")


def test_a_wrong_method_is_405_and_names_all_that_there_are(server: LiveServer) -> None:
    answer = server.ask("PUT", "/v5.0/ocr/DeskewImage")
    check(answer, 405, "DELETE")
    assert answer.headers["allow"] == "DELETE, GET, HEAD, POST"
    path = "/v5.0/ocr/ImageProcessing/PostBinarizationFile"
    answer = server.ask("DELETE", path)
    check(answer, 405)
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize("name", ELSEWHERE)
def test_operations_that_are_not_done_here_say_so(server: LiveServer, name: str) -> None:
    told = check(server.ask("POST", f"/v5/{name}", BODY, JSON), 501, name, "DeskewImage")
    assert "BinarizeImage" in told["operations"]


def test_old_versions_are_gone(server: LiveServer) -> None:
    for path in ("/v3.0/ocr/recognize", "/v4.0/ocr/RecognizeImage", "/v3.0/"):
        check(server.ask("POST", path, b"{}", JSON), 410, "v5")


def test_swaggers_address_leads_to_the_docs(server: LiveServer) -> None:
    for path in ("/v5.1/ocr/swagger/index.html", "/v5.0/ocr/swagger", "/swagger/"):
        answer = server.ask("GET", path)
        assert (answer.status, answer.headers["location"]) == (307, "/docs")


def test_an_announced_body_that_is_too_large_is_413_before_it_is_read(asking: Any) -> None:
    async def test(client: Any, _: Any) -> None:
        answer = await client.post("/v5.0/ocr/DeskewImage", content=b"x" * 200_000, headers=JSON)
        assert answer.status_code == 413
        assert "RECTO_MAX_BODY_MB" in answer.json()["detail"]
        assert "0.1" in answer.json()["detail"]

    asking(test, max_body_mb=0.1)


def test_a_chunked_body_that_is_too_large_is_413(asking: Any) -> None:
    async def chunks() -> Any:
        for _ in range(50):
            yield b"x" * 10_000

    async def test(client: Any, _: Any) -> None:
        answer = await client.post("/v5.0/ocr/DeskewImage", content=chunks(), headers=JSON)
        assert answer.status_code == 413
        assert "RECTO_MAX_BODY_MB" in answer.json()["detail"]

    asking(test, max_body_mb=0.1)


def test_too_many_bodies_at_once_are_503_with_a_time_to_wait(asking: Any) -> None:
    async def test(client: Any, _: Any) -> None:
        answer = await client.post("/v5.0/ocr/DeskewImage", content=b"x" * 200_000, headers=JSON)
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
        small = await client.post("/v5.0/ocr/DeskewImage", content=BODY[:100], headers=JSON)
        assert small.status_code == 400  # the refused body is no longer counted

    asking(test, max_bodies_mb=0.1)


def test_a_body_that_never_ends_is_408(asking: Any) -> None:
    async def test(client: Any, house: Any) -> None:
        async def chunks() -> Any:
            yield b"{"
            await asyncio.sleep(2)
            yield b"}"

        answer = await client.post("/v5.0/ocr/DeskewImage", content=chunks(), headers=JSON)
        assert answer.status_code == 408

    asking(test, body_timeout_s=0.05)


def test_too_many_pixels_are_413_and_named(asking: Any) -> None:
    async def test(client: Any, _: Any) -> None:
        answer = await client.post("/v5.0/ocr/DeskewImage", content=BODY, headers=JSON)
        assert answer.status_code == 413
        assert "max_megapixels" in answer.json()["detail"]

    asking(test, max_megapixels=0.01)


def test_a_full_queue_is_503_with_a_time_to_wait(asking: Any) -> None:
    async def test(client: Any, _: Any) -> None:
        answer = await client.post("/v5.0/ocr/DeskewImage", content=BODY, headers=JSON)
        assert answer.status_code == 503
        assert answer.json()["code"] == "queue-full"
        assert int(answer.headers["retry-after"]) > 0

    asking(test, min_free_mb=10**9)


def test_a_surprise_is_a_problem_too(asking: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async def test(client: Any, house: Any) -> None:
        async def broken(*_: Any) -> None:
            raise ZeroDivisionError("secret detail")

        monkeypatch.setattr(house.service, "fetch", broken)
        answer = await client.get("/v5.0/ocr/DeskewImage?id=x", headers={"Prefer": "wait=0"})
        assert answer.status_code == 500
        assert answer.headers["content-type"] == "application/problem+json"
        assert "secret detail" not in answer.text
        assert "ZeroDivision" not in answer.text

    asking(test)


@pytest.mark.parametrize("lost", [DatabaseUnavailableError("password=hunter2"), StoreUnavailableError("at 10.0.0.9")])
def test_what_is_out_of_reach_is_503_and_says_nothing_of_it(
    asking: Any, monkeypatch: pytest.MonkeyPatch, lost: Exception
) -> None:
    async def test(client: Any, house: Any) -> None:
        async def unreachable(*_: Any) -> None:
            raise lost

        monkeypatch.setattr(house.service, "fetch", unreachable)
        monkeypatch.setattr(house.access, "issue", unreachable)
        form = {"grant_type": "client_credentials", "client_id": "a", "client_secret": "b"}
        for answer in (
            await client.get("/v5.0/ocr/DeskewImage?id=x"),
            await client.get("/v5.0/ocr/Utilities/GetTaskStatus?id=x"),
            await client.post("/connect/token", data=form),
        ):
            assert answer.status_code == 503
            assert int(answer.headers["retry-after"]) > 0
            assert "hunter2" not in answer.text
            assert "10.0.0.9" not in answer.text

    asking(test)


def test_a_lost_result_is_told_as_lost(server: LiveServer, token: str, asking: Any, monkeypatch: Any) -> None:
    task_id = server.submit("BinarizeImage", PICTURE, token)
    server.result("BinarizeImage", task_id, token)

    async def test(client: Any, house: Any) -> None:
        async def missing(*_: Any) -> None:
            raise BlobMissingError("gone")

        monkeypatch.setattr(house.service, "result", missing)
        told = (await client.get(f"/v5.0/ocr/BinarizeImage?id={task_id}")).json()
        assert (told["taskStatus"], told["responseStatusCode"]) == ("NotExist", "ResultDataLost")
        file = await client.get(f"/v5.0/ocr/ImageProcessing/GetResultFile?id={task_id}")
        assert (file.status_code, file.headers["x-task-status"]) == (204, "NotExist")

    asking(test)


def test_not_ready_says_what_is_missing(asking: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async def test(client: Any, house: Any) -> None:
        async def ready() -> dict[str, bool]:
            return {"database": True, "blobs": False, "workers": True}

        monkeypatch.setattr(house.service, "ready", ready)
        answer = await client.get("/health/ready")
        assert (answer.status_code, answer.json()["checks"]["blobs"]) == (503, False)
        assert (await client.get("/health/live")).status_code == 200

    asking(test)


def test_request_ids_are_kept_or_made(server: LiveServer) -> None:
    assert server.ask("GET", "/health/live", headers={"X-Request-ID": "mine-1"}).headers["x-request-id"] == "mine-1"
    made = {
        server.ask("GET", "/health/live", headers={"X-Request-ID": bad}).headers["x-request-id"]
        for bad in ("a b", "x" * 65, "<script>", "")
    }
    assert len(made) == 4
    assert all(len(one) == 32 for one in made)
