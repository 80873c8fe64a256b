"""Traces: one from the client's request over the queue to the stored result, and none unless asked for."""

from __future__ import annotations

import base64
import json
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recto import tracing
from recto.errors import SettingError
from recto.service import TaskState
from recto.tracing.spans import write_with
from tests.in_loop import within
from tests.live import LiveServer, png_of
from tests.parts import QUICK, Parts, open_parts
from tests.service import children
from tests.tracing.collector import collecting


def test_one_trace_leads_from_the_request_over_the_queue_to_the_result(tmp_path: Path) -> None:
    with collecting() as collector:
        settings = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint, "OTEL_BSP_SCHEDULE_DELAY": "200"}
        live = LiveServer(tmp_path / "home", settings).start()
        try:
            token = live.token()
            trace_id, mine = secrets.token_hex(16), secrets.token_hex(8)
            headers = {
                "Authorization": f"Bearer {token}",
                "Content-Type": "application/json",
                "traceparent": f"00-{trace_id}-{mine}-01",
            }
            page = base64.b64encode(png_of(np.full((60, 40), 255, np.uint8))).decode()
            answer = live.ask("POST", "/v5.0/ocr/DeskewImage", json.dumps({"image": page}), headers)
            assert answer.status == 200
            task_id = answer.text
            assert live.result("DeskewImage", task_id, token)["taskStatus"] == "Completed"
            spans = collector.wait_for(trace_id, "attempt deskew", "POST /v5.0/ocr/DeskewImage")
            live.ask("GET", "/health/live", headers={"traceparent": f"00-{'a' * 32}-{mine}-01"})
        finally:
            assert live.stop() == 0
        assert collector.spans("a" * 32) == []
    by_name = {span.name: span for span in spans}
    assert set(by_name) == {
        *("POST /v5.0/ocr/DeskewImage", "submit", "look at header", "store input", "insert task", "wait in queue"),
        *("attempt deskew", "read input", "child", "filter deskew", "store result", "close task"),
    }
    request, submit, attempt = by_name["POST /v5.0/ocr/DeskewImage"], by_name["submit"], by_name["attempt deskew"]
    assert request.parent_id == mine
    assert request.attributes["recto.status"] == 200
    assert submit.parent_id == request.span_id
    insert = by_name["insert task"]
    assert attempt.parent_id == by_name["wait in queue"].parent_id == insert.span_id
    assert (request.part, attempt.part) == ("server", "worker")
    for name in ("read input", "child", "store result", "close task"):
        assert by_name[name].parent_id == attempt.span_id
        assert attempt.began_s <= by_name[name].began_s <= by_name[name].ended_s <= attempt.ended_s
    assert by_name["filter deskew"].parent_id == by_name["child"].span_id
    assert attempt.attributes["recto.outcome"] == "completed"
    assert attempt.attributes["recto.task"] == submit.attributes["recto.task"] == task_id
    assert not any(span.failed for span in spans)


def test_a_collector_that_is_away_holds_up_nothing(tmp_path: Path) -> None:
    live = LiveServer(tmp_path / "home", {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}).start()
    try:
        token = live.token()
        task_id = live.submit("DeskewImage", png_of(np.full((60, 40), 255, np.uint8)), token)
        assert live.result("DeskewImage", task_id, token)["taskStatus"] == "Completed"
    finally:
        assert live.stop() == 0


class Written:
    """Keeps spans in this process."""

    def __init__(self) -> None:
        self.failed: list[tuple[str, str]] = []
        self.done: list[str] = []

    @contextmanager
    def begin(self, name: str, kind: str, parent: str | None, attributes: dict[str, Any]) -> Iterator[Any]:
        written = self

        class Writing:
            def rename(self, name: str) -> None: ...

            def set(self, **attributes: Any) -> None: ...

            def fail(self, why: str) -> None:
                written.failed.append((name, why))

        yield Writing()
        self.done.append(name)

    def past(self, name: str, *_: Any) -> None:
        self.done.append(name)

    def carried(self) -> str:
        return f"00-{'1' * 32}-{'2' * 16}-01"


@pytest.fixture
def written() -> Iterator[Written]:
    spans = Written()
    write_with(spans)
    yield spans
    write_with(None)


@within(lambda url, home: open_parts(url, home, **QUICK, max_attempts=2))
async def test_each_dead_attempt_is_a_failed_span(p: Parts, written: Written) -> None:
    p.start_worker(children.deadly)
    task = await p.done(await p.submit())
    assert task.state is TaskState.FAILED
    await p.stop_workers()
    assert [name for name, _ in written.failed] == ["attempt rotate"] * 2
    assert "signal 11" in written.failed[0][1]
    assert written.done.count("wait in queue") == 2
    assert "store result" not in written.done


def test_nothing_is_written_unless_asked_for() -> None:
    with tracing.span("nothing", page=1) as span:
        span.set(more=2)
        span.fail("no matter")
    tracing.past("nothing", 0.0, 1.0)
    assert tracing.carried() is None


@pytest.mark.parametrize(
    ("environ", "variable"),
    [
        ({}, None),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": " "}, None),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"}, "OTEL_EXPORTER_OTLP_ENDPOINT"),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c/x"}, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_SDK_DISABLED": "TRUE"}, None),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_TRACES_EXPORTER": "none"}, None),
    ],
)
def test_the_usual_variables_ask_for_traces(environ: dict[str, str], variable: str | None) -> None:
    assert tracing.wanted(environ) == variable


def test_a_protocol_that_is_not_spoken_is_refused() -> None:
    environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}
    with pytest.raises(SettingError, match="http/protobuf"), tracing.started("server", environ):
        pass


WITHOUT_THE_PARTS = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.startswith(("opentelemetry.sdk", "opentelemetry.exporter")):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Absent())
from recto.cli import main
main()
"""


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_without_the_parts_an_endpoint_stops_the_start_and_says_what_to_install(tmp_path: Path, command: str) -> None:
    environ = {"RECTO_HOME": str(tmp_path / "home"), "RECTO_PORT": "0", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"}
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_THE_PARTS, command],
        env=environ, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "recto[tracing]" in done.stderr
    assert "OTEL_EXPORTER_OTLP_ENDPOINT" in done.stderr
    assert not (tmp_path / "home").exists()
