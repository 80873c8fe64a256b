"""The least of an HTTP client, so that the client costs little beside the server that is measured."""

from __future__ import annotations

import asyncio
import base64
import json


class Line:
    """One connection that is kept."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def to(cls, address: str) -> Line:
        host, port = address.removeprefix("http://").split(":")
        return cls(*await asyncio.open_connection(host, int(port)))

    def send(self, method: str, path: str, token: str, body: bytes = b"", **headers: str) -> None:
        """Say it and do not wait."""
        said = {"Host": "bench", "Authorization": f"Bearer {token}", "Content-Length": str(len(body))}
        said |= {name.replace("_", "-"): value for name, value in headers.items()}
        head = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in said.items())
        self._writer.write(head.encode() + b"\r\n" + body)

    async def receive(self) -> tuple[int, bytes]:
        """Status and body of the answer."""
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = next(line for line in head.split("\r\n") if line.startswith("content-length:"))
        return int(head.split(" ", 2)[1]), await self._reader.readexactly(int(length.partition(":")[2]))

    async def ask(self, method: str, path: str, token: str, body: bytes = b"", **headers: str) -> bytes:
        """The body of an answer that must be good."""
        self.send(method, path, token, body, **headers)
        status, answer = await self.receive()
        if status >= 300:
            raise RuntimeError(f"{method} {path}: {status} {answer[:300]!r}")
        return answer

    def close(self) -> None:
        self._writer.close()


async def token_of(address: str, client_id: str, secret: str) -> str:
    """A bearer token."""
    line = await Line.to(address)
    form = f"grant_type=client_credentials&client_id={client_id}&client_secret={secret}".encode()
    answer = await line.ask("POST", "/connect/token", "", form, Content_Type="application/x-www-form-urlencoded")
    line.close()
    return str(json.loads(answer)["access_token"])


def order(image: bytes, recipe: list[dict[str, object]]) -> bytes:
    """The body of a native task."""
    return json.dumps({"image": base64.b64encode(image).decode(), "recipe": recipe}).encode()
