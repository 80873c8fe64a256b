"""The service from outside: a real server process with its own database, and clients over HTTP."""

from __future__ import annotations

import base64
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx
import numpy as np
import psutil

from lab.benchmarks.house.filters import a4_pages, spread
from recto import codec
from recto.raster import Page
from tests.pages import text_page


@contextmanager
def server(slots: int = 2) -> Iterator[tuple[httpx.Client, psutil.Process]]:
    """A server in a folder of its own, an authorised client of it, and its process."""
    with tempfile.TemporaryDirectory(prefix="recto-bench-") as home, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        environment = {
            **os.environ,
            "RECTO_HOME": home,
            "RECTO_PORT": str(port),
            "RECTO_WORKER_SLOTS": str(slots),
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "recto", "serve"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            yield _client(process, port), psutil.Process(process.pid)
        finally:
            process.terminate()
            process.wait(60)


def _client(process: subprocess.Popen[str], port: int) -> httpx.Client:
    printed: dict[str, str] = {}
    assert process.stdout is not None
    for line in process.stdout:
        if found := re.match(r"(client_id|client_secret): (\S+)", line):
            printed[found[1]] = found[2]
        if line.startswith("listening on"):
            break
    base = f"http://127.0.0.1:{port}"
    form = {"grant_type": "client_credentials", **printed}
    token = httpx.post(f"{base}/connect/token", data=form).json()["access_token"]
    limits = httpx.Limits(max_connections=64)
    return httpx.Client(base_url=base, headers={"Authorization": f"Bearer {token}"}, timeout=120, limits=limits)


def _submit(client: httpx.Client, operation: str, image: str) -> tuple[str, float]:
    started = time.perf_counter()
    answer = client.post(f"/v5.0/ocr/{operation}", json={"image": image})
    answer.raise_for_status()
    return answer.text, (time.perf_counter() - started) * 1000


def _finished(client: httpx.Client, operation: str, task: str) -> None:
    while True:
        answer = client.get(f"/v5.0/ocr/{operation}", params={"id": task}).json()
        if answer["taskStatus"] not in ("Pending", "Processing"):
            assert answer["taskStatus"] == "Completed", answer
            return


def measure_service(tasks: int) -> dict[str, Any]:
    """Round trips of one A4 page, then many small pages from eight clients at once."""
    large = base64.b64encode(codec.encode_png(a4_pages()["grey"])).decode()
    small = base64.b64encode(codec.encode_png(Page.of(text_page(400, 300, text_px=12)))).decode()
    found: dict[str, Any] = {}
    with server(slots=2) as (client, process):
        for operation in ("BinarizeImage", "DeskewImage", "DewarpImage", "UpscaleImage"):
            trips = []
            for _ in range(4):
                started = time.perf_counter()
                _finished(client, operation, _submit(client, operation, large)[0])
                trips.append((time.perf_counter() - started) * 1000)
            found[f"{operation}, A4 grey at 300 dpi, submit to result over HTTP, ms"] = spread(trips[1:])["median_ms"]
        started = time.perf_counter()
        with ThreadPoolExecutor(8) as clients:
            sent = list(clients.map(lambda _: _submit(client, "DeskewImage", small), range(tasks)))
            found["submits per second, 8 at once"] = round(tasks / (time.perf_counter() - started), 1)
            list(clients.map(lambda one: _finished(client, "DeskewImage", one[0]), sent))
        found["small tasks per second, 2 slots, submit to last result"] = round(
            tasks / (time.perf_counter() - started), 1
        )
        latency = [ms for _, ms in sent]
        found["submit p50 / p99 under that load, ms"] = " / ".join(f"{np.percentile(latency, q):.0f}" for q in (50, 99))
        everything = [process, *process.children(recursive=True)]
        found["memory of server, worker, children and database at the end, MB (RSS, shared pages counted each)"] = (
            round(sum(p.memory_info().rss for p in everything if p.is_running()) / 2**20)
        )
        found["memory of the API process, MB"] = round(process.memory_info().rss / 2**20)
    return found
