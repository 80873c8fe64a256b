"""The token endpoint, in every encoding that clients use."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import quote, urlencode

import pytest
import urllib3

from tests.live import Answer, LiveServer

URLENCODED = {"Content-Type": "application/x-www-form-urlencoded"}


def form(server: LiveServer, **other: str) -> dict[str, str]:
    return {
        "grant_type": "client_credentials",
        "client_id": server.client_id,
        "client_secret": server.client_secret,
        **other,
    }


def check(server: LiveServer, answer: Answer) -> None:
    assert answer.status == 200, answer.text
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.headers["cache-control"] == "no-store"
    assert set(answer.json) == {"access_token", "expires_in", "token_type"}
    assert (answer.json["expires_in"], answer.json["token_type"]) == (3600, "Bearer")
    header = json.loads(base64.urlsafe_b64decode(answer.json["access_token"].split(".")[0] + "=="))
    assert (header["alg"], header["typ"]) == ("RS256", "JWT")
    authorization = {"Authorization": f"Bearer {answer.json['access_token']}"}
    assert server.ask("GET", "/v5.0/ocr/DeskewImage?id=x", headers=authorization).status == 200


def test_urlencoded(server: LiveServer) -> None:
    check(server, server.ask("POST", "/connect/token", urlencode(form(server)), URLENCODED))


def test_urlencoded_without_a_content_type_and_with_a_scope(server: LiveServer) -> None:
    check(server, server.ask("POST", "/connect/token", urlencode(form(server, scope="anything"))))


def test_multipart_as_older_python_sdks_send_it(server: LiveServer) -> None:
    body, content_type = urllib3.encode_multipart_formdata(form(server))
    headers = {"Content-Type": content_type, "ContentType": "application/x-www-form-urlencoded"}
    check(server, server.ask("POST", "/connect/token", body, headers))


def test_http_basic(server: LiveServer) -> None:
    pair = f"{quote(server.client_id)}:{quote(server.client_secret)}"
    headers = {**URLENCODED, "Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
    check(server, server.ask("POST", "/connect/token", "grant_type=client_credentials", headers))


def test_any_case_and_slash(server: LiveServer) -> None:
    check(server, server.ask("POST", "/Connect/Token/", urlencode(form(server)), URLENCODED))


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"client_id": "nobody"}, "invalid_client"),
        ({"client_id": "a\x00b"}, "invalid_client"),
        ({"client_secret": ""}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": ""}, "invalid_request"),
    ],
)
def test_refusals_are_json_as_rfc_6749_says(server: LiveServer, changed: dict[str, str], error: str) -> None:
    answer = server.ask("POST", "/connect/token", urlencode(form(server, **changed)), URLENCODED)
    assert (answer.status, answer.json["error"]) == (400, error)
    assert answer.json["error_description"]
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"", {}, 400),
        (b"{}", {"Content-Type": "application/json"}, 400),
        (b"x", {"Content-Type": "multipart/form-data; boundary=b"}, 400),
        (b"\xff\xfe", URLENCODED, 400),
        (b"a" * 200_000, URLENCODED, 413),
        (b"x", {**URLENCODED, "Content-Encoding": "gzip"}, 415),
        (b"grant_type=client_credentials", {**URLENCODED, "Authorization": "Basic !"}, 400),
        (b"grant_type=client_credentials", {**URLENCODED, "Authorization": "Basic bm9jb2xvbg=="}, 400),
        (b"grant_type=client_credentials", {**URLENCODED, "Authorization": "Basic bm86Ym9keQ=="}, 401),
    ],
)
def test_damaged_requests_get_json_too(server: LiveServer, body: bytes, headers: dict[str, str], status: int) -> None:
    answer = server.ask("POST", "/connect/token", body, headers)
    assert answer.status == status
    assert answer.json["error"] == ("invalid_client" if status == 401 else "invalid_request")


def test_guessing_is_slowed_down(server: LiveServer, asking: Any) -> None:
    async def test(client: Any, _: Any) -> None:
        wrong = {**form(server), "client_id": "guessed", "client_secret": "wrong"}
        statuses = [(await client.post("/connect/token", data=wrong)).status_code for _ in range(4)]
        assert statuses == [400, 400, 400, 429]
        answer = await client.post("/connect/token", data=wrong)
        assert 1 <= int(answer.headers["retry-after"]) <= 60
        assert (await client.post("/connect/token", data=form(server))).status_code == 200

    asking(test, wrong_secrets_max=3)
