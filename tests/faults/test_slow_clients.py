"""Clients that are slow, wait in crowds or vanish cost the server neither a thread nor a database connection."""

from __future__ import annotations

import resource
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack

import psutil
import pytest

from recto.database import EmbeddedServer
from tests.live import LiveServer, png_of
from tests.pages import text_page
from tests.postgres import rows

PICTURE = png_of(text_page()[:200, :200])
CROWD = 300
FEW_FILES = 200
"""Fewer open files than the crowd has connections: the server asks for more by itself."""


@pytest.fixture(scope="module")
def idle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server without a worker, started where few open files are allowed unless asked for."""
    settings = {"RECTO_WORKER_SLOTS": "0", "RECTO_BODY_TIMEOUT_S": "15"}
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    live = LiveServer(tmp_path_factory.mktemp("idle") / "home", settings)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (FEW_FILES, hard))
        live.start()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    yield live
    assert live.stop() == 0


def costs(server: LiveServer) -> tuple[int, int]:
    """The server's threads, and its connections to the database."""
    assert server.process is not None
    threads = psutil.Process(server.process.pid).num_threads()
    asked = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'recto'"
    ((connections,),) = rows(EmbeddedServer(server.home).conninfo, asked)
    assert isinstance(connections, int)
    return threads, connections


def tcp_connections(server: LiveServer) -> int:
    assert server.process is not None
    found = psutil.Process(server.process.pid).net_connections("tcp")
    return sum(one.status == psutil.CONN_ESTABLISHED for one in found)


def until(condition: object) -> None:
    deadline = time.monotonic() + 60
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.1)


def opened(server: LiveServer, stack: ExitStack, head: str) -> socket.socket:
    """A connection on which so much was said."""
    connection = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=60))
    connection.sendall(head.replace("\n", "\r\n").encode())
    return connection


def whole(connection: socket.socket) -> bytes:
    """Everything that is said on a connection until it is closed."""
    parts = iter(lambda: connection.recv(65536), b"")
    return b"".join(parts)


def test_a_crowd_that_waits_costs_no_thread_and_no_database_connection(idle: LiveServer) -> None:
    token = idle.token()
    ids = [idle.submit("BinarizeImage", PICTURE, token) for _ in range(3)]
    before = costs(idle)
    with ExitStack() as stack:
        for number in range(CROWD):
            path = f"/v5.0/ocr/BinarizeImage?id={ids[number % 3]}"
            head = f"GET {path} HTTP/1.1\nHost: x\nAuthorization: Bearer {token}\nPrefer: wait=50\n\n"
            opened(idle, stack, head)
        until(lambda: tcp_connections(idle) >= CROWD)
        assert idle.submit("BinarizeImage", PICTURE, token), "others are served"
        during = costs(idle)
    assert during[0] <= before[0] + 8, "the event loop's own pool of threads may have grown, not by one for each"
    assert during[1] <= before[1] + 10, "the pool of connections may have grown, not by one for each"
    until(lambda: tcp_connections(idle) == 0)  # they have all vanished, in the middle of their wait
    assert idle.ask("GET", "/health/live").status == 200
    assert "Traceback" not in idle.log


def test_slow_uploads_hold_up_nobody_and_end(idle: LiveServer) -> None:
    token = idle.token()
    before = costs(idle)
    head = (
        "POST /v5.0/ocr/BinarizeImage HTTP/1.1\nHost: x\nContent-Type: application/json\n"
        f"Authorization: Bearer {token}\nContent-Length: 100000\n\n"
    )
    with ExitStack() as stack:
        slow = [opened(idle, stack, head + '{"image": "') for _ in range(60)]
        for connection in slow[40:]:
            connection.close()  # these vanish in the middle
        for _ in range(3):
            for connection in slow[:40]:
                connection.sendall(b"A")
            assert idle.submit("BinarizeImage", PICTURE, token), "others are served"
        assert costs(idle)[0] <= before[0] + 8
        answers = [whole(connection) for connection in slow[:40]]
    assert all(answer.startswith(b"HTTP/1.1 408 ") for answer in answers)
    assert all(b"longer than 15 s" in answer for answer in answers)
    until(lambda: tcp_connections(idle) == 0)
    assert "Traceback" not in idle.log
