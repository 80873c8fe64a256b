"""Submit, wait, fetch, cancel: what a client sees of its task."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import http.client
import io
import json
import re
import socket
import struct
import threading
import time
import zlib
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest
import urllib3
from PIL import Image

from recto.service import TaskState
from recto.web.v5.operations import CURRENT, DEPRECATED
from tests.live import Answer, LiveServer, png_of
from tests.pages import text_page

PAGE = text_page(400, 300, angle_deg=2)
PICTURE = png_of(PAGE)
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def bearer(token: str, **more: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", **{name.replace("_", "-"): value for name, value in more.items()}}


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def pictures(told: dict[str, Any]) -> list[Image.Image]:
    assert (told["taskStatus"], told["responseStatusCode"], told["error"]) == ("Completed", "Ok", None)
    assert {result["type"] for result in told["results"]} == {"ImagePNG"}
    return [opened(base64.b64decode(result["data"], validate=True)) for result in told["results"]]


@pytest.fixture(scope="module")
def done(server: LiveServer, token: str) -> str:
    """The id of a finished task."""
    task_id = server.submit("BinarizeImage", PICTURE, token)
    assert server.result("BinarizeImage", task_id, token)["taskStatus"] == "Completed"
    return task_id


@pytest.mark.parametrize("operation", [operation.name for operation in CURRENT])
def test_post_then_one_immediate_get_gives_the_picture(server: LiveServer, token: str, operation: str) -> None:
    body = json.dumps({"image": base64.b64encode(PICTURE).decode(), "settings": {"language": "English"}})
    headers = bearer(token, Content_Type="application/json", Accept="text/plain")
    posted = server.ask("POST", f"/v5.0/ocr/{operation}", body, headers)
    assert posted.status == 200
    assert posted.headers["content-type"] == "text/plain; charset=utf-8"
    assert GUID.fullmatch(posted.text)
    answer = server.ask("GET", f"/v5.0/ocr/{operation}?id={posted.text}", headers=headers)
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.json["id"] == posted.text
    (image,) = pictures(answer.json)
    if operation == "BinarizeImage":
        assert image.mode == "1"
    if operation == "UpscaleImage":
        assert image.size == (600, 800)


@pytest.mark.parametrize("name", [name for operation in DEPRECATED for name in (operation.name, *operation.aliases)])
@pytest.mark.parametrize("part", [("file", "application/octet-stream"), ("näme.tif", "text/plain")])
def test_multipart_then_json_or_file(server: LiveServer, token: str, name: str, part: tuple[str, str]) -> None:
    body, content_type = urllib3.encode_multipart_formdata({"file": (part[0], PICTURE, part[1])})
    posted = server.ask("POST", f"/v5.0/ocr/{name}", body, bearer(token, Content_Type=content_type))
    assert posted.status == 200
    assert GUID.fullmatch(posted.text)
    told = server.ask("GET", f"/v5.0/ocr/ImageProcessing/GetResultTask?id={posted.text}", headers=bearer(token)).json
    (image,) = pictures(told)
    file = server.ask("GET", f"/v5.0/ocr/ImageProcessing/GetResultFile?id={posted.text}", headers=bearer(token))
    assert file.status == 200
    assert opened(file.body).tobytes() == image.tobytes()


def test_a_chunked_body_is_read(server: LiveServer, token: str) -> None:
    body = json.dumps({"image": base64.b64encode(PICTURE).decode()}).encode()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    chunks = (body[k : k + 1000] for k in range(0, len(body), 1000))
    headers = bearer(token, Content_Type="application/json")
    connection.request("POST", "/v5.0/ocr/DeskewImage", chunks, headers, encode_chunked=True)
    answer = connection.getresponse()
    assert (answer.status, bool(GUID.fullmatch(answer.read().decode()))) == (200, True)
    connection.close()


def test_a_document_of_several_pages_gives_an_entry_per_page(server: LiveServer, token: str) -> None:
    frames = [Image.fromarray(np.full((40, 50 + 10 * k), 255 - k, np.uint8)) for k in range(3)]
    out = io.BytesIO()
    frames[0].save(out, "TIFF", save_all=True, append_images=frames[1:])
    task_id = server.submit("BinarizeImage", out.getvalue(), token)
    images = pictures(server.result("BinarizeImage", task_id, token))
    assert [image.width for image in images] == [50, 60, 70]
    for page, image in enumerate(images, 1):
        path = f"/v5.0/ocr/ImageProcessing/GetResultFile?id={task_id}&page={page}"
        answer = server.ask("GET", path, headers=bearer(token))
        assert opened(answer.body).size == image.size
        assert answer.headers["x-recto-pages"] == "3"
        assert f'filename="{task_id}-{page:03d}.png"' in answer.headers["content-disposition"]
    assert server.ask("GET", path[:-1] + "4", headers=bearer(token)).status == 204
    assert server.ask("GET", path[:-1] + "no", headers=bearer(token)).status == 400


def test_a_file_has_its_headers_and_is_not_sent_twice(server: LiveServer, token: str, done: str) -> None:
    path = f"/v5.0/ocr/imageprocessing/getresultfile/?ID={done}"
    answer = server.ask("GET", path, headers=bearer(token, Accept="text/plain"))
    assert (answer.status, answer.headers["content-type"]) == (200, "image/png")
    assert int(answer.headers["content-length"]) == len(answer.body)
    assert answer.headers["content-disposition"] == f'attachment; filename="{done}.png"'
    etag = answer.headers["etag"]
    assert re.fullmatch(r'"[0-9a-f]{32}"', etag)
    for known in (etag, f'W/"x", {etag}', "*"):
        again = server.ask("GET", path, headers=bearer(token, If_None_Match=known))
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", etag)
    assert server.ask("GET", path, headers=bearer(token, If_None_Match='"other"')).status == 200
    head = server.ask("HEAD", path, headers=bearer(token))
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", answer.headers["content-length"])


@pytest.mark.parametrize("task_id", ["00000000-0000-0000-0000-000000000000", "TTSb4705-728d-x", "%00", "ü", "a" * 5000])
def test_an_unknown_id_of_any_shape_does_not_exist(server: LiveServer, token: str, task_id: str) -> None:
    task_id = quote(task_id, safe="%")
    for name in ("DeskewImage", "ImageProcessing/GetResultTask", "Utilities/GetTaskStatus"):
        answer = server.ask("GET", f"/v5.0/ocr/{name}?id={task_id}", headers=bearer(token))
        assert answer.status == 200
        told = answer.json
        assert (told["taskStatus"], told["responseStatusCode"]) == ("NotExist", "TaskNotFound")
        assert (told["results"], told["error"]) == (None, None)
    file = server.ask("GET", f"/v5.0/ocr/ImageProcessing/GetResultFile?id={task_id}", headers=bearer(token))
    assert (file.status, file.body, file.headers["x-task-status"]) == (204, b"", "NotExist")
    assert "content-type" not in file.headers
    gone = server.ask("DELETE", f"/v5.0/ocr/DeskewImage?id={task_id}", headers=bearer(token))
    assert (gone.status, gone.body) == (200, b"")


def test_an_id_is_found_in_any_case_and_at_any_operation(server: LiveServer, token: str, done: str) -> None:
    for path in (f"/v5.0/ocr/dewarpimage?Id={done.upper()}", f"/v5/DeskewImage/?x=1&id={done}&_=123"):
        told = server.ask("GET", path, headers=bearer(token)).json
        assert (told["id"], told["taskStatus"]) == (done, "Completed")


def test_the_status_comes_without_results(server: LiveServer, token: str, done: str) -> None:
    for accept in ("text/plain", "application/json", "*/*"):
        answer = server.ask("GET", f"/v5.0/Utilities/GetTaskStatus?id={done}", headers=bearer(token, Accept=accept))
        assert answer.headers["content-type"] == "application/json; charset=utf-8"
        told = answer.json
        assert (told["taskStatus"], told["results"], told["error"]) == ("Completed", None, None)


def test_delete_makes_a_task_unknown_however_often(server: LiveServer, token: str) -> None:
    task_id = server.submit("DeskewImage", PICTURE, token)
    for _ in range(2):
        answer = server.ask("DELETE", f"/v5.0/ocr/DeskewImage?id={task_id}", headers=bearer(token))
        assert (answer.status, answer.body, answer.headers["content-length"]) == (200, b"", "0")
        told = server.ask("GET", f"/v5.0/ocr/DeskewImage?id={task_id}", headers=bearer(token)).json
        assert (told["taskStatus"], told["responseStatusCode"]) == ("NotExist", "TaskNotFound")


def test_what_a_filter_has_to_say_is_in_a_header(server: LiveServer, token: str) -> None:
    task_id = server.submit("DeskewImage", png_of(np.full((60, 60), 255, np.uint8)), token)
    server.result("DeskewImage", task_id, token)
    answer = server.ask("GET", f"/v5.0/ocr/DeskewImage?id={task_id}", headers=bearer(token))
    assert "left as it is" in answer.headers["x-recto-notes"]
    assert answer.json["error"] is None


def test_with_the_setting_notes_are_messages_too(server: LiveServer, token: str, asking: Any) -> None:
    task_id = server.submit("DeskewImage", png_of(np.full((60, 60), 255, np.uint8)), token)
    server.result("DeskewImage", task_id, token)

    async def test(client: Any, _: Any) -> None:
        told = (await client.get(f"/v5.0/ocr/DeskewImage?id={task_id}")).json()
        assert told["taskStatus"] == "Completed"
        assert "left as it is" in told["error"]["messages"][0]

    asking(test, notes_in_messages=True)


def test_the_factor_of_upscaling_is_a_setting(server: LiveServer, token: str, asking: Any) -> None:
    async def test(client: Any, _: Any) -> str:
        body = json.dumps({"image": base64.b64encode(png_of(text_page(60, 50))).decode()})
        answer = await client.post("/v5.0/ocr/UpscaleImage", content=body, headers={"Content-Type": "text/json"})
        return str(answer.text)

    (image,) = pictures(server.result("UpscaleImage", asking(test, upscale_factor=3), token))
    assert image.size == (150, 180)


def test_a_file_that_breaks_while_it_is_read_ends_as_an_error_that_says_why(server: LiveServer, token: str) -> None:
    """Header and chunks are sound, so it is accepted; the compressed pixels are not."""
    whole = png_of(np.random.default_rng(0).integers(0, 255, (100, 100), np.uint8))
    at = whole.index(b"IDAT")
    (length,) = struct.unpack(">I", whole[at - 4 : at])
    broken = b"IDAT" + whole[at + 4 : at + 4 + length // 2] + bytes(length - length // 2)
    checked = broken + struct.pack(">I", zlib.crc32(broken))
    task_id = server.submit("BinarizeImage", whole[:at] + checked + whole[at + 8 + length :], token)
    told = server.result("BinarizeImage", task_id, token)
    assert (told["taskStatus"], told["responseStatusCode"], told["results"]) == ("Error", "Error", None)
    assert told["error"]["messages"][0]
    assert told["error"]["warnings"] == []
    file = server.ask("GET", f"/v5.0/ocr/ImageProcessing/GetResultFile?id={task_id}", headers=bearer(token))
    assert (file.status, file.headers["x-task-status"]) == (204, "Error")


class TestWaiting:
    """A GET of an open task, with a service whose tasks stay open."""

    @pytest.fixture
    def open_task(self, monkeypatch: pytest.MonkeyPatch) -> Any:
        """Have a house's service see every task as pending until an event is set."""

        def patch(house: Any, task_view: Any, finished: asyncio.Event) -> None:
            async def fetch(client_id: str, task_id: str, wait_s: float = 0) -> Any:
                if wait_s:
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(finished.wait(), wait_s)
                state = TaskState.COMPLETED if finished.is_set() else TaskState.PENDING
                return replace(task_view, state=state)

            monkeypatch.setattr(house.service, "fetch", fetch)

        return patch

    @pytest.fixture
    def view(self, server: LiveServer, token: str, done: str, asking: Any) -> Any:
        client = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))["sub"]
        return asking(lambda _, house: house.service.fetch(client, done))

    def test_it_answers_when_the_task_is_done(self, asking: Any, open_task: Any, view: Any) -> None:
        async def test(client: Any, house: Any) -> None:
            finished = asyncio.Event()
            open_task(house, view, finished)
            waiting = asyncio.create_task(client.get(f"/v5.0/ocr/DeskewImage?id={view.id}"))
            await asyncio.sleep(0.1)
            assert not waiting.done()
            finished.set()
            assert (await waiting).json()["taskStatus"] == "Completed"

        asking(test)

    def test_it_answers_pending_with_200_when_the_wait_is_over(self, asking: Any, open_task: Any, view: Any) -> None:
        async def test(client: Any, house: Any) -> None:
            open_task(house, view, asyncio.Event())
            answer = await client.get(f"/v5.0/ocr/DeskewImage?id={view.id}")
            told = answer.json()
            assert answer.status_code == 200
            assert (told["taskStatus"], told["responseStatusCode"], told["results"]) == ("Pending", "NotReady", None)
            file = await client.get(f"/v5.0/ocr/ImageProcessing/GetResultFile?id={view.id}")
            assert (file.status_code, file.headers["x-task-status"]) == (204, "Pending")

        asking(test, long_poll_s=0.05)

    @pytest.mark.parametrize(("prefer", "applied"), [("wait=0", "wait=0"), ("respond-async, wait=1; x=y", "wait=1")])
    def test_a_client_can_say_how_long(self, asking: Any, open_task: Any, view: Any, prefer: str, applied: str) -> None:
        async def test(client: Any, house: Any) -> None:
            open_task(house, view, asyncio.Event())
            answer = await client.get(f"/v5.0/ocr/DeskewImage?id={view.id}", headers={"Prefer": prefer})
            assert answer.json()["taskStatus"] == "Pending"
            assert answer.headers["preference-applied"] == applied

        asking(test, long_poll_s=50)

    def test_no_wait_is_longer_than_the_setting(self, asking: Any, open_task: Any, view: Any) -> None:
        async def test(client: Any, house: Any) -> None:
            open_task(house, view, asyncio.Event())
            answer = await client.get(f"/v5.0/ocr/DeskewImage?id={view.id}", headers={"Prefer": "wait=999"})
            assert answer.headers["preference-applied"] == "wait=0.05"

        asking(test, prefer_wait_max_s=0.05)

    def test_a_stopping_server_lets_nobody_wait(self, asking: Any, open_task: Any, view: Any) -> None:
        async def test(client: Any, house: Any) -> None:
            open_task(house, view, asyncio.Event())
            waiting = asyncio.create_task(client.get(f"/v5.0/ocr/DeskewImage?id={view.id}"))
            await asyncio.sleep(0.1)
            house.closing.set()
            assert (await asyncio.wait_for(waiting, 20)).json()["taskStatus"] == "Pending"
            ready = await client.get("/health/ready")
            assert (ready.status_code, ready.json()["checks"]["serving"]) == (503, False)

        asking(test, long_poll_s=50)

    def test_many_can_wait_without_a_thread_each(self, asking: Any, open_task: Any, view: Any) -> None:
        async def test(client: Any, house: Any) -> None:
            finished = asyncio.Event()
            open_task(house, view, finished)
            before = threading.active_count()
            path = f"/v5.0/ocr/DeskewImage?id={view.id}"
            waiting = [asyncio.create_task(client.get(path)) for _ in range(200)]
            await asyncio.sleep(0.3)
            assert threading.active_count() <= before + 2
            finished.set()
            for answer in await asyncio.gather(*waiting):
                assert answer.json()["taskStatus"] == "Completed"

        asking(test)


