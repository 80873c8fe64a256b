"""Bytes on a connection that are no honest HTTP, and how to say them."""

from __future__ import annotations

import http.client
import io
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

LISTEN_S = 20.0
SMUGGLED = "/health/live"
"""Whoever gets an answer to this has had a second request taken out of the body of a first."""


@dataclass(frozen=True)
class BadBytes:
    """What is sent."""

    name: str
    data: bytes


class _Held(io.BytesIO):
    """A file in memory that looks like a socket to http.client."""

    def makefile(self, *_: object, **__: object) -> _Held:
        return self

    def close(self) -> None:
        """Keep it: the next answer is behind this one."""


@dataclass(frozen=True)
class RawAnswer:
    status: int
    headers: dict[str, str]
    body: bytes


def say(port: int, data: bytes, *, shut: bool = True) -> list[RawAnswer]:
    """Send the bytes, and no more; every answer that comes until the server closes or falls silent."""
    with socket.create_connection(("127.0.0.1", port), timeout=LISTEN_S) as connection:
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(data)
        if shut:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_WR)
        got = b""
        with suppress(ConnectionResetError):
            while part := connection.recv(65536):
                got += part
    return list(_answers(got))


def _answers(got: bytes) -> Iterator[RawAnswer]:
    held = _Held(got)
    while held.tell() < len(got):
        answer = http.client.HTTPResponse(held)  # type: ignore[arg-type]
        try:
            answer.begin()
        except http.client.HTTPException:
            return
        yield RawAnswer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())


