"""A program with the client gets its pages, hears the server's own words, and survives what goes wrong between."""

from __future__ import annotations

import asyncio
import itertools
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from recto.client import AsyncClient, Batch, Client, Progress, Task
from recto.client.calls import Events, pause_s
from recto.errors import RemoteError
from recto.web.v1.examples import ANSWERS
from tests.live import png_of
from tests.pages import text_page
from tests.parts import png, read, tiff

TURN = [{"filter": "rotate", "angle_deg": 90}]


def test_a_file_goes_and_comes_back(recto: Any, tmp_path: Path) -> None:
    path = tmp_path / "letter.png"
    path.write_bytes(png(7))
    sent = recto.submit(path, TURN)
    assert (sent.name, sent.pages) == ("letter.png", ())
    task = recto.wait(sent)
    assert (task.state, task.is_open, task.error) == ("completed", False, None)
    assert task.recipe[0]["angle_deg"] == 90
    assert task.expires_at > datetime.now(UTC)
    (page,) = task.pages
    assert (page.number, page.output.width_px, page.input.width_px) == (1, 60, 40)
    assert page.steps[0].changed
    assert read(recto.result(task)) == ((60, 40), 7)
    assert recto.task(task.id) == task
    recto.delete(task)
    with pytest.raises(RemoteError, match="no such task") as caught:
        recto.task(task)
    assert (caught.value.answered_status, caught.value.answered_code) == (404, "not-found")


def test_several_pages_each_come_back(recto: Any) -> None:
    task = recto.wait(recto.submit(tiff(1, 2), "rotate", name="two"))
    assert [read(recto.result(task, page.number))[1] for page in task.pages] == [1, 2]


def test_lists_are_walked_to_their_end(recto: Any) -> None:
    began = datetime.now(UTC) - timedelta(seconds=1)
    sent = [recto.submit(png(k), "rotate").id for k in range(3)]
    for task_id in sent:
        recto.wait(task_id)
    found = [task.id for task in recto.tasks("completed", since=began)]
    assert [task_id for task_id in found if task_id in sent] == sent[::-1]
    assert list(recto.tasks("pending", since=datetime(2100, 1, 1, tzinfo=UTC))) == []


def test_the_webhook_of_a_batch_is_told_of_its_end_alone(recto: Any) -> None:
    webhook = recto.add_webhook("https://receiver.invalid/recto", every_task=False)
    try:
        batch = recto.open_batch("rotate", webhook=webhook)
        recto.submit(tiff(1, 2), batch=batch)
        recto.close_batch(batch)
        done = recto.wait_batch(batch)
        assert (done.state, done.page_count, done.pages_done) == ("completed", 2, 2)
        (delivery,) = recto.deliveries(webhook)
        assert (delivery.type, delivery.batch_id, delivery.task_id) == ("batch.completed", batch.id, None)
        recto.delete_batch(batch)
    finally:
        recto.delete_webhook(webhook)


def test_how_far_a_file_is_and_a_server_that_does_not_tell() -> None:
    told = {**ANSWERS["Task"], "state": "processing", "progress": {"pages_done": 120, "page_count": 300}}
    assert Task.of(told).progress == Progress(120, 300)
    del told["progress"]
    assert Task.of(told).progress is None
    older = {name: value for name, value in ANSWERS["Batch"].items() if name != "pages_done"}
    assert Batch.of(ANSWERS["Batch"]).pages_done == 31
    assert Batch.of(older).pages_done == 25


def test_news_come_as_they_happen(recto: Any) -> None:
    task = recto.wait(recto.submit(png(), "rotate"))
    for told in recto.events(since=task.submitted_at):
        if told.id == task.id and told.state == "completed":
            assert told == task
            break


def test_a_small_page_and_what_is_on_it(recto: Any) -> None:
    sent = png_of(text_page(600, 500, angle_deg=3))
    page = recto.page(sent, "deskew")
    assert page.estimates["skew"]["angle_deg"] == pytest.approx(3, abs=0.3)
    assert page.input.height_px == 600
    assert read(page.png)[0] == (page.output.width_px, page.output.height_px)
    found = recto.inspect(sent)
    assert found.looks == page.input
    assert found.estimates["skew"] == page.estimates["skew"]


