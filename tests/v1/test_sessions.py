"""A browser gets in by the client's secret, or by being on the machine itself; nobody gets in by its cookie."""

from __future__ import annotations

from collections.abc import Iterator
from http.cookies import SimpleCookie
from typing import Any

import httpx
import pytest

from recto.bootstrap import House
from recto.web.origin import is_loopback
from tests.live import LiveServer
from tests.parts import png
from tests.v1.test_tasks import problem
from tests.web.conftest import Asking


@pytest.fixture
def browser(server: LiveServer) -> Iterator[httpx.Client]:
    """Keeps cookies and says where its page is from, as a browser does."""
    headers = {"Origin": server.address, "Sec-Fetch-Site": "same-origin"}
    with httpx.Client(base_url=server.address, headers=headers, timeout=60) as client:
        yield client


def secret_of(server: LiveServer) -> dict[str, str]:
    return {"client_id": server.client_id, "client_secret": server.client_secret}


def test_the_machine_itself_needs_no_secret(browser: httpx.Client, server: LiveServer, api: httpx.Client) -> None:
    problem(browser.get("/v1/tasks"), 401)
    opened = browser.post("/session/local")
    assert opened.status_code == 200
    assert opened.json()["expires_in"] > 3600
    cookie = SimpleCookie(opened.headers["set-cookie"])["recto_session"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"].lower()) == ("/", True, "strict")
    task = browser.post("/v1/tasks?recipe=rotate", content=png()).json()
    assert api.get(f"/v1/tasks/{task['id']}").json()["id"] == task["id"]
    assert browser.delete(f"/v1/tasks/{task['id']}").status_code == 204
    assert browser.delete("/session").status_code == 204
    problem(browser.get("/v1/tasks"), 401)


def test_elsewhere_it_takes_the_clients_secret(browser: httpx.Client, server: LiveServer) -> None:
    problem(browser.post("/session", json={**secret_of(server), "client_secret": "no"}), 400, "wrong")
    problem(browser.post("/session", json={"client_id": server.client_id}), 400, "client_secret")
    problem(browser.post("/session", data=secret_of(server)), 415)
    assert browser.post("/session", json=secret_of(server)).status_code == 200
    assert browser.get("/v1/filters").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_page_from_elsewhere_gets_nothing_by_the_cookie(browser: httpx.Client, headers: dict[str, str]) -> None:
    problem(browser.post("/session/local", headers=headers), 403)
    browser.post("/session/local")
    problem(browser.post("/v1/tasks?recipe=rotate", content=png(), headers=headers), 403)
    problem(browser.post("/v1/pages?recipe=rotate", content=png(), headers=headers), 403)
    problem(browser.delete("/v1/tasks/6f1c2d34-0a5b-4c6d-8e7f-9a0b1c2d3e4f", headers=headers), 403)
    problem(browser.delete("/session", headers=headers), 403)
    problem(browser.post("/session", json={}, headers=headers), 403)


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "recto.evil.example", "Origin": "http://recto.evil.example"},
        {"Host": "localhost.evil.example:80", "Origin": "http://localhost.evil.example:80"},
        {"X-Forwarded-For": "203.0.113.7"},
        {"X-Forwarded-Proto": "http"},
        {"Forwarded": "for=203.0.113.7"},
        {"Via": "1.1 proxy"},
    ],
)
def test_a_detour_to_this_machine_is_not_being_here(browser: httpx.Client, headers: dict[str, str]) -> None:
    problem(browser.post("/session/local", headers=headers), 403)


def test_localhost_by_its_name_is_here(browser: httpx.Client, server: LiveServer) -> None:
    name = f"localhost:{server.port}"
    assert browser.post("/session/local", headers={"Host": name, "Origin": f"http://{name}"}).status_code == 200


def test_a_server_that_others_can_reach_or_that_forbids_it_gives_no_local_session(asking: Asking) -> None:
    async def ask(client: httpx.AsyncClient, house: House) -> httpx.Response:
        return await client.post("http://localhost/session/local", headers={"Origin": "http://localhost"})

    assert asking(ask).status_code == 200
    problem(asking(ask, host="0.0.0.0"), 403)
    problem(asking(ask, host="192.0.2.1"), 403)
    problem(asking(ask, local_session=False), 403)


def test_over_https_the_cookie_stays_there(asking: Asking) -> None:
    async def ask(client: httpx.AsyncClient, house: House) -> Any:
        good = await client.post("https://localhost/session/local", headers={"Origin": "https://localhost"})
        bad = await client.post("https://localhost/session/local", headers={"Origin": "http://localhost"})
        return good, bad

    good, bad = asking(ask)
    assert "secure" in good.headers["set-cookie"].lower()
    problem(bad, 403)


def test_a_session_is_no_token_and_a_token_is_no_session(browser: httpx.Client, token: str) -> None:
    browser.post("/session/local")
    session = browser.cookies["recto_session"]
    by_token = {"Authorization": f"Bearer {session}"}
    problem(browser.get("/v1/tasks", headers=by_token), 401)
    assert browser.get("/v5.0/ocr/DeskewImage?id=x").status_code == 401
    problem(httpx.get(browser.base_url.join("/v1/tasks"), headers={"Cookie": f"recto_session={token}"}), 401)
    altered = session[:-8] + ("A" * 8 if not session.endswith("A" * 8) else "B" * 8)
    problem(httpx.get(browser.base_url.join("/v1/tasks"), headers={"Cookie": f"recto_session={altered}"}), 401)


def test_wrong_secrets_are_slowed_down_here_too(browser: httpx.Client, server: LiveServer) -> None:
    body = {"client_id": "guess-at-sessions", "client_secret": "x"}
    statuses = [browser.post("/session", json=body).status_code for _ in range(12)]
    assert statuses == [400] * 10 + [429] * 2


@pytest.mark.parametrize(
    ("host", "near"),
    [
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("[::1]", True),
        ("::ffff:127.0.0.1", True),
        ("LocalHost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("::ffff:10.0.0.1", False),
        ("10.0.0.1", False),
        ("example.org", False),
        ("", False),
    ],
)
def test_what_is_loopback(host: str, near: bool) -> None:
    assert is_loopback(host) is near
