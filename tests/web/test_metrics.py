"""``/metrics``: who may read it, and whether what it says is so."""

from __future__ import annotations

import asyncio
import json
import re
import time
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import promql_parser
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from recto.bootstrap import House, open_house
from recto.errors import SettingError
from recto.settings import read_settings
from tests.live import LiveServer, png_of
from tests.web.conftest import Asking

DEPLOY = Path(__file__).parents[2] / "deploy"
TOKEN = "a-secret-for-the-scraper"
Values = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A server of its own, so that nobody else's requests are counted."""
    live = LiveServer(tmp_path_factory.mktemp("counted") / "home", {"RECTO_HEARTBEAT_S": "0.2"}).start()
    yield live
    assert live.stop() == 0


def read(server: LiveServer) -> Values:
    """Every sample by name and labels."""
    answer = server.ask("GET", "/metrics")
    assert answer.status == 200, answer.text
    return parsed(answer.text)


def parsed(text: str) -> Values:
    families = text_string_to_metric_families(text)
    return {(s.name, tuple(sorted(s.labels.items()))): s.value for family in families for s in family.samples}


def value(values: Values, name: str, **labels: str) -> float:
    return values[name, tuple(sorted(labels.items()))]


def settled(server: LiveServer, name: str, least: float, **labels: str) -> Values:
    """The samples, once a worker has told so much; it tells at each sign of life."""
    deadline = time.monotonic() + 30
    while True:
        values = read(server)
        if values.get((name, tuple(sorted(labels.items()))), 0.0) >= least or time.monotonic() > deadline:
            return values
        time.sleep(0.1)


def test_a_task_leaves_its_counts_everywhere(counted: LiveServer) -> None:
    token = counted.token()
    page = png_of(np.full((60, 40), 255, np.uint8))
    task_id = counted.submit("DeskewImage", page, token)
    assert counted.result("DeskewImage", task_id, token)["taskStatus"] == "Completed"
    done = {"client_class": "compatible", "filter": "deskew", "outcome": "completed"}
    values = settled(counted, "recto_attempts_total", 1, outcome="completed")  # what is counted last
    assert value(values, "recto_tasks_submitted_total", client_class="compatible", filter="deskew") == 1
    assert value(values, "recto_tasks_submitted_bytes_total", client_class="compatible") == len(page)
    assert value(values, "recto_tasks_closed_total", **done) == 1
    assert value(values, "recto_attempts_total", outcome="completed") == 1
    assert value(values, "recto_attempts_total", outcome="died") == 0
    assert value(values, "recto_pages_total", filter="deskew") == 1
    assert value(values, "recto_worker_blob_bytes_total", direction="read") == len(page)
    assert value(values, "recto_worker_blob_bytes_total", direction="written") > 0
    assert value(values, "recto_children_started_total") >= 1
    for name, label in (
        ("recto_filter_seconds", {"filter": "deskew"}),
        ("recto_attempt_seconds", {"filter": "deskew"}),
        ("recto_task_waiting_seconds", {"client_class": "compatible"}),
        ("recto_task_seconds", {"client_class": "compatible"}),
    ):
        assert value(values, f"{name}_count", **label) == 1
        assert value(values, f"{name}_bucket", le="+Inf", **label) == 1
        assert value(values, f"{name}_sum", **label) > 0
    whole, attempt, step = (
        value(values, "recto_task_seconds_sum", client_class="compatible"),
        value(values, "recto_attempt_seconds_sum", filter="deskew"),
        value(values, "recto_filter_seconds_sum", filter="deskew"),
    )
    assert whole > attempt > step
    route = "/v5.0/ocr/DeskewImage"
    assert value(values, "recto_http_requests_total", method="POST", route=route, status="200") == 1
    assert value(values, "recto_queue_tasks", state="pending") == 0
    assert value(values, "recto_workers") == 1
    assert value(values, "recto_database_up") == value(values, "recto_blobs_up") == 1


def test_a_refused_file_a_limit_and_a_wrong_path_are_counted(counted: LiveServer) -> None:
    token = counted.token()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    before = read(counted)
    assert counted.ask("POST", "/v5.0/ocr/DeskewImage", '{"image": "bm9uZQ=="}', headers).status in (400, 415)
    headers["Content-Length"] = str(10**12)
    assert counted.ask("POST", "/v5.0/ocr/DeskewImage", b"", headers).status == 413
    assert counted.ask("GET", "/nobody/knows/9f3c").status == 404
    after = read(counted)
    hit = value(after, "recto_limits_hit_total", limit="max_body_mb")
    assert hit - value(before, "recto_limits_hit_total", limit="max_body_mb") == 1
    assert value(after, "recto_http_requests_total", method="GET", route="none", status="404") >= 1


def test_no_client_id_and_no_path_of_a_client_becomes_a_label(counted: LiveServer) -> None:
    token = counted.token()
    counted.ask(
        "GET",
        "/v5.0/ocr/DeskewImage?id=8f5e5a9e-0000-4000-8000-000000000000",
        headers={"Authorization": f"Bearer {token}"},
    )
    counted.ask("BREW", "/tea/8f5e5a9e")
    text = counted.ask("GET", "/metrics").text
    assert counted.client_id not in text
    assert "8f5e5a9e" not in text
    assert "BREW" not in text
    assert 'method="other"' in text


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "203.0.113.9"},
        {"Forwarded": "for=203.0.113.9"},
        {"Via": "1.1 proxy"},
        {"Host": "recto.example.org"},
        {"Host": "[half"},
    ],
)
def test_by_default_a_detour_finds_nothing(counted: LiveServer, headers: dict[str, str]) -> None:
    answer = counted.ask("GET", "/metrics", headers=headers)
    assert answer.status in (400, 404)
    assert b"recto_" not in answer.body


