"""The OpenAPI document and the page in docs say what is really there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from recto.access import Config as AccessConfig
from recto.pipeline import CATALOGUE, PRESETS, plan
from recto.web.config import Config
from recto.web.v1 import examples, models

DOCS = (Path(__file__).parents[2] / "docs" / "native-api.md").read_text("utf-8")


@pytest.fixture(scope="module")
def document(api: httpx.Client) -> Any:
    return api.get("/openapi.json").json()


@pytest.fixture(scope="module")
def operations(document: Any) -> list[tuple[str, str, Any]]:
    ours = {path: found for path, found in document["paths"].items() if path.startswith(("/v1/", "/session"))}
    return [(path, method, found) for path, methods in ours.items() for method, found in methods.items()]


def test_the_document_is_openapi_3_1(document: Any, operations: Any) -> None:
    assert document["openapi"].startswith("3.1")
    assert len(operations) == 26
    for path, _, found in operations:
        named = {p["name"] for p in found.get("parameters", ()) if p["in"] == "path"}
        assert named == set(re.findall(r"{(\w+)}", path))
        if path.startswith("/v1/"):
            assert {"JWT": []} in found["security"]
            assert {"session": []} in found["security"]
    refs = set(re.findall(r"#/components/schemas/(\w+)", str(document)))
    assert refs <= set(document["components"]["schemas"])
    assert "#/$defs" not in str(document)


def test_every_route_is_in_the_docs(operations: Any) -> None:
    for path, method, found in operations:
        assert f"`{method.upper()} {path}`" in DOCS
        for parameter in found.get("parameters", ()):
            assert parameter["name"] in DOCS


def test_every_member_preset_and_setting_is_in_the_docs() -> None:
    for model in (
        models.Task,
        models.PageReport,
        models.StepReport,
        models.TaskList,
        models.Batch,
        models.Webhook,
        models.Delivery,
        models.MessageData,
        models.Progress,
        models.BatchMessageData,
        models.BatchMessageTasks,
    ):
        for member in model.model_fields:
            assert re.search(rf"[`\"]{member}[`\"]", DOCS), member
    assert all(f"`{name}`" in DOCS for name in PRESETS)
    for name in (*Config.model_fields, *AccessConfig.model_fields):
        if name.startswith(("sync_", "event_", "session_", "local_")):
            assert f"RECTO_{name.upper()}" in DOCS, name


def test_every_example_of_a_body_is_accepted(api: httpx.Client, operations: Any) -> None:
    sent = 0
    for path, method, found in operations:
        content = found.get("requestBody", {}).get("content", {}).get("application/json", {})
        for example in content.get("examples", {}).values():
            answer = api.request(method, path, json=example["value"])
            assert str(answer.status_code) in ("200", "201", "202"), answer.text
            assert str(answer.status_code) in found["responses"]
            sent += 1
            if path == "/v1/webhooks":
                assert api.delete(answer.headers["location"]).status_code == 204
    assert sent == 8


def test_every_example_of_an_answer_fits_its_model(document: Any, operations: Any) -> None:
    for name, example in examples.ANSWERS.items():
        getattr(models, name).model_validate(example)
    shown = [
        content["example"]
        for _, _, found in operations
        for answer in found["responses"].values()
        for kind, content in answer.get("content", {}).items()
        if kind == "application/json" and "example" in content
    ]
    told = [found["post"]["requestBody"]["content"] for found in document["webhooks"].values()]
    shown += [content["application/json"]["example"] for content in told]
    assert all(example in shown for example in examples.ANSWERS.values())


def test_filters_are_all_there_with_their_parameters(api: httpx.Client) -> None:
    found = models.Filters.model_validate_json(api.get("/v1/filters").content)
    assert [entry.name for entry in found.filters] == list(CATALOGUE)
    for entry in found.filters:
        assert set(entry.parameters) == set(CATALOGUE[entry.name].params.model_fields)
        assert all("description" in schema for schema in entry.parameters.values())
        assert "$ref" not in str(entry.parameters)
    assert {entry.kind for entry in found.filters} == {"pixel", "geometry", "scale"}
    assert [preset.name for preset in found.presets] == ["scan", "phone photo", "old book", "fax", "receipt"]
    for preset in found.presets:
        plan(preset.recipe)


def test_nobody_gets_in_without_a_token(api: httpx.Client, operations: Any) -> None:
    for path, method, _ in operations:
        if path.startswith("/v1/"):
            bare = httpx.request(method, api.base_url.join(path))
            assert bare.status_code == 401
            assert "www-authenticate" in bare.headers
