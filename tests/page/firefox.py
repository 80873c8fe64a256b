"""Firefox by its own remote protocol, WebDriver BiDi: no driver beside it, and only as much as the tests say.

References
----------
W3C, WebDriver BiDi; RFC 6455 (WebSocket).
"""

from __future__ import annotations

import base64
import json
import os
import queue
import re
import shutil
import socket
import struct
import subprocess
import threading
import time
from pathlib import Path
from typing import Any, Self

START_S = 180.0
PATIENCE_S = 180.0

_MIDDLE = """selector => {
  const one = document.querySelector(selector);
  one.scrollIntoView({block: 'center'});
  const box = one.getBoundingClientRect();
  return [box.x + box.width / 2, box.y + box.height / 2];
}"""


def firefox() -> str | None:
    """The browser of this machine."""
    found = (shutil.which(name) for name in ("firefox", "firefox-esr"))
    return next((path for path in found if path), None)


class Firefox:
    """A headless browser with one tab.

    Attributes
    ----------
    faults : list of str
        Errors that scripts of the page threw or wrote.
    """

    def __init__(self, path: str, profile: Path) -> None:
        self.faults: list[str] = []
        command = [path, "--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port", "0"]
        environment = {**os.environ, "HOME": str(profile), "MOZ_DISABLE_CONTENT_SANDBOX": "1"}
        self._process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment
        )
        try:
            self._socket = _WebSocket(self._address() + "/session")
            self._ask("session.new", capabilities={})
            self._ask("session.subscribe", events=["log.entryAdded"])
            self._tab = self._ask("browsingContext.getTree")["contexts"][0]["context"]
        except BaseException:
            self.close()
            raise

    def visit(self, address: str) -> None:
        """Go to a page and wait until it is there."""
        self._ask("browsingContext.navigate", context=self._tab, url=address, wait="complete")

    def evaluate(self, expression: str, *values: Any) -> Any:
        """What a JavaScript expression, or a function of the values, comes to."""
        call = f"({expression})(...{json.dumps(values)})" if values else f"({expression})"
        text = f"(async () => JSON.stringify((await {call}) ?? null))()"
        target = {"context": self._tab}
        found = self._ask("script.evaluate", expression=text, target=target, awaitPromise=True)
        if found["type"] != "success":
            raise AssertionError(found["exceptionDetails"]["text"])
        return json.loads(found["result"]["value"])

    def until(self, expression: str) -> None:
        """Wait until an expression is true."""
        deadline = time.monotonic() + PATIENCE_S
        while not self.evaluate(expression):
            assert time.monotonic() < deadline, expression
            time.sleep(0.1)

    def click(self, selector: str) -> None:
        """Press on the middle of an element, as a mouse does."""
        x, y = (round(place) for place in self.evaluate(_MIDDLE, selector))
        presses = [{"type": "pointerMove", "x": x, "y": y}]
        presses += [{"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}]
        self._act({"type": "pointer", "id": "mouse", "actions": presses})

    def press(self, key: str) -> None:
        """One key, as WebDriver writes it."""
        self._act(
            {"type": "key", "id": "keys", "actions": [{"type": kind, "value": key} for kind in ("keyDown", "keyUp")]}
        )

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        if self._process.stderr is not None:
            self._process.stderr.close()
        if hasattr(self, "_socket"):
            self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _act(self, source: dict[str, Any]) -> None:
        self._ask("input.performActions", context=self._tab, actions=[source])

    def _ask(self, method: str, **params: Any) -> Any:
        number = self._socket.send({"method": method, "params": params})
        while True:
            told = self._socket.receive()
            if told.get("method") == "log.entryAdded" and told["params"]["level"] == "error":
                self.faults.append(str(told["params"]["text"]))
            elif told.get("id") == number:
                assert told["type"] == "success", told
                return told["result"]

    def _address(self) -> str:
        """What it says on its standard error, which goes on being read so that it never blocks."""
        said: queue.Queue[str] = queue.Queue()
        threading.Thread(target=_read_lines, args=(self._process.stderr, said), daemon=True).start()
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            try:
                line = said.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                break
            found = re.search(r"WebDriver BiDi listening on (ws://[\w.:\[\]-]+)", line)
            if found:
                return found[1]
        raise AssertionError("Firefox did not start")


class _WebSocket:
    """Text messages in both directions."""

    def __init__(self, address: str) -> None:
        host, port, path = re.fullmatch(r"ws://([^:/]+):(\d+)(/.*)", address).groups()  # type: ignore[union-attr]
        self._socket = socket.create_connection((host, int(port)), timeout=PATIENCE_S)
        self._file = self._socket.makefile("rb")
        self._number = 0
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [f"GET {path} HTTP/1.1", f"Host: {host}:{port}", "Upgrade: websocket", "Connection: Upgrade"]
        lines += [f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13", "", ""]
        self._socket.sendall("\r\n".join(lines).encode())
        assert b" 101 " in self._file.readline()
        while self._file.readline().strip():
            pass

    def send(self, message: dict[str, Any]) -> int:
        """Send a message; its number."""
        self._number += 1
        data = json.dumps({"id": self._number, **message}).encode()
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[k % 4] for k, byte in enumerate(data))
        self._socket.sendall(_head(len(data)) + mask + masked)
        return self._number

    def receive(self) -> Any:
        """The next message."""
        pieces = b""
        while True:
            first, second = self._file.read(2)
            size = second & 0x7F
            if size > 125:
                size = int.from_bytes(self._file.read(2 if size == 126 else 8), "big")
            piece = self._file.read(size)
            if first & 0x0F in (0, 1):  # text and its continuation; pings may go unanswered for so short a talk
                pieces += piece
                if first & 0x80:
                    return json.loads(pieces)

    def close(self) -> None:
        self._file.close()
        self._socket.close()


def _head(size: int) -> bytes:
    """Of a masked text; its length in as few bytes as possible."""
    if size < 126:
        return struct.pack(">BB", 0x81, 0x80 | size)
    return struct.pack(">BBH", 0x81, 0x80 | 126, size) if size < 65536 else struct.pack(">BBQ", 0x81, 0x80 | 127, size)


def _read_lines(stream: Any, said: queue.Queue[str]) -> None:
    try:
        for line in stream:
            said.put(line)
    except ValueError:
        pass
