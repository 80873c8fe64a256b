"""One POST to one address: a connection of its own, no redirects, a few bytes of the answer read."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from recto.webhooks.address import RefusedAddressError, Target, resolve
from recto.webhooks.config import Network

_MAX_HEAD_BYTES = 16_384
_MAX_INTERIM = 5
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})(?: |\r|$)")
_RETRY_AFTER = re.compile(rb"^retry-after:[ \t]*(\d{1,9})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class Answer:
    """What a receiver said.

    Attributes
    ----------
    status : int or None
        None when it did not answer.
    error : str or None
        Why this is no success.
    retry_after_s : float
        How long it wants to be left alone.
    """

    status: int | None
    error: str | None = None
    retry_after_s: float = 0.0

    @property
    def is_success(self) -> bool:
        return self.error is None

    @property
    def is_absent(self) -> bool:
        """The receiver itself is not well, whatever the message was."""
        return self.status is None or self.status >= 500 or self.status == 429


async def post(
    target: Target,
    headers: Mapping[str, str],
    body: bytes,
    *,
    timeout_s: float,
    allowed: Iterable[Network],
    tls: ssl.SSLContext,
) -> Answer:
    """Send a message; every fault is in the answer."""
    try:
        async with asyncio.timeout(timeout_s):
            addresses = await resolve(target, allowed)
            return await _exchange(target, addresses, _request(target, headers, body), tls)
    except TimeoutError:
        return Answer(None, f"no answer within {timeout_s:g} s")
    except RefusedAddressError as error:
        return Answer(None, str(error))
    except ssl.SSLCertVerificationError as error:
        return Answer(None, f"its certificate is not good: {error.verify_message}")
    except (OSError, EOFError) as error:
        return Answer(None, f"no connection: {getattr(error, 'strerror', None) or type(error).__name__}")
    except asyncio.LimitOverrunError:
        return Answer(None, "the head of its answer is too long")


async def _exchange(target: Target, addresses: list[str], request: bytes, tls: ssl.SSLContext) -> Answer:
    reader, writer = await _connect(target, addresses, tls)
    try:
        writer.write(request)
        await writer.drain()
        for _ in range(_MAX_INTERIM):
            head = await reader.readuntil(b"\r\n\r\n")
            found = _STATUS.match(head)
            if found is None:
                return Answer(None, "its answer is not HTTP")
            if int(found[1]) >= 200:
                return _answer(int(found[1]), head)
        return Answer(None, "its answer does not come to a point")
    finally:
        writer.transport.abort()


async def _connect(
    target: Target, addresses: list[str], tls: ssl.SSLContext
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    fault: OSError = OSError("no address")
    secure, name = (tls, target.host.rstrip(".")) if target.is_tls else (None, None)
    for address in addresses:
        try:
            return await asyncio.open_connection(
                address, target.port, limit=_MAX_HEAD_BYTES, ssl=secure, server_hostname=name
            )
        except OSError as error:
            fault = error
    raise fault


def _request(target: Target, headers: Mapping[str, str], body: bytes) -> bytes:
    lines = [
        f"POST {target.path} HTTP/1.1",
        f"Host: {target.authority}",
        "User-Agent: Recto",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "Connection: close",
        *[f"{name}: {value}" for name, value in headers.items()],
    ]
    return "\r\n".join([*lines, "", ""]).encode("ascii") + body


def _answer(status: int, head: bytes) -> Answer:
    if 200 <= status < 300:
        return Answer(status)
    if 300 <= status < 400:
        return Answer(status, f"it answered {status}; redirects are not followed")
    found = _RETRY_AFTER.search(head)
    return Answer(status, f"it answered {status}", float(found[1]) if found else 0.0)
