"""A file goes through a recipe, and its owner alone hears what came of it."""

from __future__ import annotations

import base64
import io
import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from PIL import Image

from recto.web.v1.models import Task
from tests.live import png_of
from tests.pages import text_page
from tests.parts import png, read, tiff

TURN = '[{"filter": "rotate", "angle_deg": 90}]'


def submit(api: httpx.Client, body: bytes = b"", recipe: str = TURN, **query: str) -> Any:
    answer = api.post("/v1/tasks", params={"recipe": recipe, **query}, content=body or png())
    assert answer.status_code == 202, answer.text
    return answer.json()


def done(api: httpx.Client, task_id: str) -> Any:
    answer = api.get(f"/v1/tasks/{task_id}", params={"wait": 50})
    assert answer.status_code == 200, answer.text
    return Task.model_validate_json(answer.content)


def damaged() -> bytes:
    """A file whose header is good and whose pixels are not."""
    whole = png()
    at = whole.index(b"IDAT") + 4
    return whole[:at] + bytes(8) + whole[at + 8 :]


def problem(answer: httpx.Response, status: int, words: str = "") -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert words in answer.json()["detail"]


def test_a_page_is_straightened_and_its_report_says_so(api: httpx.Client) -> None:
    sent = png_of(text_page(angle_deg=4))
    task = submit(api, sent, "deskew,binarize", name="letter.png")
    assert Task.model_validate(task).name == "letter.png"
    found = done(api, task["id"])
    assert (found.state, found.error, found.name) == ("completed", None, "letter.png")
    assert [step["filter"] for step in found.recipe] == ["deskew", "binarize"]
    assert found.recipe[0]["max_angle_deg"] == 15
    (page,) = found.pages
    assert page.estimates["skew"]["angle_deg"] == pytest.approx(4, abs=0.3)
    assert page.estimates["skew"]["confidence"] > 0.5
    assert [(step.filter, step.changed) for step in page.steps] == [("deskew", True), ("binarize", True)]
    assert (page.input.width_px, page.input.height_px, page.input.kind) == (800, 1100, "grey")
    answer = api.get(page.result)
    assert answer.headers["content-type"] == "image/png"
    assert "letter.png" in answer.headers["content-disposition"]
    assert Image.open(io.BytesIO(answer.content)).size == (page.width_px, page.height_px)
    assert page.kind == "binary"


def test_every_way_to_send_means_the_same(api: httpx.Client) -> None:
    image, steps = png(), json.loads(TURN)
    ways = [
        api.post("/v1/tasks", params={"recipe": TURN, "name": "a"}, content=image),
        api.post("/v1/tasks", data={"recipe": TURN, "name": "a"}, files={"file": ("x.png", image)}),
        api.post("/v1/tasks", json={"image": base64.b64encode(image).decode(), "recipe": steps, "name": "a"}),
        api.post(
            "/v1/tasks?recipe=binarize", json={"image": base64.b64encode(image).decode(), "recipe": TURN, "name": "a"}
        ),
    ]
    for answer in ways:
        assert answer.status_code == 202, answer.text
        task = done(api, answer.json()["id"])
        assert answer.headers["location"] == f"/v1/tasks/{task.id}"
        assert (task.name, [step["filter"] for step in task.recipe]) == ("a", ["rotate"])
        assert read(api.get(f"{answer.headers['location']}/result/1").content)[0] == (60, 40)


def test_a_form_names_the_task_by_its_file(api: httpx.Client) -> None:
    answer = api.post("/v1/tasks", data={"recipe": "rotate"}, files={"file": ("Brief von Anna.png", png())})
    assert answer.json()["name"] == "Brief von Anna.png"


def test_a_file_of_several_pages_gives_a_report_and_a_result_for_each(api: httpx.Client) -> None:
    task = done(api, submit(api, tiff(10, 20, 30), name="three.tiff")["id"])
    assert [page.page for page in task.pages] == [1, 2, 3]
    for page, mark in zip(task.pages, (10, 20, 30), strict=True):
        answer = api.get(page.result)
        assert read(answer.content) == ((60, 40), mark)
        assert f"three-{page.page:03d}.png" in answer.headers["content-disposition"]
        tag = answer.headers["etag"]
        assert api.get(page.result, headers={"If-None-Match": tag}).status_code == 304
    problem(api.get(f"/v1/tasks/{task.id}/result/4"), 404, "3 pages")
    for number in ("0", "x", "-1", "9" * 30):
        problem(api.get(f"/v1/tasks/{task.id}/result/{number}"), 404)


