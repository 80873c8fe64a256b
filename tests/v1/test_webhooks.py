"""Webhooks by the native API: registered, named by tasks in every way, and nobody else's business."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from recto.web.v1 import models
from tests.parts import png

URL = "https://receiver.invalid/recto"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def webhook(api: httpx.Client) -> Iterator[Any]:
    made = api.post("/v1/webhooks", json={"url": URL, "tasks": "named"}).json()
    yield made
    assert api.delete(f"/v1/webhooks/{made['id']}").status_code == 204


def deliveries(api: httpx.Client, webhook_id: str) -> list[models.Delivery]:
    answer = api.get(f"/v1/webhooks/{webhook_id}/deliveries")
    return models.DeliveryList.model_validate_json(answer.content).deliveries


def test_its_secret_is_told_once(api: httpx.Client, webhook: Any) -> None:
    made = models.RegisteredWebhook.model_validate(webhook)
    assert (made.url, made.tasks, made.state, made.failing_since) == (URL, "named", "enabled", None)
    listed = models.WebhookList.model_validate_json(api.get("/v1/webhooks").content).webhooks
    assert made.id in [found.id for found in listed]
    assert made.secret not in api.get("/v1/webhooks").text
    again = api.patch(f"/v1/webhooks/{made.id}", json={"state": "disabled"})
    assert models.Webhook.model_validate_json(again.content).state == "disabled"
    assert api.patch(f"/v1/webhooks/{made.id}", json={"state": "enabled"}).json()["disabled_why"] is None


def test_a_task_names_it_in_every_way(api: httpx.Client, webhook: Any) -> None:
    one, named = webhook["id"], json.dumps({"url": URL, "secret": webhook["secret"]})
    image = base64.b64encode(png()).decode()
    by_json = {"image": image, "recipe": "rotate"}
    sent = [
        api.post("/v1/tasks", params={"recipe": "rotate", "webhook": one}, content=png()),
        api.post("/v1/tasks", json={**by_json, "webhook": one}),
        api.post("/v1/tasks", json={**by_json, "webhook": json.loads(named)}),
        api.post("/v1/tasks", data={"recipe": "rotate", "webhook": one}, files={"file": png()}),
        api.post("/v1/tasks", data={"recipe": "rotate", "webhook": named}, files={"file": png()}),
    ]
    ids = set()
    for answer in sent:
        assert answer.status_code == 202, answer.text
        ids.add(answer.json()["id"])
        assert api.get(f"/v1/tasks/{answer.json()['id']}?wait=50").json()["state"] == "completed"
    found = deliveries(api, one)
    assert {delivery.task for delivery in found} == ids
    assert {delivery.type for delivery in found} == {"task.completed"}
    part = api.get(f"/v1/webhooks/{one}/deliveries", params={"limit": 3}).json()
    rest = api.get(f"/v1/webhooks/{one}/deliveries", params={"limit": 3, "cursor": part["next"]}).json()
    assert len(part["deliveries"]) == 3
    assert {entry["task"] for entry in part["deliveries"] + rest["deliveries"]} == ids
    again = api.post(f"/v1/webhooks/{one}/deliveries/{found[0].id}")
    assert again.status_code == 202
    assert models.Delivery.model_validate_json(again.content).state == "pending"


def test_a_batch_names_it_by_its_id_or_its_address(api: httpx.Client, webhook: Any) -> None:
    ids = []
    for named in (webhook["id"], {"url": URL, "secret": webhook["secret"]}):
        made = api.post("/v1/batches", json={"recipe": "rotate", "webhook": named})
        assert made.status_code == 201, made.text
        ids.append(made.json()["id"])
        api.post(f"{made.headers['location']}/close")
    found = deliveries(api, webhook["id"])
    assert [(delivery.type, delivery.batch, delivery.task) for delivery in found] == [
        ("batch.completed", batch_id, None) for batch_id in ids[::-1]
    ]
    for wrong in ("me", 7, {"url": URL}):
        answer = api.post("/v1/batches", json={"recipe": "rotate", "webhook": wrong})
        assert answer.status_code == 400
        assert "webhook" in answer.json()["detail"]


def test_one_that_is_named_by_its_address_is_registered_once(api: httpx.Client) -> None:
    named = {"url": f"{URL}/once", "secret": SECRET}
    for _ in range(2):
        body = {"image": base64.b64encode(png()).decode(), "recipe": "rotate", "webhook": named}
        assert api.post("/v1/tasks", json=body).status_code == 202
    (made,) = [found for found in api.get("/v1/webhooks").json()["webhooks"] if found["url"] == named["url"]]
    assert made["tasks"] == "named"
    assert api.delete(f"/v1/webhooks/{made['id']}").status_code == 204
    assert api.delete(f"/v1/webhooks/{made['id']}").status_code == 204


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"", "JSON object"),
        (b"[]", "JSON object"),
        (b"[" * 10000, "JSON object"),
        (b'{"url": 1}', "url"),
        (b'{"url": "http://receiver.invalid/"}', "https://"),
        (b'{"url": "https://127.0.0.1/"}', "not a public address"),
        (b'{"url": "https://[::1]/"}', "not a public address"),
        (b'{"url": "https://169.254.169.254/latest"}', "not a public address"),
        (b'{"url": "https://receiver.invalid/", "tasks": "some"}', "'tasks'"),
        (b'{"url": "https://receiver.invalid/", "secret": "secret"}', "whsec_"),
        (b'{"url": "https://receiver.invalid/", "secret": 7}', "secret"),
    ],
)
def test_what_cannot_be_is_refused(api: httpx.Client, body: bytes, word: str) -> None:
    answer = api.post("/v1/webhooks", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert word in answer.json()["detail"]


@pytest.mark.parametrize(
    "named",
    [
        "me",
        "00000000-0000-0000-0000-000000000000",
        {},
        {"url": URL},
        {"url": "https://10.0.0.1/", "secret": SECRET},
        7,
    ],
)
def test_a_task_that_names_none_is_refused(api: httpx.Client, named: Any) -> None:
    body = {"image": base64.b64encode(png()).decode(), "recipe": "rotate", "webhook": named}
    answer = api.post("/v1/tasks", json=body)
    assert answer.status_code == 400
    assert "webhook" in answer.json()["detail"] or "public" in answer.json()["detail"]


def test_it_is_nobody_elses_business(api: httpx.Client, stranger: httpx.Client, webhook: Any) -> None:
    path = f"/v1/webhooks/{webhook['id']}"
    assert stranger.get("/v1/webhooks").json() == {"webhooks": []}
    assert stranger.get(f"{path}/deliveries").status_code == 404
    assert stranger.patch(path, json={"state": "disabled"}).status_code == 404
    assert stranger.post(f"{path}/deliveries/msg_00000000-0000-0000-0000-000000000000").status_code == 404
    assert stranger.delete(path).status_code == 204
    assert webhook["id"] in api.get("/v1/webhooks").text
    refused = stranger.post("/v1/tasks", params={"recipe": "rotate", "webhook": webhook["id"]}, content=png())
    assert refused.status_code == 400
    assert api.get("/v1/webhooks/nonsense/deliveries").status_code == 404


def test_there_are_not_too_many(stranger: httpx.Client) -> None:
    made = [stranger.post("/v1/webhooks", json={"url": URL}) for _ in range(21)]
    assert [answer.status_code for answer in made] == [201] * 20 + [413]
    assert "webhooks_per_client" in made[-1].json()["detail"]
    for answer in made[:-1]:
        stranger.delete(answer.headers["location"])
