"""Signatures by which a receiver knows that a message is ours, is whole and is not an old one sent again.

References
----------
Standard Webhooks 1.0, https://github.com/standard-webhooks/standard-webhooks
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets

from recto.errors import RequestError

PREFIX = "whsec_"
MIN_BYTES, MAX_BYTES = 24, 64


def new_secret() -> str:
    """A secret that nobody can guess."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def key_of(secret: str) -> bytes:
    """The key that a secret writes down.

    Raises
    ------
    RequestError
        It is no such secret.
    """
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(PREFIX) or not MIN_BYTES <= len(key) <= MAX_BYTES:
        raise RequestError(f"A webhook's secret is {PREFIX} and {MIN_BYTES} to {MAX_BYTES} bytes in base64.")
    return key


def signed_headers(secret: str, message_id: str, timestamp_s: int, payload: bytes) -> dict[str, str]:
    """The three headers of the scheme."""
    said = f"{message_id}.{timestamp_s}.".encode() + payload
    digest = hmac.new(key_of(secret), said, hashlib.sha256).digest()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp_s),
        "webhook-signature": "v1," + base64.b64encode(digest).decode(),
    }
