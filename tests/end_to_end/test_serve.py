"""``recto serve`` as a process: what it prints, how it starts again, how it stops, and what it never loses."""

from __future__ import annotations

import contextlib
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from tests.live import LiveServer, png_of, wait_for_requests
from tests.pages import text_page

PICTURE = png_of(text_page(300, 240, angle_deg=1.5))


def recto(server: LiveServer, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "recto", *arguments],
        env=server.environment() | settings,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def test_the_first_start_prints_a_client_and_the_address(server: LiveServer) -> None:
    assert [line.split(":")[0] for line in server.lines] == ["client_id", "client_secret", "listening on http"]
    assert re.fullmatch(r"client_id: [0-9a-f-]{36}", server.lines[0])
    assert re.fullmatch(r"client_secret: \S{43,}", server.lines[1])
    assert re.fullmatch(r"listening on http://127\.0\.0\.1:\d+", server.lines[2])


def test_nobody_else_may_look_into_the_data_folder_of_the_database(server: LiveServer) -> None:
    assert (server.home / "postgres").stat().st_mode & 0o077 == 0


def test_clients_are_added_listed_and_disabled(server: LiveServer) -> None:
    client_id, secret = server.add_client("a scanner")
    token = server.token(client_id, secret)
    listed = recto(server, "client", "list")
    (line,) = [line for line in listed.stdout.splitlines() if client_id in line]
    assert "enabled" in line
    assert line.endswith("a scanner")
    assert secret not in listed.stdout
    disabled = recto(server, "client", "disable", client_id)
    assert (disabled.returncode, client_id in disabled.stdout) == (0, True)
    refused = server.ask(
        "POST", "/connect/token", f"grant_type=client_credentials&client_id={client_id}&client_secret={secret}"
    )
    assert (refused.status, refused.json["error"]) == (400, "invalid_client")
    headers = {"Authorization": f"Bearer {token}"}
    deadline = time.monotonic() + 30
    while server.ask("GET", "/v5.0/ocr/DeskewImage?id=x", headers=headers).status != 401:
        assert time.monotonic() < deadline
    assert recto(server, "client", "disable", "nobody").returncode == 1


def certificate(folder: Path, name: str) -> dict[str, str]:
    """A certificate that signs itself, as the settings that serve it."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "api.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "api.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return {"RECTO_TLS_CERT": str(folder / "api.pem"), "RECTO_TLS_KEY": str(folder / "api.key")}


def test_a_second_server_joins_the_data_folder_and_can_be_the_vendor_to_its_clients(
    server: LiveServer, token: str, tmp_path: Path
) -> None:
    """Transparent mode: https under the vendor's name, with the first server's clients, tokens and tasks."""
    task_id = server.submit("BinarizeImage", PICTURE, token)
    settings = certificate(tmp_path, "api.aspose.cloud")
    second = LiveServer(server.home, {**settings, "RECTO_WORKER_SLOTS": "0"}).start()
    try:
        assert second.lines[-1].startswith("listening on https://127.0.0.1:")
        assert second.client_secret == ""
        trusting = ssl.create_default_context(cafile=settings["RECTO_TLS_CERT"])
        plain = socket.create_connection(("127.0.0.1", second.port), timeout=60)
        with trusting.wrap_socket(plain, server_hostname="api.aspose.cloud") as connection:
            request = f"GET /v5.0/ocr/BinarizeImage?id={task_id} HTTP/1.1\r\nHost: api.aspose.cloud\r\n"
            connection.sendall(f"{request}Authorization: Bearer {token}\r\nConnection: close\r\n\r\n".encode())
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        assert b'"taskStatus":"Completed"' in answer
    finally:
        assert second.stop() == 0
    assert server.ask("GET", "/health/ready").status == 200


def test_a_taken_port_is_said_plainly(server: LiveServer) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = recto(server, "serve", RECTO_PORT=str(port))
    assert done.returncode == 1
    assert f"Cannot listen on 127.0.0.1 port {port}" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_bad_setting_is_said_plainly(server: LiveServer) -> None:
    done = recto(server, "serve", RECTO_LONG_POLL_S="soon")
    assert done.returncode == 1
    assert "RECTO_LONG_POLL_S" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture
def own(tmp_path: Path) -> LiveServer:
    """A server for one test alone."""
    return LiveServer(tmp_path / "home", {"RECTO_SWEEP_EVERY_S": "0.5", "RECTO_STALLED_AFTER_S": "3"})


def still_there(home: Path) -> list[str]:
    """Processes that have something of this data folder in their command line or environment."""
    found = []
    for process in psutil.process_iter():
        try:
            if str(home) in " ".join(process.cmdline()) or process.environ().get("RECTO_HOME") == str(home):
                found.append(" ".join(process.cmdline()))
        except psutil.Error:
            continue
    return found


def nobody_is_left(home: Path) -> bool:
    """Whether all of them are gone; PostgreSQL says that it has ended a moment before its process has."""
    deadline = time.monotonic() + 10
    while (left := still_there(home)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left == []
    return True


def test_it_stops_cleanly_starts_again_and_loses_nothing_to_kill_9(own: LiveServer) -> None:
    """One data folder through its whole life: start, kill -9 with accepted tasks, start, Ctrl-C, start, SIGTERM."""
    own.start()
    client_id = own.client_id
    token = own.token()
    accepted = [own.submit("BinarizeImage", PICTURE, token) for _ in range(6)]
    own.kill()
    deadline = time.monotonic() + 60
    while any("worker" in line for line in still_there(own.home)):
        assert time.monotonic() < deadline, "the worker did not end with its server"
        time.sleep(0.2)

    own.start()
    assert own.lines[:-1] == ["clients exist already; make another with: recto client add NAME"]
    assert own.client_id == client_id
    for task_id in accepted:  # with the old token: the signing key is still the same
        told = own.result("BinarizeImage", task_id, token)
        assert (told["taskStatus"], told["responseStatusCode"]) == ("Completed", "Ok")
    late = [own.submit("DeskewImage", PICTURE, token) for _ in range(2)]
    assert own.stop(signal.SIGINT) == 0
    assert nobody_is_left(own.home)

    own.start()
    for task_id in late:
        assert own.result("DeskewImage", task_id, token)["taskStatus"] == "Completed"
    assert own.stop(signal.SIGTERM) == 0
    assert nobody_is_left(own.home)
    assert "Traceback" not in own.log


@pytest.fixture(scope="module")
def idle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server without a worker, whose tasks stay open and whose patience is short."""
    settings = {"RECTO_WORKER_SLOTS": "0", "RECTO_CLIENT_PATIENCE_S": "0.5"}
    live = LiveServer(tmp_path_factory.mktemp("idle") / "home", settings).start()
    yield live
    if live.process is not None and live.process.poll() is None:
        assert live.stop() == 0


