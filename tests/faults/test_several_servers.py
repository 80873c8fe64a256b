"""Two servers over one database and one store are one service: ids, tokens, waits and news pass between them."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.live import LiveServer, png_of, wait_for_requests
from tests.pages import text_page
from tests.parts import end, worker_process

PICTURE = png_of(text_page()[:200, :200])
WAIT_S = 58


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[LiveServer, LiveServer]]:
    """Both without a worker, on one data folder."""
    settings = {"RECTO_WORKER_SLOTS": "0", "RECTO_CLIENT_CACHE_S": "0.2", "RECTO_PREFER_WAIT_MAX_S": str(WAIT_S)}
    first = LiveServer(tmp_path / "home", settings).start()
    second = LiveServer(tmp_path / "home", settings).start()
    second.client_id, second.client_secret = first.client_id, first.client_secret
    yield first, second
    for server in (first, second):
        if server.process is not None and server.process.poll() is None:
            assert server.stop() == 0


def test_two_servers_are_one_service(two: tuple[LiveServer, LiveServer]) -> None:
    first, second = two
    token = first.token()
    bearer = {"Authorization": f"Bearer {token}"}
    news = http.client.HTTPConnection("127.0.0.1", second.port, timeout=120)
    news.request("GET", "/v1/events", headers=bearer)
    stream = news.getresponse()
    task_id = first.submit("BinarizeImage", PICTURE, token)
    path = f"/v5.0/ocr/BinarizeImage?id={task_id}"
    assert second.ask("GET", path, headers={**bearer, "Prefer": "wait=0"}).json["taskStatus"] == "Pending"
    with ThreadPoolExecutor(1) as pool:
        began = time.monotonic()
        waiting = pool.submit(second.ask, "GET", path, None, {**bearer, "Prefer": f"wait={WAIT_S}"}, 120)
        wait_for_requests(second, 2)  # the stream of news is one
        worker = worker_process("", first.home, min_free_mb=0)
        try:
            assert waiting.result().json["taskStatus"] == "Completed"
            assert time.monotonic() - began < WAIT_S - 5, "it was woken, and did not just look again at the end"
        finally:
            end(worker)
    states = _states(stream, task_id)
    assert states[0] == "pending"
    assert states[-1] == "completed"
    news.close()

    pictures = [server.ask("GET", f"/v1/tasks/{task_id}/result/1", headers=bearer) for server in two]
    assert pictures[0].status == pictures[1].status == 200
    assert pictures[0].body == pictures[1].body
    assert second.ask("DELETE", path, headers=bearer).status == 200
    assert first.ask("GET", path, headers=bearer).json["taskStatus"] == "NotExist"

    other_id, other_secret = first.add_client("other")
    other = {"Authorization": f"Bearer {second.token(other_id, other_secret)}"}
    assert first.ask("GET", "/v1/tasks", headers=other).json["tasks"] == []
    # A server that is gone takes nothing with it.
    kept = first.submit("BinarizeImage", PICTURE, token)
    first.kill()
    assert second.ask("GET", f"/v1/tasks/{kept}", headers=bearer).json["state"] == "pending"


def _states(stream: http.client.HTTPResponse, task_id: str) -> list[str]:
    """What is told of a task until it is closed; a state that passes quickly may not be told."""
    states: list[str] = []
    while not states or states[-1] not in ("completed", "failed"):
        line = stream.readline().decode()
        assert line, "the stream ended"
        if line.startswith("data: "):
            task = json.loads(line.removeprefix("data: "))
            if task["id"] == task_id and task["state"] not in states:
                states.append(task["state"])
    return states