def test_a_client_that_leaves_while_waiting_is_let_go(server: LiveServer, token: str) -> None:
    """Thirty clients ask for a result and hang up at once; the server goes on as if nothing had been."""
    task_id = server.submit("DewarpImage", PICTURE, token)
    request = (
        f"GET /v5.0/ocr/DewarpImage?id={task_id} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n"
    ).encode()
    for _ in range(30):
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            connection.sendall(request)
    assert server.result("DewarpImage", task_id, token)["taskStatus"] == "Completed"


def test_a_client_that_leaves_while_sending_leaves_nothing(server: LiveServer, token: str) -> None:
    head = (
        f"POST /v5.0/ocr/DewarpImage HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
        'Content-Type: application/json\r\nContent-Length: 1000000\r\n\r\n{"image": "'
    ).encode()
    for _ in range(10):
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            connection.sendall(head)
    assert server.ask("GET", "/health/live").status == 200


def test_expect_100_continue_is_answered(server: LiveServer, token: str) -> None:
    body = json.dumps({"image": base64.b64encode(PICTURE).decode()}).encode()
    head = (
        f"POST /v5.0/ocr/DeskewImage HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n"
        f"Content-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(head)
        assert connection.recv(1000).startswith(b"HTTP/1.1 100 ")
        connection.sendall(body)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert GUID.fullmatch(answer.rpartition(b"\r\n\r\n")[2].decode())


def test_requests_are_logged_as_json_without_secrets(server: LiveServer, token: str, done: str) -> None:
    answer: Answer = server.ask("GET", f"/v5.0/ocr/DeskewImage?id={done}", headers=bearer(token))
    request_id = answer.headers["x-request-id"]
    deadline = time.monotonic() + 60
    found: list[dict[str, Any]] = []
    while not found and time.monotonic() < deadline:
        whole, _, _ = server.log.rpartition("\n")  # the last line may be under way
        found = [line for line in map(json.loads, whole.splitlines()) if line.get("request_id") == request_id]
        time.sleep(0.05)
    (line,) = found
    assert (line["status"], line["method"], line["path"]) == (200, "GET", "/v5.0/ocr/DeskewImage")
    assert (line["task_id"], line["client_id"]) == (done, server.client_id)
    assert line["bytes_out"] == len(answer.body)
    assert token not in server.log
    assert server.client_secret not in server.log