def test_a_page_that_cannot_be_done_is_a_failed_task_with_its_reason(api: httpx.Client) -> None:
    task = done(api, submit(api, damaged())["id"])
    assert task.state == "failed"
    assert task.error
    assert task.pages == []
    problem(api.get(f"/v1/tasks/{task.id}/result/1"), 409, "failed")


def test_what_cannot_be_done_is_refused_at_once(api: httpx.Client) -> None:
    def send(**parts: Any) -> httpx.Response:
        return api.post("/v1/tasks", **parts)

    problem(send(content=png()), 400, "no recipe")
    problem(send(params={"recipe": "sharpen"}, content=png()), 400, "deskew")
    problem(send(params={"recipe": '[{"filter":"deskew","angle":1}]'}, content=png()), 400, "max_angle_deg")
    problem(send(params={"recipe": "deskew"}, content=b""), 400, "empty")
    problem(send(params={"recipe": "deskew"}, content=b"no picture at all"), 415)
    problem(send(json={"recipe": "deskew"}), 400, "image")
    problem(send(json={"image": "AAAA", "recipe": 7}), 400, "recipe")
    problem(send(json={"image": "AAAA", "recipe": "deskew", "name": 7}), 400, "name")
    problem(send(params={"recipe": "deskew"}, files={"picture": png()}), 400, "'file'")
    problem(send(params={"recipe": "deskew", "name": "x" * 201}, content=png()), 400, "200")
    problem(send(params={"recipe": "deskew"}, content=png(), headers={"Idempotency-Key": "x" * 256}), 400, "255")


def test_a_repeated_request_makes_one_task(api: httpx.Client, stranger: httpx.Client) -> None:
    key = {"Idempotency-Key": uuid.uuid4().hex}

    def send(by: httpx.Client = api, mark: int = 0) -> httpx.Response:
        return by.post("/v1/tasks", params={"recipe": TURN}, content=png(mark), headers=key)

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: send(), range(6)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert sum("idempotent-replayed" not in answer.headers for answer in answers) == 1
    problem(send(mark=7), 409, "used for another request")
    other = send(by=stranger)
    assert other.status_code == 202
    assert other.json()["id"] != answers[0].json()["id"]


def test_a_key_lives_as_long_as_its_task_even_when_that_was_deleted(api: httpx.Client) -> None:
    key = {"Idempotency-Key": uuid.uuid4().hex}
    first = api.post("/v1/tasks?recipe=rotate", content=png(), headers=key)
    api.delete(first.headers["location"])
    again = api.post("/v1/tasks?recipe=rotate", content=png(), headers=key)
    assert (again.status_code, again.json()["id"], again.json()["state"]) == (202, first.json()["id"], "cancelled")


def test_a_task_is_nobody_elses(api: httpx.Client, stranger: httpx.Client) -> None:
    task_id = submit(api)["id"]
    done(api, task_id)
    for path in ("", "/result/1", "/events"):
        problem(stranger.get(f"/v1/tasks/{task_id}{path}"), 404)
    assert stranger.delete(f"/v1/tasks/{task_id}").status_code == 204
    assert api.get(f"/v1/tasks/{task_id}/result/1").status_code == 200


def test_a_deleted_task_never_was(api: httpx.Client) -> None:
    task_id = submit(api)["id"]
    done(api, task_id)
    for _ in range(2):
        assert api.delete(f"/v1/tasks/{task_id}").status_code == 204
    for path in ("", "?wait=5", "/result/1", "/events"):
        problem(api.get(f"/v1/tasks/{task_id}{path}"), 404)


def test_ids_that_cannot_be_and_waits_that_cannot_be(api: httpx.Client) -> None:
    for task_id in ("x", str(uuid.uuid4()), "6f1c2d34", "%00"):
        problem(api.get(f"/v1/tasks/{task_id}"), 404)
    task_id = submit(api)["id"]
    for wait in ("soon", "-1", "nan", "inf"):
        problem(api.get(f"/v1/tasks/{task_id}", params={"wait": wait}), 400, "seconds")
    assert api.get(f"/v1/tasks/{task_id.upper()}").json()["id"] == task_id


def test_tasks_of_the_compatible_api_are_tasks_too(api: httpx.Client) -> None:
    body = {"image": base64.b64encode(png()).decode()}
    task = done(api, api.post("/v5.0/ocr/BinarizeImage", json=body).text)
    assert (task.state, task.name, [step["filter"] for step in task.recipe]) == ("completed", None, ["binarize"])
    assert api.get(task.pages[0].result).status_code == 200
