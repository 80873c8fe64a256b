"""An S3 server (moto's) behind a door that can be shut."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request

BUCKET = "pages"


class Bucket:
    """The server, and a port of ours before it through which everybody goes."""

    def __init__(self) -> None:
        self._behind = _free_port()
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self._behind)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._door: asyncio.Server | None = None
        self._through: set[asyncio.Task[None]] = set()
        self._open = True
        self.port = 0

    async def start(self) -> None:
        """Returns when the bucket is there."""
        url = f"http://127.0.0.1:{self._behind}/{BUCKET}"
        while True:
            try:
                await asyncio.to_thread(_put, url)
                break
            except (urllib.error.URLError, ConnectionError):
                assert self._process.poll() is None
                await asyncio.sleep(0.1)
        self._door = await asyncio.start_server(self._let_through, "127.0.0.1", 0)
        self.port = self._door.sockets[0].getsockname()[1]

    def environment(self) -> dict[str, str]:
        """What the service is told of it."""
        return {
            "RECTO_BLOBS": f"s3://{BUCKET}/blobs",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}",
            "AWS_ENDPOINT": f"http://127.0.0.1:{self.port}",
            "AWS_ALLOW_HTTP": "true",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
        }

    def shut(self) -> None:
        """Cut every connection and take no new one."""
        self._open = False
        for task in self._through:
            task.cancel()

    def reopen(self) -> None:
        self._open = True

    def freeze(self) -> None:
        """Connections are taken, and nothing comes back."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    async def close(self) -> None:
        if self._door is not None:
            self._door.close()
        self.shut()
        self._process.kill()
        self._process.wait()

    async def _let_through(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._through.add(task)
        try:
            if self._open:
                there, back = await asyncio.open_connection("127.0.0.1", self._behind)
                try:
                    await asyncio.gather(_pour(reader, back), _pour(there, writer))
                finally:
                    back.close()
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self._through.discard(task)
            writer.transport.abort()


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    with contextlib.suppress(OSError):
        writer.write_eof()


def _put(url: str) -> None:
    urllib.request.urlopen(urllib.request.Request(url, method="PUT"), timeout=5).close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
