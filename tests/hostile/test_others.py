"""What is another client's looks exactly like what never was, and nobody chooses the name of a file."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

import pytest

from recto.service.keys import new_task_id
from tests.hostile.asked import PAGE
from tests.hostile.named import NASTY
from tests.live import Answer, LiveServer

CHANGING = ("x-request-id", "date")
Asking = Callable[..., Answer]


@pytest.fixture(scope="module")
def stranger(server: LiveServer) -> str:
    """The token of another client."""
    return server.token(*server.add_client("curious"))


@pytest.fixture(scope="module")
def done(server: LiveServer, token: str) -> str:
    """A finished task of the first client."""
    task_id = server.submit("DeskewImage", PAGE, token)
    assert server.result("DeskewImage", task_id, token)["taskStatus"] == "Completed"
    return task_id


LOOKS = [
    ("GET", "/v5.0/ocr/DeskewImage?id={}"),
    ("GET", "/v5.0/ocr/BinarizeImage?id={}"),
    ("GET", "/v5.0/ocr/ImageProcessing/GetResultTask?id={}"),
    ("GET", "/v5.0/ocr/ImageProcessing/GetResultFile?id={}"),
    ("GET", "/v5.0/ocr/Utilities/GetTaskStatus?id={}"),
    ("HEAD", "/v5.0/ocr/DeskewImage?id={}"),
    ("DELETE", "/v5.0/ocr/DeskewImage?id={}"),
    ("GET", "/v1/tasks/{}"),
    ("GET", "/v1/tasks/{}?wait=1"),
    ("GET", "/v1/tasks/{}/result/1"),
    ("GET", "/v1/tasks/{}/result/9"),
    ("GET", "/v1/tasks/{}/events"),
    ("DELETE", "/v1/tasks/{}"),
    ("GET", "/v1/batches/{}"),
    ("GET", "/v1/batches/{}/result"),
    ("DELETE", "/v1/batches/{}"),
    ("POST", "/v1/batches/{}/close"),
    ("GET", "/v1/webhooks/{}/deliveries"),
    ("DELETE", "/v1/webhooks/{}"),
]


@pytest.mark.parametrize(("method", "path"), LOOKS)
def test_anothers_task_is_answered_as_one_that_never_was(
    server: LiveServer, token: str, stranger: str, done: str, method: str, path: str
) -> None:
    head = {"Authorization": f"Bearer {stranger}"}
    seen = []
    for task_id in (done, str(uuid.uuid4())):
        answer = server.ask(method, path.format(task_id), headers=head)
        said = answer.text.replace(task_id, "ID").replace(answer.headers["x-request-id"], "REQUEST")
        kept = {name: value for name, value in answer.headers.items() if name not in CHANGING}
        seen.append((answer.status, kept, said))
    assert seen[0] == seen[1]
    assert server.result("DeskewImage", done, token)["taskStatus"] == "Completed"


def test_lists_and_cursors_of_one_client_say_nothing_to_another(
    server: LiveServer, token: str, stranger: str, done: str
) -> None:
    mine = server.ask("GET", "/v1/tasks?limit=1", headers={"Authorization": f"Bearer {token}"}).json
    head = {"Authorization": f"Bearer {stranger}"}
    for query in ("", f"?cursor={mine['next']}" if mine["next"] else "", "?since=2000-01-01T00:00:00Z"):
        found = server.ask("GET", f"/v1/tasks{query}", headers=head)
        assert found.status == 200
        assert done not in found.text


def test_an_idempotency_key_of_one_client_gives_another_nothing(server: LiveServer, token: str, stranger: str) -> None:
    key = f"key-{uuid.uuid4()}"
    ids = [
        server.ask("POST", "/v1/tasks?recipe=", PAGE, {"Authorization": f"Bearer {who}", "Idempotency-Key": key}).json[
            "id"
        ]
        for who in (token, token, stranger)
    ]
    assert ids[0] == ids[1] != ids[2]


def test_ids_cannot_be_guessed() -> None:
    made = [uuid.UUID(new_task_id()) for _ in range(2000)]
    assert {(one.version, one.variant) for one in made} == {(4, uuid.RFC_4122)}
    fixed = 0xF << 76 | 0x3 << 62
    for place in range(128):
        share = sum(one.int >> place & 1 for one in made) / len(made)
        assert fixed >> place & 1 or 0.4 < share < 0.6, f"bit {place}"


def test_no_request_chooses_the_name_of_a_blob(server: LiveServer, token: str) -> None:
    head = {"Authorization": f"Bearer {token}"}
    for nasty in NASTY[::4]:
        name = (
            nasty.encode("utf-8")
            .decode("latin-1")
            .replace("\r", "")
            .replace("\n", "")
            .replace('"', "")
            .replace("\0", "")
        )
        body = (
            f'--b\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode("latin-1")
            + PAGE
            + b"\r\n--b--\r\n"
        )
        kind = {"Content-Type": "multipart/form-data; boundary=b"}
        server.ask("POST", "/v1/tasks?recipe=", body, {**head, **kind})
    names = [path.name for path in (server.home / "blobs").rglob("*") if path.is_file()]
    own = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}-(in|a\d+-p\d+)(\.[\w.-]+)?")
    assert names
    assert [name for name in names if not own.fullmatch(name)] == []