def smuggling(token: str) -> Iterator[BadBytes]:
    """Requests that two readers could divide in two ways, and such as are none."""
    who = f"Host: x\r\nAuthorization: Bearer {token}\r\n"
    post = f"POST /v5.0/ocr/DeskewImage HTTP/1.1\r\n{who}Content-Type: application/json\r\n"
    get = f"GET {SMUGGLED} HTTP/1.1\r\nHost: x\r\n\r\n"
    hidden = f"0\r\n\r\n{get}"
    length = len(hidden)
    heads = {
        "length and chunked": f"Content-Length: {length}\r\nTransfer-Encoding: chunked\r\n",
        "chunked and length": f"Transfer-Encoding: chunked\r\nContent-Length: {length}\r\n",
        "two lengths": f"Content-Length: {length}\r\nContent-Length: 5\r\n",
        "two lengths in one": f"Content-Length: {length}, 5\r\n",
        "negative length": "Content-Length: -1\r\n",
        "signed length": f"Content-Length: +{length}\r\n",
        "hexadecimal length": f"Content-Length: 0x{length:x}\r\n",
        "length with an underscore": "Content-Length: 1_0\r\n",
        "length in other digits": "Content-Length: \u0663\r\n",
        "absurd length": f"Content-Length: {'9' * 400}\r\n",
        "fraction of a length": "Content-Length: 5.0\r\n",
        "length behind a tab": f"Content-Length:\t{length}\r\nTransfer-Encoding : chunked\r\n",
        "chunked, spelled another way": f"Content-Length: {length}\r\nTransfer-Encoding: xchunked\r\n",
        "chunked behind a line": f"Content-Length: {length}\r\nTransfer-Encoding:\r\n chunked\r\n",
        "chunked twice": "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "chunked and identity": "Transfer-Encoding: chunked, identity\r\n",
        "chunked with a vertical tab": f"Content-Length: {length}\r\nTransfer-Encoding: \x0bchunked\r\n",
        "chunked by another name": f"Content-Length: {length}\r\nTransfer_Encoding: chunked\r\n",
        "a NUL in a name": "X\x00Y: z\r\nContent-Length: 0\r\n",
        "a NUL in a value": "X: a\x00b\r\nContent-Length: 0\r\n",
        "a return in a value": "X: a\rContent-Length: 9\r\nContent-Length: 0\r\n",
        "a space before the colon": f"Content-Length : {length}\r\n",
        "a line without a colon": "nonsense\r\nContent-Length: 0\r\n",
        "a folded line": "X: a\r\n b\r\nContent-Length: 0\r\n",
        "an empty name": ": x\r\nContent-Length: 0\r\n",
        "a header of 100 kB": f"X: {'a' * 100_000}\r\n",
        "5,000 headers": "X: y\r\n" * 5000,
        "two hosts": "Host: y\r\nContent-Length: 0\r\n",
    }
    for name, head in heads.items():
        yield BadBytes(name, f"{post}{head}\r\n{hidden}".encode())
    chunked = f"{post}Transfer-Encoding: chunked\r\n\r\n"
    for name, body in {
        "chunk of a negative size": "-1\r\n",
        "chunk of an absurd size": f"{'f' * 40}\r\n",
        "chunk of 0x size": "0x5\r\nabcde\r\n",
        "chunk of a size with an underscore": "1_0\r\n",
        "chunk that is longer than it says": f"3\r\nabcdef\r\n{hidden}",
        "chunk extension of 100 kB": f"1;{'a' * 100_000}\r\nx\r\n0\r\n\r\n",
        "chunk with bare line feeds": f"1\nx\n{hidden}",
        "chunk extension with a line feed": f"1;a\nb\r\nx\r\n{hidden}",
        "trailers without end": "0\r\n" + "X: y\r\n" * 5000,
        "trailer that is a length": "0\r\nContent-Length: 50\r\n\r\n",
        "no last chunk": "5\r\nabcde\r\n",
    }.items():
        yield BadBytes(name, (chunked + body).encode())
    one = "HTTP/1.1\r\nHost: x\r\n"
    for name, text in {
        "no request": "\r\n" * 1000,
        "noise": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        "HTTP/0.9": "GET /health/live\r\n",
        "HTTP/2 preface": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "HTTP/9.9": "GET / HTTP/9.9\r\nHost: x\r\n\r\n",
        "no version": "GET / \r\nHost: x\r\n\r\n",
        "no host": "GET / HTTP/1.1\r\n\r\n",
        "half a request": "GET /v1/tasks HTTP/1.1\r\nHost: x\r\n",
        "space in the path": "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n",
        "path of 100 kB": f"GET /{'a' * 100_000} HTTP/1.1\r\nHost: x\r\n\r\n",
        "path with a NUL": "GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
        "path with raw letters": "GET /\u00fc\u0131 HTTP/1.1\r\nHost: x\r\n\r\n",
        "no path": "GET  HTTP/1.1\r\nHost: x\r\n\r\n",
        "method of 10 kB": f"{'A' * 10_000} / HTTP/1.1\r\nHost: x\r\n\r\n",
        "method of signs": "G@T / HTTP/1.1\r\nHost: x\r\n\r\n",
        "unknown method": "HACK /v1/tasks HTTP/1.1\r\nHost: x\r\n\r\n",
        "TRACE": "TRACE / HTTP/1.1\r\nHost: x\r\nCookie: secret=1\r\n\r\n",
        "CONNECT": "CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: x\r\n\r\n",
        "whole address": "GET http://127.0.0.1:22/v1/tasks HTTP/1.1\r\nHost: x\r\n\r\n",
        "asterisk": "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
        "bare line feeds": "GET /v1/tasks HTTP/1.1\nHost: x\n\n",
        "upgrade": f"GET /v1/events {one}Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        "upgrade to HTTP/2": f"GET /v1/tasks {one}Upgrade: h2c\r\nConnection: Upgrade\r\nHTTP2-Settings: AA\r\n\r\n",
        "expectation of nonsense": f"POST /connect/token {one}Expect: 200-ok\r\nContent-Length: 0\r\n\r\n",
        "forwarded by nobody": f"POST /session/local {one}X-Forwarded-For: 127.0.0.1\r\nContent-Length: 0\r\n\r\n",
        "range without end": f"GET /v1/tasks {one}Range: bytes={'0-,' * 5000}\r\n\r\n",
    }.items():
        yield BadBytes(name, text.encode("latin-1", "replace") if name != "path with raw letters" else text.encode())
