"""Every bad request gets an honest answer; every task that comes of one is closed; the next page is served."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from tests.hostile.asked import IMAGE, JSON, PAGE, SUBMIT, BadRequest
from tests.hostile.door import SETTINGS, Door, check_log, files_as_requests, hold, smuggle
from tests.hostile.named import bad_requests
from tests.live import LiveServer

EVERYDAY_STEP = 17
FILES_STEP = 16


def test_some_of_all_bad_requests_every_day(server: LiveServer, token: str) -> None:
    door = Door(server, token)
    hold(door, list(bad_requests())[::EVERYDAY_STEP])
    smuggle(door, step=9)
    door.close_all()
    assert door.wrong == []
    assert door.asked > 60


@pytest.mark.slow
def test_every_bad_request(tmp_path: Path) -> None:
    server = LiveServer(tmp_path / "home", SETTINGS).start()
    try:
        door = Door(server, server.token())
        hold(door, bad_requests())
        smuggle(door)
        hold(door, files_as_requests(FILES_STEP))
        door.close_all()
        assert door.wrong == []
        assert door.asked > 1000
        assert server.ask("GET", "/health/ready").status == 200
        assert check_log(server) == []
    finally:
        assert server.stop() == 0


def test_an_honest_page_passes_the_same_way(server: LiveServer, token: str) -> None:
    """So that the requests above are refused for what is wrong with them and not for how they are said."""
    door = Door(server, token)
    body = json.dumps({"image": IMAGE}).encode()
    door.ask(BadRequest("honest", "JSON", "POST", SUBMIT, body, JSON, may_pass=True))
    door.ask(BadRequest("honest", "bytes", "POST", "/v1/tasks?recipe=", PAGE, may_pass=True))
    door.close_all()
    assert door.wrong == []
    assert door.told == {"honest": Counter({"taken for an honest one": 2, "task Completed": 2})}
