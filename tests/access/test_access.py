"""Who may ask: clients, secrets, tokens."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from recto.access import Access
from recto.access.access import FIRST_CLIENT_NAME
from recto.access.secret import hash_secret, new_secret, secret_matches
from recto.access.throttle import Throttle
from recto.database import Database
from recto.errors import InvalidClientError, InvalidTokenError, RequestError, TooManyAttemptsError

Using = Callable[..., Any]


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    header, payload, _ = token.split(".")
    return tuple(json.loads(base64.urlsafe_b64decode(p + "=" * (-len(p) % 4))) for p in (header, payload))  # type: ignore[return-value]


async def token_of(access: Access, name: str = "test") -> tuple[str, str]:
    client_id, secret = await access.add_client(name)
    return client_id, (await access.issue(client_id, secret)).token


async def refuses(access: Access, token: str) -> str:
    with pytest.raises(InvalidTokenError) as refused:
        await access.verify(token)
    return refused.value.message


def test_a_client_gets_a_token_that_proves_it(using: Using) -> None:
    async def test(access: Access, _: Database) -> None:
        client_id, secret = await access.add_client("scanner room")
        issued = await access.issue(client_id, secret)
        assert issued.expires_in_s == 3600
        assert await access.verify(issued.token) == client_id
        header, claims = parts(issued.token)
        assert (header["alg"], header["typ"]) == ("RS256", "JWT")
        assert claims["exp"] - claims["iat"] == 3600
        assert [(c.name, c.disabled_at) for c in await access.clients() if c.id == client_id] == [
            ("scanner room", None)
        ]

    using(test)


def test_the_secret_is_not_in_the_database(using: Using) -> None:
    async def test(access: Access, database: Database) -> None:
        client_id, secret = await access.add_client("quiet")
        async with database.connection() as connection:
            found = await connection.execute("SELECT * FROM access_clients WHERE id = %s", [client_id])
            row = await found.fetchone()
        assert secret not in str(row)
        assert secret.encode() not in bytes(row["secret_hash"])  # type: ignore[index]

    using(test)


def test_unknown_disabled_and_wrong_are_told_apart_by_nobody(using: Using) -> None:
    async def test(access: Access, _: Database) -> None:
        client_id, secret = await access.add_client("one")
        other_id, other_secret = await access.add_client("two")
        await access.disable(other_id)
        said = set()
        for claimed, tried in (
            (client_id, "wrong"),
            (client_id, other_secret),
            (other_id, other_secret),
            ("nobody", secret),
            ("", ""),
            ("a\x00b", secret),
            ("ü" * 500, secret),
            (client_id, "\ud800"),
        ):
            with pytest.raises(InvalidClientError) as refused:
                await access.issue(claimed, tried)
            said.add(refused.value.message)
        assert len(said) == 1

    using(test)


def test_a_disabled_clients_token_is_refused(using: Using) -> None:
    async def test(access: Access, database: Database) -> None:
        client_id, token = await token_of(access)
        elsewhere = Access(database)
        await elsewhere.open()
        assert await access.verify(token) == await elsewhere.verify(token) == client_id
        assert await access.disable(client_id)
        assert "disabled" in await refuses(access, token)
        elsewhere._trusted_until.clear()  # as if client_cache_s had passed
        assert "disabled" in await refuses(elsewhere, token)
        assert not await access.disable("nobody")
        assert not await access.disable("a\x00b")

    using(test)


def test_an_expired_token_is_refused(using: Using) -> None:
    async def test(access: Access, _: Database) -> None:
        client_id, _token = await token_of(access)
        key = access._keys.keys[-1]
        now = int(time.time())
        claims = {"iss": "recto", "aud": "recto", "sub": client_id, "iat": now - 7200, "exp": now - 1}
        late = jwt.encode({"alg": "RS256", "kid": key.kid}, claims, key)
        assert "expired" in await refuses(access, late)

    using(test)


def test_forged_tokens_are_refused(using: Using) -> None:
    """alg=none, another key, HS256 with the public key as secret, altered claims, missing claims, other issuers."""

    async def test(access: Access, _: Database) -> None:
        client_id, token = await token_of(access)
        header, payload, signature = token.split(".")
        claims = parts(token)[1]
        key = access._keys.keys[-1]
        public_pem = key.as_pem(private=False)
        stranger = RSAKey.generate_key(2048)

        def made(head: dict[str, Any], body: dict[str, Any], sign: Callable[[bytes], bytes]) -> str:
            text = f"{b64(json.dumps(head).encode())}.{b64(json.dumps(body).encode())}"
            return f"{text}.{b64(sign(text.encode()))}"

        def hs256(text: bytes) -> bytes:
            return hmac.new(public_pem, text, hashlib.sha256).digest()

        def signed(body: dict[str, Any], by: RSAKey = key, **head: Any) -> str:  # type: ignore[assignment]
            return jwt.encode({"alg": "RS256", "kid": key.kid, **head}, body, by)

        forged = {
            "none": made({"alg": "none", "typ": "JWT"}, claims, lambda _: b""),
            "none with key id": made({"alg": "none", "kid": key.kid}, claims, lambda _: b""),
            "public key as HMAC secret": made({"alg": "HS256", "kid": key.kid}, claims, hs256),
            "another key": signed(claims, stranger),
            "unknown key id": signed(claims, stranger, kid="who"),
            "altered": f"{header}.{b64(json.dumps({**claims, 'sub': 'somebody'}).encode())}.{signature}",
            "signature cut": f"{header}.{payload}.{signature[:-8]}",
            "no signature": f"{header}.{payload}.",
            "another issuer": signed({**claims, "iss": "elsewhere"}),
            "another audience": signed({**claims, "aud": "elsewhere"}),
            "never expires": signed({k: v for k, v in claims.items() if k != "exp"}),
            "no subject": signed({k: v for k, v in claims.items() if k != "sub"}),
            "not yet": signed({**claims, "nbf": time.time() + 600}),
            "subject is a number": signed({**claims, "sub": 7}),
            "unknown client": signed({**claims, "sub": "nobody"}),
            "garbage": "garbage",
            "dots": "..",
            "empty": "",
            "ümlaut": "ü.ü.ü",
            "long": "a" * 100_000,
            "json header that is a list": f"{b64(b'[]')}.{payload}.{signature}",
        }
        for name, text in forged.items():
            assert await refuses(access, text), name
        assert await access.verify(token) == client_id
        no_key_id = jwt.encode({"alg": "RS256"}, claims, key)
        await refuses(access, no_key_id)

    using(test)


def test_every_server_on_a_database_knows_the_same_keys(using: Using) -> None:
    async def test(access: Access, database: Database) -> None:
        client_id, token = await token_of(access)
        others = [Access(database) for _ in range(4)]
        await asyncio.gather(*(other.open() for other in others))
        for other in others:
            assert other.jwks() == access.jwks()
            assert await other.verify(token) == client_id

    using(test)


def test_a_key_made_elsewhere_is_found(using: Using) -> None:
    async def test(access: Access, database: Database) -> None:
        client_id, _ = await token_of(access)
        key = RSAKey.generate_key(2048, {"kid": f"later-{client_id}"})
        async with database.connection() as connection:
            await connection.execute(
                "INSERT INTO access_signing_keys (kid, private_pem) VALUES (%s, %s)",
                [key.kid, key.as_pem(private=True).decode()],
            )
        now = int(time.time())
        claims = {"iss": "recto", "aud": "recto", "sub": client_id, "iat": now, "exp": now + 60}
        token = jwt.encode({"alg": "RS256", "kid": key.kid}, claims, key)
        assert await access.verify(token) == client_id

    using(test, client_cache_s=0)


def test_the_published_keys_verify_tokens_and_hold_nothing_private(using: Using) -> None:
    async def test(access: Access, _: Database) -> None:
        _, token = await token_of(access)
        published = access.jwks()["keys"]
        for key in published:
            assert (key["kty"], key["use"], key["alg"]) == ("RSA", "sig", "RS256")
            assert not set(key) & {"d", "p", "q", "dp", "dq", "qi"}
        kid = parts(token)[0]["kid"]
        key = RSAKey.import_key(next(k for k in published if k["kid"] == kid))
        assert jwt.decode(token, key, algorithms=["RS256"]).claims["iss"] == "recto"

    using(test)


def test_only_one_of_many_starting_servers_makes_the_first_client(using: Using) -> None:
    async def test(access: Access, database: Database) -> None:
        async with database.connection() as connection:
            await connection.execute("DELETE FROM access_clients")
        made = await asyncio.gather(*(access.add_first_client() for _ in range(5)))
        assert sum(one is not None for one in made) == 1
        assert [client.name for client in await access.clients()] == [FIRST_CLIENT_NAME]
        client_id, secret = next(one for one in made if one is not None)
        assert (await access.issue(client_id, secret)).token
        await access.disable(client_id)
        assert await access.add_first_client() is None

    using(test)


def test_a_client_needs_a_name(using: Using) -> None:
    async def test(access: Access, _: Database) -> None:
        for name in ("", "   ", "x" * 201, "a\x00b"):
            with pytest.raises(RequestError):
                await access.add_client(name)

    using(test)


def test_wrong_secrets_are_slowed_down_for_that_client_from_there_only(using: Using) -> None:
    async def test(access: Access, _: Database) -> None:
        client_id, secret = await access.add_client("tried")
        for _ in range(3):
            with pytest.raises(InvalidClientError):
                await access.issue(client_id, "wrong", "10.0.0.1")
        with pytest.raises(TooManyAttemptsError) as refused:
            await access.issue(client_id, secret, "10.0.0.1")
        assert 1 <= refused.value.retry_after_s <= 60
        assert (await access.issue(client_id, secret, "10.0.0.2")).token
        with pytest.raises(InvalidClientError):
            await access.issue("another", "wrong", "10.0.0.1")

    using(test, wrong_secrets_max=3)


def test_a_throttle_forgets_with_time_and_on_success() -> None:
    now = [0.0]
    throttle = Throttle(2, 60.0, lambda: now[0])
    key = ("here", "me")
    throttle.failed(key)
    now[0] = 30
    throttle.failed(key)
    with pytest.raises(TooManyAttemptsError) as refused:
        throttle.check(key)
    assert refused.value.retry_after_s == 30
    now[0] = 61
    throttle.check(key)
    throttle.failed(key)
    with pytest.raises(TooManyAttemptsError):
        throttle.check(key)
    throttle.succeeded(key)
    throttle.check(key)


def test_a_secret_is_bound_to_its_client() -> None:
    secret = new_secret()
    assert len(secret) == 64
    known = hash_secret("a", secret)
    assert secret_matches("a", secret, known)
    assert not secret_matches("b", secret, known)
    assert not secret_matches("a", secret[:-1], known)
    assert not secret_matches("a", secret, None)
    assert not secret_matches("a", secret, b"")