def test_a_webhook_is_registered_named_disabled_and_forgotten(recto: Any) -> None:
    webhook = recto.add_webhook("https://receiver.invalid/recto", every_task=False)
    try:
        assert webhook.secret.startswith("whsec_")
        assert replace(webhook, secret=None) in recto.webhooks()
        task = recto.wait(recto.submit(png(), "rotate", webhook=webhook))
        recto.wait(recto.submit(png(), "rotate"))
        (delivery,) = recto.deliveries(webhook)
        assert (delivery.task_id, delivery.type) == (task.id, "task.completed")
        assert recto.send_again(webhook, delivery).id == delivery.id
        changed = recto.change_webhook(webhook, enabled=False)
        assert (changed.enabled, changed.disabled_why) == (False, "The client has disabled it.")
        with pytest.raises(RemoteError, match="is disabled"):
            recto.submit(png(), "rotate", webhook=webhook)
        assert recto.change_webhook(webhook, enabled=True).enabled
    finally:
        recto.delete_webhook(webhook)
    assert webhook.id not in [found.id for found in recto.webhooks()]


def test_a_batch_from_beginning_to_end(recto: Any, tmp_path: Path) -> None:
    batch = recto.open_batch("rotate", name="two files")
    sent = [recto.submit(png(1), name="a", batch=batch), recto.submit(tiff(2, 3), TURN, batch=batch.id)]
    assert {task.batch_id for task in sent} == {batch.id}
    assert {task.id for task in recto.tasks(batch=batch)} == {task.id for task in sent}
    assert recto.close_batch(batch).state != "open"
    done = recto.wait_batch(batch)
    assert (done.tasks["completed"], done.page_count, done.is_open) == (2, 3, False)
    assert recto.batch(batch) == done
    assert batch.id in [found.id for found in recto.batches()]
    recto.save_batch(batch, tmp_path / "all.pdf")
    recto.save_batch(batch.id, str(tmp_path / "all.zip"))
    assert (tmp_path / "all.pdf").read_bytes().startswith(b"%PDF")
    with zipfile.ZipFile(tmp_path / "all.zip") as file:
        assert len(file.namelist()) == 3
    recto.delete_batch(batch)
    with pytest.raises(RemoteError, match="no such batch"):
        recto.save_batch(batch, tmp_path / "gone.zip")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["all.pdf", "all.zip"]


def test_a_bent_page_tells_its_grid() -> None:
    report = {**ANSWERS["Task"]["pages"][0], "grid": [[[0, 1], [2, 3.5]], [[0, 9], [2, 9]]]}
    (page,) = Task.of({**ANSWERS["Task"], "pages": [report]}).pages
    assert page.grid == (((0, 1), (2, 3.5)), ((0, 9), (2, 9)))
    assert page.source_point(0, 0) == (0, 1)
    assert page.source_point(page.output.width_px - 1, page.output.height_px - 1) == (2, 9)
    assert page.source_point((page.output.width_px - 1) / 2, 0) == (1, 2.25)


def test_a_point_of_a_turned_page_is_carried_back(recto: Any) -> None:
    task = recto.wait(recto.submit(png_of(text_page(300, 200)), TURN))
    (page,) = task.pages
    assert (page.output.width_px, page.output.height_px) == (300, 200)
    corners = [page.source_point(x, y) for x, y in ((0, 0), (299, 0), (0, 199), (299, 199))]
    assert sorted(corners) == [(0, 0), (0, 299), (199, 0), (199, 299)]
    assert page.source_point(299, 0) in ((199, 299), (0, 0))


def test_the_server_says_what_there_is_and_what_is_wrong(recto: Any) -> None:
    assert "deskew" in [entry.name for entry in recto.filters()]
    assert "scan" in [preset.name for preset in recto.presets()]
    with pytest.raises(RemoteError, match="The filters are") as caught:
        recto.submit(png(), "sharpen")
    assert caught.value.answered_code == "unknown-filter"


class Flaky:
    """A server that answers by a script: a status, or an error; tokens are always given."""

    def __init__(self, *script: int | Exception) -> None:
        self.script = list(script)
        self.seen: list[httpx.Request] = []
        self.tokens = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/connect/token":
            self.tokens += 1
            return httpx.Response(200, json={"access_token": f"t{self.tokens}"})
        self.seen.append(request)
        now = self.script.pop(0)
        if isinstance(now, Exception):
            raise now
        if request.url.path == "/v1/events":
            return httpx.Response(
                now, text=f"id: at{len(self.seen)}\nevent: task\ndata: {json.dumps(ANSWERS['Task'])}\n\n"
            )
        return httpx.Response(now, json=ANSWERS["Task"], headers={"Retry-After": "0"})


Calling = Callable[[Flaky, Callable[[Any], Any]], Any]


