"""The embedded server: started robustly, shared, closed to others, stopped by the last."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from recto.database import EmbeddedServer, embedded
from recto.errors import DatabaseUnavailableError
from tests.postgres import new_home, wipe_home


@pytest.fixture(scope="module")
def cluster() -> Iterator[Path]:
    """A data folder that is made once, because making it is the slow part."""
    home = new_home()
    yield home
    shutil.rmtree(home.parent)


@pytest.fixture
def home(cluster: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The data folder, its server stopped; afterwards every user that a test has made lets go of it."""
    made: list[EmbeddedServer] = []
    make = EmbeddedServer.__init__

    def noted(self: EmbeddedServer, home: Path, *, start_s: float = 60.0) -> None:
        make(self, home, start_s=start_s)
        made.append(self)

    monkeypatch.setattr(EmbeddedServer, "__init__", noted)
    yield cluster
    for server in made:
        server.stop()
    wipe_home(cluster)


def answer(url: str, query: str = "SELECT 1") -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(query).fetchone()  # type: ignore[arg-type]
    return None if row is None else row[0]


def postmaster(server: EmbeddedServer) -> int:
    return int((server.data / "postmaster.pid").read_text().split()[0])


def test_the_last_user_stops_it(home: Path) -> None:
    first, second = EmbeddedServer(home), EmbeddedServer(home)
    assert first.start() == second.start()
    assert not first.stop()
    assert answer(second.conninfo) == 1
    assert second.stop()
    assert not second.answers()
    assert not (second.data / "postmaster.pid").exists()


def test_a_user_that_was_killed_does_not_keep_it_up(home: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from recto.database import EmbeddedServer; "
        "EmbeddedServer(Path(sys.argv[1])).start(); print('up', flush=True); time.sleep(60)"
    )
    other = subprocess.Popen([sys.executable, "-c", script, str(home)], stdout=subprocess.PIPE, text=True)
    assert other.stdout is not None
    assert other.stdout.readline() == "up\n"
    server = EmbeddedServer(home)
    server.start()
    other.send_signal(signal.SIGKILL)
    other.communicate()
    assert server.stop()


def test_only_the_owner_may_enter_and_no_port_is_open(home: Path) -> None:
    server = EmbeddedServer(home)
    url = server.start()
    assert stat.S_IMODE(server.data.stat().st_mode) == 0o700
    assert stat.S_IMODE(home.stat().st_mode) & 0o066 == 0
    assert answer(url, "SHOW listen_addresses") == ""
    assert answer(url, "SHOW fsync") == "on"
    assert not [c for c in psutil.Process(postmaster(server)).net_connections("inet") if c.status == "LISTEN"]
    if os.geteuid() == 0:
        refused = subprocess.run(
            [sys.executable, "-c", f"import os, psycopg; os.setuid(65534); psycopg.connect({url!r})"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Permission denied" in refused.stderr


@pytest.mark.parametrize("pause_s", [0.0, pytest.param(0.3, marks=pytest.mark.slow)])
def test_nothing_is_lost_when_it_is_killed_and_started_at_once(home: Path, pause_s: float) -> None:
    server = EmbeddedServer(home)
    url = server.start()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (n integer)")
        connection.execute("TRUNCATE kept")
        connection.execute("INSERT INTO kept VALUES (42)")
    os.kill(postmaster(server), signal.SIGKILL)
    time.sleep(pause_s)
    assert answer(server.start(), "SELECT n FROM kept") == 42


def test_a_stale_pid_file_that_names_a_living_stranger(home: Path) -> None:
    server = EmbeddedServer(home)
    server.start()
    pid_file = server.data / "postmaster.pid"
    text = pid_file.read_text()
    owner = pid_file.stat()
    server.stop()
    # A process of the server's own user, so that PostgreSQL itself would take it for a living server.
    with subprocess.Popen(["sleep", "60"], user=owner.st_uid if os.geteuid() == 0 else None) as stranger:
        pid_file.write_text("\n".join([str(stranger.pid), *text.splitlines()[1:]]) + "\n")
        os.chown(pid_file, owner.st_uid, owner.st_gid)
        assert answer(server.start()) == 1
        stranger.kill()


def test_a_path_too_long_for_a_socket(own_home: Path) -> None:
    home = own_home.parent / ("long" * 25)
    server = EmbeddedServer(home)
    url = server.start()
    try:
        folder = Path(psycopg.conninfo.conninfo_to_dict(url)["host"])  # type: ignore[arg-type]
        assert folder != server.data
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert answer(url) == 1
    finally:
        server.stop()
    shutil.rmtree(folder)


def test_what_is_no_database_is_left_alone(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "postgres").mkdir(parents=True)
    (home / "postgres" / "letters.txt").write_text("mine")
    with pytest.raises(DatabaseUnavailableError, match="holds no database"):
        EmbeddedServer(home).start()
    assert (home / "postgres" / "letters.txt").read_text() == "mine"


def test_a_server_that_cannot_start_says_why(home: Path) -> None:
    server = EmbeddedServer(home, start_s=0.5)
    server.start()
    server.stop()
    settings = server.data / "postgresql.conf"
    before = settings.read_text()
    settings.write_text(before + "\nshared_buffers = 'a lot'\n")
    with pytest.raises(DatabaseUnavailableError, match="shared_buffers"):
        server.start()
    settings.write_text(before)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can try being somebody else")
def test_it_runs_as_a_normal_user() -> None:
    nobody = pwd.getpwnam("nobody")
    folder = Path(tempfile.mkdtemp(prefix="recto-nobody-"))
    try:
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        script = (
            "import os, pathlib, pwd, stat, tempfile, psycopg; from recto.database import EmbeddedServer; "
            f"psycopg.connect; os.setgroups([]); os.setgid({nobody.pw_gid}); os.setuid({nobody.pw_uid}); "
            f"s = EmbeddedServer(pathlib.Path({str(folder / 'home')!r})); url = s.start(); "
            "print(psycopg.connect(url).execute('SELECT 40 + 2').fetchone(), s.stop())"
        )
        command = [sys.executable, "-W", "ignore", "-c", script]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.stdout == "(42,) True\n", done.stderr
    finally:
        shutil.rmtree(folder)


def test_the_log_does_not_grow_without_end(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "_LONGEST_LOG_BYTES", 20_000)
    server = EmbeddedServer(own_home)
    conninfo = server.start()
    log_file = server.data / "log"

    def complain(times: int) -> None:
        with psycopg.connect(conninfo, autocommit=True) as connection:
            for _ in range(times):
                with pytest.raises(psycopg.Error):
                    connection.execute("SELECT no_such_column")

    complain(10)
    server.trim_log()
    assert not log_file.with_name("log.old").exists()
    for _ in range(3):
        complain(200)
        assert log_file.stat().st_size > 20_000
        server.trim_log()
        assert log_file.stat().st_size == 0
        complain(1)
        assert 0 < log_file.stat().st_blocks * 512 < 20_000, "it is written from its beginning again"
        assert log_file.read_text().startswith("2")
        assert "no_such_column" in log_file.with_name("log.old").read_text()
    assert server.stop()
