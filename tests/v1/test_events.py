"""Whoever listens hears of every change, and nobody hears of another's."""

from __future__ import annotations

import http.client
import io
import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import pytest
from PIL import Image

from recto.web.v1.models import Task
from tests.live import LiveServer, png_of
from tests.pages import text_page
from tests.parts import png
from tests.v1.conftest import client_of
from tests.v1.test_tasks import done, problem, submit


class Stream:
    """An open event stream."""

    def __init__(self, answer: httpx.Response) -> None:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        self._lines = answer.iter_lines()
        assert next(self._lines).startswith("retry:")
        assert next(self._lines).startswith(":")

    def event(self) -> tuple[str, Any]:
        """The next event: its id and the task."""
        fields: dict[str, str] = {}
        for line in self._lines:
            if not line and "data" in fields:
                assert fields["event"] == "task"
                return fields["id"], json.loads(fields["data"])
            name, _, value = line.partition(": ")
            if name:
                fields[name] = value
        raise EOFError

    def until(self, task_id: str, state: str) -> tuple[list[Any], str]:
        """What is told of a task up to a state, and the id of that event."""
        found = []
        while True:
            event_id, task = self.event()
            if task["id"] == task_id:
                found.append(task)
                if task["state"] == state:
                    return found, event_id


@contextmanager
def listening(api: httpx.Client, path: str, headers: dict[str, str] | None = None) -> Iterator[Stream]:
    with api.stream("GET", path, headers=headers or {}) as answer:
        yield Stream(answer)


def test_a_task_is_told_of_until_it_is_closed(api: httpx.Client) -> None:
    task_id = submit(api, name="told")["id"]
    with listening(api, f"/v1/tasks/{task_id}/events") as stream:
        told, _ = stream.until(task_id, "completed")
        assert list(stream._lines)[-1:] in ([], [""])
    order = ["pending", "processing", "completed"]
    ranks = [order.index(task["state"]) for task in told]
    assert ranks == sorted(set(ranks))
    assert Task.model_validate(told[-1]) == done(api, task_id)
    with listening(api, f"/v1/tasks/{task_id}/events") as stream:
        assert stream.event()[1] == told[-1]


def test_a_file_of_many_pages_tells_how_far_it_is(api: httpx.Client) -> None:
    pages = [Image.open(io.BytesIO(png_of(text_page(700, 500, seed=k)))) for k in range(12)]
    out = io.BytesIO()
    pages[0].save(out, "TIFF", save_all=True, append_images=pages[1:])
    task_id = submit(api, out.getvalue(), "deskew,binarize")["id"]
    with listening(api, f"/v1/tasks/{task_id}/events") as stream:
        told, _ = stream.until(task_id, "completed")
    counted = [Task.model_validate(task).progress for task in told]
    done = [progress.pages_done for progress in counted if progress is not None]
    assert {progress.page_count for progress in counted if progress is not None} == {12}
    assert done == sorted(set(done))
    assert any(0 < count < 12 for count in done)
    assert counted[-1] is None
    assert len(told[-1]["pages"]) == 12


def test_one_connection_tells_of_all_tasks_of_a_client(api: httpx.Client, stranger: httpx.Client) -> None:
    with listening(api, "/v1/events") as stream:
        foreign = submit(stranger)["id"]
        done(stranger, foreign)
        first, second = submit(api)["id"], submit(api)["id"]
        seen = set()
        states = {first: [], second: []}  # type: ignore[var-annotated]
        while {found[-1:] == ["completed"] for found in states.values()} != {True}:
            _, task = stream.event()
            seen.add(task["id"])
            if task["id"] in states:
                states[task["id"]].append(task["state"])
        assert foreign not in seen
        api.delete(f"/v1/tasks/{first}")
        (gone,), _ = stream.until(first, "cancelled")
        assert gone["name"] is None
        assert gone["pages"] == []


def test_who_comes_again_misses_nothing(api: httpx.Client) -> None:
    with listening(api, "/v1/events") as stream:
        before = submit(api)["id"]
        last = stream.until(before, "completed")[1]
    meanwhile = submit(api)["id"]
    done(api, meanwhile)
    with listening(api, "/v1/events", {"Last-Event-ID": last}) as stream:
        assert len(stream.until(meanwhile, "completed")[0]) == 1
    with listening(api, f"/v1/events?since={last}") as stream:
        stream.until(meanwhile, "completed")
    problem(api.get("/v1/events", headers={"Last-Event-ID": "7"}), 400, "moment")


def test_what_is_waited_for_is_not_told(api: httpx.Client) -> None:
    with listening(api, "/v1/events") as stream:
        assert api.post("/v1/pages?recipe=rotate", content=png()).status_code == 200
        told = submit(api)["id"]
        assert stream.event()[1]["id"] == told


def test_streams_are_limited_and_a_closed_one_makes_room(server: LiveServer) -> None:
    token = server.token(*server.add_client("listener"))
    headers = {"Authorization": f"Bearer {token}"}

    def opened(stack: ExitStack) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        stack.callback(connection.close)
        connection.request("GET", "/v1/events", headers=headers)
        answer = connection.getresponse()
        stack.callback(answer.close)
        if answer.status == 200:
            answer.readline()
        return answer

    with ExitStack() as stack:
        assert {opened(stack).status for _ in range(50)} == {200}
        refused = opened(stack)
        assert (refused.status, refused.headers["retry-after"]) == (503, "30")
        assert "event_streams_per_client" in refused.read().decode()
    deadline = time.monotonic() + 30
    while True:
        with ExitStack() as stack:
            status = opened(stack).status
        if status == 200:
            break
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.slow
def test_a_quiet_stream_says_that_it_lives_and_ends_with_the_server(tmp_path_factory: Any) -> None:
    home = tmp_path_factory.mktemp("quiet") / "home"
    quiet = LiveServer(home, {"RECTO_EVENT_KEEPALIVE_S": "0.2", "RECTO_WORKER_SLOTS": "0"}).start()
    with client_of(quiet, quiet.token()) as client, client.stream("GET", "/v1/events") as answer:
        lines = answer.iter_lines()
        while next(lines) != ": still here":
            pass
        assert quiet.stop() == 0
        assert all(line in ("", ": still here") for line in lines)


def test_asking_only_for_the_headers_of_a_stream_ends_at_once(api: httpx.Client) -> None:
    answer = api.head("/v1/events")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.content == b""
