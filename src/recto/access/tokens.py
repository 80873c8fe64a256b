"""Signed tokens: JWT with RS256, nothing else.

References
----------
RFC 7519 (JWT), RFC 8725 (JWT best current practices): the algorithm is the server's choice, never the token's.
"""

from __future__ import annotations

import time
import uuid

from joserfc import jwt
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwk import KeySet, RSAKey
from joserfc.jws import extract_compact

from recto.errors import InvalidTokenError

ALGORITHM = "RS256"
KEY_BITS = 2048
MAX_TOKEN_CHARS = 8192
LEEWAY_S = 30


def new_key() -> RSAKey:
    """A fresh signing key with an id of its own; takes a moment, so not for the event loop."""
    return RSAKey.generate_key(KEY_BITS, {"use": "sig", "alg": ALGORITHM, "kid": uuid.uuid4().hex}, private=True)


def key_from_pem(kid: str, pem: str) -> RSAKey:
    return RSAKey.import_key(pem, {"use": "sig", "alg": ALGORITHM, "kid": kid})


def sign(key: RSAKey, client_id: str, issuer: str, lifetime_s: int, audience: str | None = None) -> str:
    """A token that names the client, says how long it is good for and, other than for the issuer itself, what for."""
    now = int(time.time())
    claims = {
        "iss": issuer,
        "aud": audience or issuer,
        "sub": client_id,
        "client_id": client_id,
        "iat": now,
        "nbf": now,
        "exp": now + lifetime_s,
        "jti": uuid.uuid4().hex,
    }
    return jwt.encode({"alg": ALGORITHM, "kid": key.kid}, claims, key, algorithms=[ALGORITHM])


def verify(token: str, keys: KeySet, issuer: str, audience: str | None = None) -> str:
    """The client id that a token names; it must be for the audience, by default the issuer itself.

    Raises
    ------
    InvalidTokenError
        Not ours, altered, expired, or signed in any other way than RS256 with one of ``keys``.
    """
    if len(token) > MAX_TOKEN_CHARS:
        raise InvalidTokenError("The token is too long.")
    registry = jwt.JWTClaimsRegistry(
        leeway=0,
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": audience or issuer},
        sub={"essential": True},
        exp={"essential": True},
    )
    try:
        decoded = jwt.decode(token, keys, algorithms=[ALGORITHM])
        if not isinstance(decoded.header.get("kid"), str):
            raise InvalidTokenError("The token names no key.")
        not_before = decoded.claims.pop("nbf", None)
        issued_at = decoded.claims.pop("iat", None)
        registry.validate(decoded.claims)
        _check_not_early(not_before, issued_at)
    except ExpiredTokenError:
        raise InvalidTokenError("The token has expired.") from None
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise InvalidTokenError("The token is not valid.") from error
    subject = decoded.claims["sub"]
    if not isinstance(subject, str):
        raise InvalidTokenError("The token names no client.")
    return subject


def key_id(token: str) -> str | None:
    """The key that a token says it is signed with, unverified; None when it says nothing readable."""
    try:
        found = extract_compact(token.encode()).headers().get("kid")
    except (JoseError, ValueError, TypeError):
        return None
    return found if isinstance(found, str) else None


def _check_not_early(*moments: object) -> None:
    """Other servers' clocks may be a little ahead of ours."""
    for moment in moments:
        if moment is None:
            continue
        if not isinstance(moment, int | float) or moment > time.time() + LEEWAY_S:
            raise InvalidTokenError("The token is not valid yet.")
