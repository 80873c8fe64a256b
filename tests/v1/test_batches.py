"""Several files as one piece of work: begun, filled, closed, told of, fetched as one file, cancelled as one."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from recto.codec import Limits, decode, probe
from recto.web.v1 import models
from tests.parts import png, read, tiff
from tests.v1.test_tasks import TURN, damaged, problem


@pytest.fixture
def batch(api: httpx.Client) -> Iterator[str]:
    made = api.post("/v1/batches", json={"recipe": "rotate", "name": "volume \u00fc/1"})
    assert made.status_code == 201
    path = made.headers["location"]
    assert models.Batch.model_validate_json(made.content).state == "open"
    yield path
    assert api.delete(path).status_code == 204
    problem(api.get(path), 404)


def add(api: httpx.Client, batch: str, body: bytes, **query: str) -> str:
    answer = api.post("/v1/tasks", params={"batch": batch.rpartition("/")[2], **query}, content=body)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def done(api: httpx.Client, batch: str) -> models.Batch:
    for _ in range(10):
        found = models.Batch.model_validate_json(api.get(f"{batch}?wait=20").content)
        if found.state == "completed":
            return found
    raise AssertionError(found)


def test_a_batch_from_beginning_to_end(api: httpx.Client, batch: str) -> None:
    problem(api.get(f"{batch}/result"), 409, "open")
    ids = [
        add(api, batch, png(1), name="a.png"),
        add(api, batch, tiff(2, 3), name="b.tif"),
        add(api, batch, png(4), name="a.jpg", recipe=TURN),
        add(api, batch, png(5), name="../../etc/x"),
        add(api, batch, damaged(), name="torn.png"),
    ]
    closed = models.Batch.model_validate_json(api.post(f"{batch}/close").content)
    assert closed.state in ("processing", "completed")
    assert api.post(f"{batch}/close").status_code == 200
    late = api.post("/v1/tasks", params={"batch": closed.id}, content=png())
    problem(late, 409)
    assert late.json()["code"] == "batch-closed"
    found = done(api, batch)
    assert found.tasks.model_dump() == {"pending": 0, "processing": 0, "completed": 4, "failed": 1}
    assert found.page_count == 5
    listed = models.TaskList.model_validate_json(api.get("/v1/tasks", params={"batch": found.id}).content).tasks
    assert [task.id for task in listed] == ids[::-1]
    assert {task.batch for task in listed} == {found.id}
    assert listed[0].recipe == listed[-1].recipe == found.recipe
    assert listed[2].recipe[0]["angle_deg"] == 90
    assert found.id in [one["id"] for one in api.get("/v1/batches?limit=1").json()["batches"]]

    answer = api.get(f"{batch}/result")
    assert answer.headers["content-type"] == "application/zip"
    assert "volume%20%C3%BC%2F1.zip" in answer.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as file:
        assert file.namelist() == ["a.png", "b-001.png", "b-002.png", "a (2).png", "x.png", "failed.txt"]
        assert file.testzip() is None
        assert [read(file.read(name))[1] for name in file.namelist()[:-1]] == [1, 2, 3, 4, 5]
        assert file.read("failed.txt").decode().startswith("torn.png: ")
    pdf = api.get(f"{batch}/result", params={"format": "pdf"}).content
    assert probe(pdf, Limits()).frames == 5
    assert len(list(decode(pdf, Limits()))) == 5
    problem(api.get(f"{batch}/result?format=djvu"), 400, "zip, pdf")


def test_it_is_told_of_until_it_is_done(api: httpx.Client, batch: str) -> None:
    first = add(api, batch, png(1))
    events: list[tuple[str, Any]] = []
    with api.stream("GET", f"{batch}/events") as stream:
        kind, second = "", ""
        for line in stream.iter_lines():
            name, _, value = line.partition(": ")
            if name == "event":
                kind = value
            elif name == "data":
                events.append((kind, json.loads(value)))
                if len(events) == 1:
                    second = add(api, batch, png(2))
                    api.post(f"{batch}/close")
    told = [models.Batch.model_validate(data) for kind, data in events if kind == "batch"]
    assert events[0][0] == events[-1][0] == "batch"
    assert (told[0].state, told[-1].state, told[-1].tasks.completed) == ("open", "completed", 2)
    tasks = [models.Task.model_validate(data) for kind, data in events if kind == "task"]
    assert {task.id for task in tasks} - {first} == {second}
    with api.stream("GET", f"{batch}/events", params={"since": told[-1].submitted_at}) as stream:
        again = stream.read().decode()
    assert again.count("event: task") == 2
    assert again.count("event: batch") >= 1


def test_all_of_it_is_cancelled_as_one(api: httpx.Client, batch: str) -> None:
    ids = [add(api, batch, png(k)) for k in range(3)]
    assert api.delete(batch).status_code == 204
    for task_id in ids:
        problem(api.get(f"/v1/tasks/{task_id}"), 404)
    problem(api.post(f"{batch}/close"), 404)
    problem(api.get(f"{batch}/events"), 404)
    refused = api.post("/v1/tasks", params={"batch": batch.rpartition("/")[2]}, content=png())
    problem(refused, 400, "no batch")


def test_an_empty_one_is_done_at_once_and_has_no_result(api: httpx.Client, batch: str) -> None:
    assert api.post(f"{batch}/close").json()["state"] == "completed"
    problem(api.get(f"{batch}/result"), 409, "No task")


def test_it_is_nobody_elses_business(api: httpx.Client, stranger: httpx.Client, batch: str) -> None:
    add(api, batch, png())
    for answer in (stranger.get(batch), stranger.post(f"{batch}/close"), stranger.get(f"{batch}/result")):
        problem(answer, 404)
    assert stranger.delete(batch).status_code == 204
    problem(stranger.post("/v1/tasks", params={"batch": batch.rpartition("/")[2]}, content=png()), 400)
    problem(stranger.get("/v1/tasks", params={"batch": batch.rpartition("/")[2]}), 400)
    assert api.get(batch).json()["state"] == "open"
    assert stranger.get("/v1/batches").json() == {"batches": [], "next": None}


@pytest.mark.parametrize("body", [{}, {"recipe": 7}, {"recipe": "none"}, {"recipe": "rotate", "name": 7}, []])
def test_what_cannot_be_is_refused(api: httpx.Client, body: Any) -> None:
    problem(api.post("/v1/batches", json=body), 400)


def test_lists_go_on(api: httpx.Client) -> None:
    paths = [api.post("/v1/batches", json={"recipe": "rotate"}).headers["location"] for _ in range(3)]
    first = api.get("/v1/batches?limit=2").json()
    rest = api.get("/v1/batches", params={"limit": 2, "cursor": first["next"]}).json()
    ids = [one["id"] for one in (first["batches"] + rest["batches"])[:3]]
    assert ids == [path.rpartition("/")[2] for path in paths[::-1]]
    for path in paths:
        api.delete(path)
