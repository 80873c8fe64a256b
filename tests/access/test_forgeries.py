"""Tokens and secrets as an attacker would make or guess them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from joserfc import jwt
from joserfc.jwk import RSAKey

from recto.access import Access, secret
from recto.access.secret import hash_secret, new_secret, secret_matches
from recto.database import Database
from recto.errors import InvalidClientError, InvalidTokenError, TooManyAttemptsError

Using = Callable[..., Any]


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token_of(head: dict[str, Any], claims: Any, sign: Callable[[bytes], bytes]) -> str:
    text = f"{b64(json.dumps(head).encode())}.{b64(json.dumps(claims).encode())}"
    return f"{text}.{b64(sign(text.encode()))}"


def rsa_signer(key: RSAKey, algorithm: str = "RS256") -> Callable[[bytes], bytes]:
    private = key.private_key
    assert isinstance(private, rsa.RSAPrivateKey)
    digest = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}[algorithm[2:]]
    pads = padding.PSS(padding.MGF1(digest), 32) if algorithm.startswith("PS") else padding.PKCS1v15()
    return lambda text: private.sign(text, pads, digest)


def hmac_signer(shared: bytes, digest: Callable[..., Any]) -> Callable[[bytes], bytes]:
    return lambda text: hmac.new(shared, text, digest).digest()


def forgeries(key: RSAKey, claims: dict[str, Any]) -> dict[str, str]:
    """Tokens that name our key and are none of ours; some are even signed by it, in a way that is not ours."""
    own = RSAKey.generate_key(2048)
    public = own.as_dict(private=False)
    ours = {"alg": "RS256", "kid": key.kid, "typ": "JWT"}
    good, other = rsa_signer(key), rsa_signer(own)
    pem, der = key.as_pem(private=False), json.dumps(key.as_dict(private=False)).encode()
    modulus = base64.urlsafe_b64decode(str(key.as_dict(private=False)["n"]) + "==")
    made = {
        "embedded key": token_of({**ours, "jwk": public}, claims, other),
        "embedded key without a name": token_of({"alg": "RS256", "jwk": public}, claims, other),
        "key at an address": token_of({**ours, "jku": "http://127.0.0.1/keys"}, claims, other),
        "certificate at an address": token_of({**ours, "x5u": "http://127.0.0.1/c", "x5c": ["MIIB"]}, claims, other),
        "key is a path": token_of(
            {**ours, "kid": "../../../../dev/null"}, claims, lambda t: hmac.digest(b"", t, "sha256")
        ),
        "key is a query": token_of({**ours, "kid": "' UNION SELECT 'x' --"}, claims, other),
        "key is a list": token_of({**ours, "kid": [key.kid]}, claims, good),
        "key is a number": token_of({**ours, "kid": 0}, claims, good),
        "critical extension": token_of({**ours, "crit": ["exp"], "exp": 1}, claims, good),
        "unencoded payload": token_of({**ours, "b64": False, "crit": ["b64"]}, claims, good),
        "no algorithm": token_of({"kid": key.kid}, claims, good),
        "algorithm is a list": token_of({**ours, "alg": ["RS256"]}, claims, good),
        "empty signature": token_of(ours, claims, lambda _: b""),
        "signature of zeros": token_of(ours, claims, lambda _: bytes(256)),
        "signature of ones": token_of(ours, claims, lambda _: b"\xff" * 256),
        "the modulus for a signature": token_of(ours, claims, lambda _: modulus),
        "claims are a list": token_of(ours, [claims], good),
        "claims are text": token_of(ours, "x", good),
        "claims are null": token_of(ours, None, good),
    }
    for name in ("none", "None", "NONE", "nOnE", "", "HS256 ", "rs256"):
        made[f"algorithm {name!r}"] = token_of({**ours, "alg": name}, claims, lambda _: b"")
    for name in ("RS384", "RS512", "PS256"):
        made[f"signed by us with {name}"] = token_of({**ours, "alg": name}, claims, rsa_signer(key, name))
        made[f"{name} said to be RS256"] = token_of(ours, claims, rsa_signer(key, name))
    for name, digest in (("HS256", hashlib.sha256), ("HS384", hashlib.sha384), ("HS512", hashlib.sha512)):
        for what, shared in {
            "PEM": pem,
            "PEM without its end": pem.strip(),
            "JSON": der,
            "modulus": modulus,
            "": b"",
        }.items():
            made[f"{name} with our public {what}"] = token_of(
                {**ours, "alg": name}, claims, hmac_signer(shared, digest)
            )
    for member, values in {
        "exp": ("9999999999", None, True, -1, 0, [], {}, "never"),
        "sub": ("", None, 7, ["x"], {"x": 1}, "a\x00b", "' OR 1=1 --", "x" * 5000),
        "aud": ("", None, [], "recto/session", ["other"]),
        "iss": ("", None, "Recto", ["recto", "x"]),
        "nbf": ("x", 10**12, []),
        "iat": ("x", 10**12, {}),
    }.items():
        for value in values:
            made[f"{member} is {str(value)[:20]!r}"] = token_of(ours, {**claims, member: value}, good)
    return made


def test_every_forgery_is_refused_in_the_same_way(using: Using) -> None:
    async def test(access: Access, _: Database) -> None:
        client_id, secret_text = await access.add_client("forged")
        token = (await access.issue(client_id, secret_text)).token
        claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
        key = access._keys.keys[-1]
        assert isinstance(key, RSAKey)
        for name, text in forgeries(key, claims).items():
            for verify in (access.verify, access.verify_session):
                if name.startswith("aud is 'recto/session'") and verify == access.verify_session:
                    continue
                with pytest.raises(InvalidTokenError) as refused:
                    pytest.fail(f"{name} passes for {await verify(text)}")
                assert len(refused.value.message) < 100, name
        assert await access.verify(token) == client_id

    using(test)


def test_a_token_that_was_touched_is_refused(using: Using) -> None:
    async def test(access: Access, _: Database) -> None:
        client_id, secret_text = await access.add_client("touched")
        token = (await access.issue(client_id, secret_text)).token
        head, claims, signature = token.split(".")
        for text in (
            f"{head}.{claims}.{signature}.{signature}",
            f"{head}.{claims}.{signature}\n{signature}",
            f"{claims}.{head}.{signature}",
            f"{head}..{signature}",
            f"{head}{claims}.{signature}",
            f"{head}.{claims}.{signature[::-1]}",
            f"{head}.{claims}.{signature}\x00",
            f"{head[:-1]}.{claims}.{signature}",
            token.replace(".", "%2e"),
            token.upper(),
            token + "A" * 400,
        ):
            with pytest.raises(InvalidTokenError):
                await access.verify(text)
        for place in range(0, len(token), 37):
            touched = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
            with pytest.raises(InvalidTokenError):
                await access.verify(touched)

    using(test)


def test_a_token_is_good_until_its_time_and_not_a_second_longer(using: Using) -> None:
    async def test(access: Access, _: Database) -> None:
        client_id, _secret = await access.add_client("late")
        key = access._keys.keys[-1]
        now = int(time.time())
        for left_s, good in ((600, True), (0, False), (-1, False), (-86400, False)):
            claims = {"iss": "recto", "aud": "recto", "sub": client_id, "iat": now - 7200, "exp": now + left_s}
            text = jwt.encode({"alg": "RS256", "kid": key.kid}, claims, key)
            if good:
                assert await access.verify(text) == client_id
            else:
                with pytest.raises(InvalidTokenError, match="expired"):
                    await access.verify(text)

    using(test)


def test_what_was_good_once_is_of_no_use_after_the_client_is_disabled(using: Using) -> None:
    async def test(access: Access, _: Database) -> None:
        client_id, secret_text = await access.add_client("gone")
        token = (await access.issue(client_id, secret_text)).token
        session = (await access.open_session(client_id, secret_text)).token
        await access.disable(client_id)
        with pytest.raises(InvalidTokenError):
            await access.verify(token)
        with pytest.raises(InvalidTokenError):
            await access.verify_session(session)
        with pytest.raises(InvalidClientError):
            await access.issue(client_id, secret_text)

    using(test)


def test_guessing_by_other_spellings_or_by_sessions_is_counted_too(using: Using) -> None:
    async def test(access: Access, _: Database) -> None:
        client_id, secret_text = await access.add_client("guessed")
        for turn in range(4):
            door = access.issue if turn % 2 else access.open_session
            with pytest.raises(InvalidClientError):
                await door(client_id, f"guess {turn}", "10.0.0.9")
        for door in (access.issue, access.open_session):
            with pytest.raises(TooManyAttemptsError):
                await door(client_id, secret_text, "10.0.0.9")
        for spelling in (
            client_id.upper(),
            f" {client_id}",
            f"{client_id}\n",
            f"{{{client_id}}}",
            client_id.replace("-", ""),
        ):
            with pytest.raises(InvalidClientError):
                await access.issue(spelling, secret_text, "10.0.0.10")

    using(test, wrong_secrets_max=4)


def test_secrets_cannot_be_guessed() -> None:
    made = {new_secret() for _ in range(2000)}
    assert len(made) == 2000
    bits = [int(text, 16) for text in made]
    assert all(len(text) == 64 for text in made)
    ones = [sum(number >> place & 1 for number in bits) / len(bits) for place in range(256)]
    assert all(0.4 < share < 0.6 for share in ones), "every bit is as often one as zero"


def test_secrets_are_compared_in_constant_time_also_for_a_client_that_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[int, int]] = []

    def counting(first: bytes, second: bytes) -> bool:
        compared.append((len(first), len(second)))
        return hmac.compare_digest(first, second)

    class Watched:
        compare_digest = staticmethod(counting)
        new = staticmethod(hmac.new)

    monkeypatch.setattr(secret, "hmac", Watched)
    known = hash_secret("a", "right")
    for tried, found in (("right", known), ("wrong", known), ("right", None), ("", known), ("x" * 10_000, None)):
        secret_matches("a", tried, found)
    assert compared == [(32, 32)] * 5
