"""The shared database server, and a receiver on a free port that does as it is told."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from tests.postgres import database_url, postgres

__all__ = ["database_url", "postgres"]


@dataclass(frozen=True)
class Got:
    """A request that came."""

    line: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """Answers by a script, then 204 for ever.

    Attributes
    ----------
    script : list of bytes or None
        Raw answers; None never answers.
    got : list of Got
    """

    port: int = 0
    script: list[bytes | None] = field(default_factory=list)
    got: list[Got] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/recto?from=tests"

    async def has(self, count: int, within_s: float = 30.0) -> list[Got]:
        """What came, once there are so many."""
        await until(lambda: len(self.got) >= count, within_s)
        return self.got

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError, TimeoutError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:-2])}
            body = await reader.readexactly(int(headers["content-length"]))
            said = self.script.pop(0) if self.script else status(204)
            self.got.append(Got(head[0], headers, body))
            if said is None:
                await reader.read()
            else:
                writer.write(said)
                await writer.drain()
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


def status(code: int, *headers: str) -> bytes:
    """An answer without a body."""
    return "\r\n".join([f"HTTP/1.1 {code} So", *headers, "Content-Length: 0", "", ""]).encode()


@asynccontextmanager
async def receiving(*script: bytes | None, tls: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    """A receiver for as long as the block runs."""
    receiver = Receiver(script=list(script))
    server = await asyncio.start_server(receiver.answer, "127.0.0.1", 0, ssl=tls)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()


async def until(is_so: Callable[[], bool], within_s: float = 30.0) -> None:
    async with asyncio.timeout(within_s):
        while not is_so():
            await asyncio.sleep(0.02)
