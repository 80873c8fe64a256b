"""Client secrets: made here, kept only as a hash.

A secret is 256 random bits and never a person's choice, so there is nothing to guess and a slow hash would
protect nothing. A fast one keeps token calls cheap, which some clients make before every single request.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

_PURPOSE = b"recto-client-secret-v1"


def new_secret() -> str:
    """64 hexadecimal digits."""
    return secrets.token_hex(32)


def hash_secret(client_id: str, secret: str) -> bytes:
    """32 bytes, bound to the client: the same secret of another client has another hash."""
    keyed = hmac.new(_PURPOSE, client_id.encode(), hashlib.sha256).digest()
    return hmac.new(keyed, secret.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()


def secret_matches(client_id: str, secret: str, known: bytes | None) -> bool:
    """Compare in constant time; an unknown client (None) costs the same as a wrong secret."""
    found = hash_secret(client_id, secret)
    return hmac.compare_digest(found, known if known is not None else bytes(32)) and known is not None