@pytest.fixture(params=["blocking", "asyncio"])
def calling(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Calling:
    """Make one call of either client to a flaky server, without its pauses."""
    monkeypatch.setattr("recto.client.calls.pause_s", lambda answer, attempt: 0.0)

    def call(server: Flaky, method: Callable[[Any], Any]) -> Any:
        transport = httpx.MockTransport(server)
        if request.param == "blocking":
            with Client("http://recto", "id", "secret", transport=transport) as client:
                return method(client)

        async def whole() -> Any:
            async with AsyncClient("http://recto", "id", "secret", transport=transport) as client:
                return await method(client)

        return asyncio.run(whole())

    return call


def test_a_lost_answer_makes_no_second_task(calling: Calling) -> None:
    server = Flaky(httpx.ReadError("lost"), 503, 202)
    assert calling(server, lambda client: client.submit(b"x", "deskew")).state == "completed"
    keys = {request.headers["idempotency-key"] for request in server.seen}
    assert len(server.seen) == 3
    assert len(keys) == 1


def test_an_old_token_is_renewed_once(calling: Calling) -> None:
    server = Flaky(200)
    calling(server, lambda client: client.task("x"))
    assert server.tokens == 1

    def twice(client: Any) -> Any:
        if isinstance(client, Client):
            client.task("x")
            return client.task("x")

        async def both() -> Task:
            await client.task("x")
            found: Task = await client.task("x")
            return found

        return both()

    server = Flaky(200, 401, 200)
    calling(server, twice)
    assert [request.headers["authorization"] for request in server.seen] == ["Bearer t1", "Bearer t1", "Bearer t2"]
    with pytest.raises(RemoteError):
        calling(Flaky(401), lambda client: client.task("x"))


def test_why_it_waits_is_told_and_it_waits_as_long_as_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recto.client.calls.pause_s", lambda answer, attempt: 0.0)
    server = Flaky(httpx.ConnectError("nobody there"), 503, 429, *[httpx.ReadError("lost")] * 6, 200)
    told: list[str] = []
    transport = httpx.MockTransport(server)

    def hear(why: str, seconds: float) -> None:
        told.append(why)

    with Client("http://recto", "id", "secret", retries=None, told=hear, transport=transport) as client:
        assert client.task("x").state == "completed"
    assert told[0] == "The server does not answer (nobody there)."
    assert len(told) == 9


def test_it_gives_up_in_the_end(calling: Calling) -> None:
    server = Flaky(*[httpx.ConnectError("down")] * 9)
    with pytest.raises(httpx.ConnectError):
        calling(server, lambda client: client.task("x"))
    assert len(server.seen) == 4
    server = Flaky(*[503] * 9)
    with pytest.raises(RemoteError) as caught:
        calling(server, lambda client: client.task("x"))
    assert caught.value.answered_status == 503


def test_news_go_on_where_they_were_cut_off(calling: Calling) -> None:
    server = Flaky(200, httpx.ConnectError("down"), 401, 200, 403)

    def two(client: Any) -> Any:
        if isinstance(client, Client):
            return list(itertools.islice(client.events(), 2))

        async def both() -> list[Task]:
            stream = client.events()
            found = [await anext(stream), await anext(stream)]
            await stream.aclose()
            return found

        return both()

    assert len(calling(server, two)) == 2
    assert [request.headers.get("last-event-id") for request in server.seen] == [None, "at1", "at1", "at1"]


def test_pauses_grow_and_obey_the_server() -> None:
    assert [pause_s(None, attempt) for attempt in (0, 1, 2, 9)] == [0.5, 1, 2, 30]
    assert pause_s(httpx.Response(503, headers={"Retry-After": "7"}), 0) == 7
    assert pause_s(httpx.Response(503, headers={"Retry-After": "Wed"}), 0) == 0.5


def test_an_event_in_several_lines_is_one() -> None:
    text = json.dumps(ANSWERS["Task"], indent=1)
    lines = [": hello", "", *[f"data:{line}" for line in text.splitlines()], "id:7", "other: x", ""]
    events = Events()
    (task,) = [task for line in lines for task in events.feed(line)]
    assert task.id == ANSWERS["Task"]["id"]
    assert events.headers == {"Last-Event-ID": "7"}


def test_both_clients_have_the_same_methods_and_they_are_in_the_docs() -> None:
    docs = (Path(__file__).parents[2] / "docs" / "native-api.md").read_text("utf-8")
    names = {name for name in vars(Client) if not name.startswith("_")} - {"close"}
    assert names == {name for name in vars(AsyncClient) if not name.startswith("_")} - {"close"}
    assert all(f"`{name}`" in docs for name in names)
