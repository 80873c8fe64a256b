"""Nobody gets in without a token, and everybody sees only what is theirs."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

import pytest
from joserfc.jwk import RSAKey

from recto.web.v5.operations import CURRENT, DEPRECATED, GET_RESULT_FILE, GET_RESULT_TASK, GET_TASK_STATUS
from tests.live import LiveServer

GUARDED = (
    [(method, operation.name) for operation in CURRENT for method in ("POST", "GET", "HEAD", "DELETE")]
    + [("POST", operation.name) for operation in DEPRECATED]
    + [(method, name) for name in (GET_RESULT_TASK, GET_RESULT_FILE, GET_TASK_STATUS) for method in ("GET", "HEAD")]
)


@pytest.mark.parametrize(("method", "name"), GUARDED)
def test_every_operation_needs_a_token(server: LiveServer, method: str, name: str) -> None:
    for query in ("", "?id=x", "?client_id=somebody&id=x"):
        answer = server.ask(method, f"/v5.0/ocr/{name}{query}")
        assert answer.status == 401
        assert answer.headers["www-authenticate"] == 'Bearer realm="recto"'
        assert answer.headers["content-type"] == "application/problem+json"
        if method != "HEAD":
            assert answer.json["status"] == 401
            assert answer.json["title"] == "Unauthorized"


@pytest.mark.parametrize(
    "header", ["Bearer nonsense", "Bearer", "Bearer ", "Basic YTpi", "nonsense", "Bearer a.b.c", ""]
)
def test_bad_tokens_are_refused_with_the_reason(server: LiveServer, header: str) -> None:
    answer = server.ask("GET", "/v5.0/ocr/DeskewImage?id=x", headers={"Authorization": header})
    assert answer.status == 401
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


def test_a_token_made_from_what_is_public_is_refused(server: LiveServer, token: str) -> None:
    """The published key as an HMAC secret, and no signature at all."""
    header, payload, _ = token.split(".")
    kid = json.loads(base64.urlsafe_b64decode(header + "=="))["kid"]
    published = server.ask("GET", "/.well-known/jwks.json").json["keys"]
    public = RSAKey.import_key(next(key for key in published if key["kid"] == kid))

    def b64(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    for algorithm, secret in (("HS256", public.as_pem(private=False)), ("none", None)):
        text = b64(json.dumps({"alg": algorithm, "typ": "JWT", "kid": kid}).encode()) + "." + payload
        signature = b64(hmac.new(secret, text.encode(), hashlib.sha256).digest()) if secret else ""
        headers = {"Authorization": f"Bearer {text}.{signature}"}
        assert server.ask("GET", "/v5.0/ocr/DeskewImage?id=x", headers=headers).status == 401


def test_the_scheme_is_read_in_any_case(server: LiveServer, token: str) -> None:
    for scheme in ("Bearer", "bearer", "BEARER"):
        answer = server.ask("GET", "/v5.0/ocr/DeskewImage?id=x", headers={"Authorization": f"{scheme}  {token}"})
        assert answer.json["taskStatus"] == "NotExist"


def test_a_large_body_without_a_token_still_gets_its_answer(server: LiveServer) -> None:
    answer = server.ask("POST", "/v5.0/ocr/DeskewImage", b"x" * 5_000_000, {"Content-Type": "application/json"})
    assert answer.status == 401


def test_health_docs_and_keys_need_none(server: LiveServer) -> None:
    for path in ("/health/live", "/docs", "/openapi.json", "/", "/.well-known/jwks.json", "/connect/jwks"):
        assert server.ask("GET", path).status == 200, path
        assert server.ask("HEAD", path).status == 200 or path == "/openapi.json", path
