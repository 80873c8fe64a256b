"""Signatures are those of Standard Webhooks: ours is the one of its example, and only genuine messages pass."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recto.client import verify_message
from recto.errors import InvalidMessageError, RequestError
from recto.web.v1.examples import ANSWERS
from recto.webhooks.signature import key_of, new_secret, signed_headers

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = json.dumps(ANSWERS["Message"]).encode()


def test_the_signature_is_the_one_of_the_scheme() -> None:
    headers = signed_headers(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == ("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330")


def test_a_genuine_message_says_what_it_says() -> None:
    secret = new_secret()
    headers = signed_headers(secret, "msg_1", int(time.time()), BODY)
    message = verify_message(secret, {name.title(): value for name, value in headers.items()}, BODY)
    assert (message.id, message.type, message.name, message.page_count) == ("msg_1", "task.completed", "page.jpg", 1)
    assert message.task_id == ANSWERS["Message"]["data"]["id"]
    both = {**headers, "webhook-signature": f"v1,AAAA v1a,{'B' * 88} {headers['webhook-signature']}"}
    assert verify_message(secret, both, BODY) == message


def test_anything_else_is_refused() -> None:
    now = int(time.time())
    good = signed_headers(SECRET, "msg_1", now, BODY)
    bad = [
        (new_secret(), good, BODY),
        (SECRET, good, BODY + b" "),
        (SECRET, {**good, "webhook-id": "msg_2"}, BODY),
        (SECRET, {**good, "webhook-timestamp": str(now + 1)}, BODY),
        (SECRET, {**good, "webhook-timestamp": "soon"}, BODY),
        (SECRET, {**good, "webhook-signature": "v1,é"}, BODY),
        (SECRET, {**good, "webhook-signature": ""}, BODY),
        (SECRET, {}, BODY),
        (SECRET, signed_headers(SECRET, "msg_1", now - 301, BODY), BODY),
        (SECRET, signed_headers(SECRET, "msg_1", now + 400, BODY), BODY),
        ("whsec_!", good, BODY),
    ]
    for secret, headers, body in bad:
        with pytest.raises(InvalidMessageError):
            verify_message(secret, headers, body)


@settings(max_examples=50, derandomize=True)
@given(st.binary(max_size=80))
def test_a_secret_is_long_enough_and_not_too_long(key: bytes) -> None:
    import base64

    secret = "whsec_" + base64.b64encode(key).decode()
    if 24 <= len(key) <= 64:
        assert key_of(secret) == key
    else:
        with pytest.raises(RequestError, match="24 to 64"):
            key_of(secret)
    assert key_of(new_secret()) != key_of(new_secret())