def test_a_connection_that_says_nothing_is_closed(idle: LiveServer) -> None:
    with socket.create_connection(("127.0.0.1", idle.port), timeout=60) as connection:
        connection.sendall(b"GET /health/live HT")
        with contextlib.suppress(ConnectionResetError):
            assert connection.recv(1000) == b""


def test_a_client_that_takes_no_answer_is_let_go(idle: LiveServer) -> None:
    """Four hundred documents asked for and none of them read: the server keeps neither them nor the connection."""
    ask = b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n"
    assert idle.process is not None
    server = psutil.Process(idle.process.pid)
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", idle.port))
        port = connection.getsockname()[1]
        connection.sendall(ask * 400)
        deadline = time.monotonic() + 60
        while any(one.raddr and one.raddr.port == port for one in server.net_connections("tcp")):
            assert time.monotonic() < deadline, "the connection is still held"
            time.sleep(0.1)
    assert idle.ask("GET", "/health/live").status == 200


def test_a_stop_answers_those_who_wait(idle: LiveServer) -> None:
    """Last of its module's server: a held GET is answered with what there is, and the exit is clean."""
    token = idle.token()
    task_id = idle.submit("DeskewImage", PICTURE, token)
    headers = {"Authorization": f"Bearer {token}"}
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(idle.ask, "GET", f"/v5.0/ocr/DeskewImage?id={task_id}", None, headers)
        wait_for_requests(idle, 1)
        assert idle.stop() == 0
        told = waiting.result().json
    assert (told["taskStatus"], told["responseStatusCode"]) == ("Pending", "NotReady")
    assert nobody_is_left(idle.home)


def test_a_killed_worker_is_started_again(own: LiveServer) -> None:
    own.start()
    try:
        token = own.token()
        assert own.process is not None
        (worker,) = [child for child in psutil.Process(own.process.pid).children() if child.cmdline()[-1] == "worker"]
        accepted = [own.submit("BinarizeImage", PICTURE, token) for _ in range(3)]
        worker.kill()
        for task_id in accepted:
            assert own.result("BinarizeImage", task_id, token)["taskStatus"] == "Completed"
    finally:
        assert own.stop() == 0


@pytest.mark.slow
def test_a_stop_during_the_start_is_clean_too(own: LiveServer) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "recto", "serve"],
        env=own.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while not (own.home / "postgres.lock").exists() and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=90)
    assert process.returncode == 0, said
    assert "Traceback" not in said
    assert nobody_is_left(own.home)