def test_a_token_opens_it_and_nothing_else_does(asking: Asking, token: str) -> None:
    async def test(client: httpx.AsyncClient, house: House) -> None:
        async def ask(value: str | None) -> httpx.Response:
            headers = {} if value is None else {"Authorization": value}
            client.headers.pop("Authorization", None)
            return await client.get("/metrics", headers=headers)

        assert (await ask(None)).status_code == 401
        for wrong in (f"Bearer {token}", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}", "Bearer ä"):
            answer = await ask(wrong.encode("latin-1"))  # type: ignore[arg-type]
            assert answer.status_code == 401, wrong
            assert "recto_" not in answer.text
        answer = await ask(f"Bearer {TOKEN}")
        assert answer.status_code == 200
        assert parsed(answer.text)["recto_database_up", ()] == 1

    asking(test, metrics="token", metrics_token=TOKEN)


def test_it_can_be_closed(asking: Asking) -> None:
    async def test(client: httpx.AsyncClient, house: House) -> None:
        assert (await client.get("/metrics")).status_code == 404

    asking(test, metrics="off")


def test_a_token_that_is_asked_for_and_not_set_stops_the_start(server: LiveServer) -> None:
    async def start() -> None:
        async with open_house(read_settings({}, {"home": server.home, "metrics": "token"})):
            pass

    with pytest.raises(SettingError, match="RECTO_METRICS_TOKEN"):
        asyncio.run(start())
    with pytest.raises(SettingError, match="RECTO_METRICS_TOKEN"):
        read_settings({"RECTO_METRICS": "token", "RECTO_METRICS_TOKEN": "short"})
    assert TOKEN not in repr(read_settings({"RECTO_METRICS_TOKEN": TOKEN}).web)


def test_without_its_database_it_still_answers_and_says_so(asking: Asking) -> None:
    async def test(client: httpx.AsyncClient, house: House) -> None:
        pool = house.service.watch._database
        await pool.close()
        answer = await client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 200
        values = parsed(answer.text)
        assert values["recto_database_up", ()] == 0
        assert values["recto_blobs_up", ()] == 1
        assert not re.search("^recto_workers ", answer.text, re.MULTILINE)
        await pool.open()

    asking(test, metrics="token", metrics_token=TOKEN)


def watched() -> dict[str, str]:
    """Every expression of the alert rules and the dashboard, by where it stands."""
    rules = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yaml").read_text("utf-8"))
    found = {rule["alert"]: rule["expr"] for group in rules["groups"] for rule in group["rules"]}
    board = json.loads((DEPLOY / "grafana" / "recto.json").read_text("utf-8"))
    for panel in board["panels"]:
        found |= {f"{panel['title']} {t['refId']}": t["expr"] for t in panel.get("targets", ())}
    return found


def test_alerts_and_dashboard_name_only_what_there_is_after_a_task(counted: LiveServer) -> None:
    token = counted.token()
    task_id = counted.submit("DeskewImage", png_of(np.full((60, 40), 255, np.uint8)), token)
    assert counted.result("DeskewImage", task_id, token)["taskStatus"] == "Completed"
    settled(counted, "recto_attempts_total", 1, outcome="completed")
    answer = counted.ask("GET", "/metrics").text
    labels: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(answer):
        labels.setdefault(family.name, set())
        for sample in family.samples:
            labels.setdefault(sample.name, set()).update(sample.labels)
    labels["recto_open_tasks"] |= {"state", "client_class", "filter"}  # nothing is open now
    labels["recto_http_problems_total"] = {"code"}
    for where, expression in watched().items():
        names = set(re.findall(r"\b(?:recto|process|python)_\w+", expression))
        assert names <= labels.keys(), f"{where}: {names - labels.keys()}"
        known = set().union({"job", "instance", "pod"}, *(labels[name] for name in names))
        used = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)\s*\"", expression))
        for group in re.findall(r"(?:by|without) \(([^)]*)\)", expression):
            used |= {label.strip() for label in group.split(",")}
        assert used <= known, f"{where}: {used - known}"


def test_alerts_and_dashboard_are_promql_and_the_page_explains_each_alert() -> None:
    page = (DEPLOY.parent / "docs" / "operating.md").read_text("utf-8")
    for where, expression in watched().items():
        promql_parser.parse(expression)
        if where.startswith("Recto"):
            assert f"\n### {where}\n" in page, where
    assert not set(re.findall(r"^### (Recto\w+)$", page, re.MULTILINE)) - watched().keys()


def test_every_figure_is_on_the_page_for_operators(counted: LiveServer) -> None:
    page = (DEPLOY.parent / "docs" / "operating.md").read_text("utf-8")
    for family in text_string_to_metric_families(counted.ask("GET", "/metrics").text):
        if family.name.startswith("recto_") and not family.name.startswith(("recto_database_", "recto_info")):
            assert family.name in page, family.name


def test_openmetrics_is_spoken_to_who_asks_for_it(counted: LiveServer) -> None:
    accept = {"Accept": "application/openmetrics-text; version=1.0.0"}
    answer = counted.ask("GET", "/metrics", headers=accept)
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.text.count("# EOF") == 1
    assert answer.text.endswith("# EOF\n")


def test_it_is_in_the_docs() -> None:
    docs = Path(__file__).parents[2] / "docs"
    assert "/metrics" in (docs / "service.md").read_text("utf-8")
