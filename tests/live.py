"""A real ``recto serve`` process on a free port, and a small client for it."""

from __future__ import annotations

import base64
import http.client
import io
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
import urllib.parse
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

START_S = 90.0
STOP_S = 60.0


def png_of(samples: NDArray[np.uint8]) -> bytes:
    """A grey or colour page as PNG."""
    out = io.BytesIO()
    Image.fromarray(samples).save(out, "PNG")
    return out.getvalue()


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class LiveServer:
    """One server process with a data folder of its own.

    Attributes
    ----------
    home : Path
    settings : dict
        Environment variables on top of the defaults for tests.
    """

    home: Path
    settings: dict[str, str] = field(default_factory=dict)
    client_id: str = ""
    client_secret: str = ""
    port: int = 0
    lines: list[str] = field(default_factory=list)
    process: subprocess.Popen[str] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """Everything it wrote to standard error, in all its lives."""
        return (self.home.parent / f"{self.home.name}.log").read_text()

    def environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("RECTO_")}
        fixed = {"RECTO_HOME": str(self.home), "RECTO_PORT": "0", "OMP_NUM_THREADS": "1", "RECTO_WORKER_SLOTS": "1"}
        fixed["RECTO_CHECK_TIMEOUT_S"] = "60"  # on a busy machine a file would be accepted unseen
        fixed["RECTO_PROGRESS_EVERY_S"] = "0.05"
        return {**kept, **fixed, **self.settings}

    def start(self) -> LiveServer:
        """Start and wait until it says that it listens."""
        with (self.home.parent / f"{self.home.name}.log").open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "recto", "serve"],
                env=self.environment(),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        said: queue.Queue[str] = queue.Queue()
        threading.Thread(target=_read_lines, args=(self.process.stdout, said), daemon=True).start()
        self.lines = []
        deadline = time.monotonic() + START_S
        while not any(line.startswith("listening on ") for line in self.lines):
            try:
                line = said.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                line = ""
            if not line:
                self.kill()
                raise AssertionError(f"the server did not start: {self.lines} {self.log[-3000:]}")
            self.lines.append(line.rstrip("\n"))
        for line in self.lines:
            name, _, value = line.partition(": ")
            if name in ("client_id", "client_secret"):
                setattr(self, name, value)
            if line.startswith("listening on "):
                self.port = int(line.rpartition(":")[2])
        return self

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Ask it to stop; its exit status."""
        assert self.process is not None
        self.process.send_signal(number)
        return self._wait()

    def kill(self) -> None:
        """``kill -9`` of the server alone."""
        assert self.process is not None
        self.process.kill()
        self._wait()

    def _wait(self) -> int:
        assert self.process is not None
        status = self.process.wait(STOP_S)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return status

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | str | None = None,
        headers: dict[str, str] | None = None,
        timeout_s: float = 60.0,
    ) -> Answer:
        """One request, exactly as given."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout_s)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def token(self, client_id: str = "", secret: str = "") -> str:
        """A token, by default of the first client."""
        form = {
            "grant_type": "client_credentials",
            "client_id": client_id or self.client_id,
            "client_secret": secret or self.client_secret,
        }
        answer = self.ask(
            "POST",
            "/connect/token",
            urllib.parse.urlencode(form),
            {"Content-Type": "application/x-www-form-urlencoded"},
        )
        assert answer.status == 200, answer.text
        return str(answer.json["access_token"])

    def add_client(self, name: str) -> tuple[str, str]:
        """Another client, made while the server runs: its id and secret."""
        done = subprocess.run(
            [sys.executable, "-m", "recto", "client", "add", name],
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=START_S,
            check=True,
        )
        said = dict(line.split(": ") for line in done.stdout.splitlines())
        return said["client_id"], said["client_secret"]

    def submit(self, operation: str, image: bytes, token: str) -> str:
        """The id of a new task."""
        body = json.dumps({"image": base64.b64encode(image).decode()})
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        answer = self.ask("POST", f"/v5.0/ocr/{operation}", body, headers)
        assert answer.status == 200, answer.text
        return answer.text

    def result(self, operation: str, task_id: str, token: str, within_s: float = 60.0) -> Any:
        """The answer once the task is no longer open."""
        deadline = time.monotonic() + within_s
        while True:
            answer = self.ask(
                "GET", f"/v5.0/ocr/{operation}?id={task_id}", headers={"Authorization": f"Bearer {token}"}
            )
            assert answer.status == 200, answer.text
            if answer.json["taskStatus"] not in ("Pending", "Processing") or time.monotonic() > deadline:
                return answer.json


def wait_for_requests(server: LiveServer, count: int) -> None:
    """Wait until a server has so many requests in progress, beside the one that asks for it."""
    deadline = time.monotonic() + 60
    while f"\nrecto_http_in_progress {count + 1:.1f}\n" not in server.ask("GET", "/metrics").text:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _read_lines(stream: Any, said: queue.Queue[str]) -> None:
    try:
        for line in stream:
            said.put(line)
    except ValueError:
        pass
    said.put("")
