"""A PostgreSQL of one's own in the data folder: started, joined, and stopped by the last who uses it.

Reached through a unix socket only. On that socket it trusts whoever can open it, so the rights of the
folder are the protection: nobody but the owner may enter.
"""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import shlex
import shutil
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import psycopg
from psycopg.conninfo import make_conninfo

from recto.database.os_user import PostgresUser, binaries, open_the_way, postgres_user
from recto.errors import DatabaseUnavailableError

log = logging.getLogger(__name__)

NAME = "recto"
_SUPERUSER = "postgres"
_SOCKET = ".s.PGSQL.5432"
_LONGEST_SOCKET_PATH = 100
_LONGEST_LOG_BYTES = 10_000_000
_CONNECTIONS = 300
"""Enough for a dozen processes with ten each; PostgreSQL's own default is 100."""


class EmbeddedServer:
    """The server in ``home/postgres``, shared by every process that uses that home.

    Parameters
    ----------
    home : Path
        The data folder; made, with rights for the owner only, when it is not there.
    start_s : float
        How long to keep trying to start it.

    Notes
    -----
    Two files next to the folder carry the coordination, by locks that the kernel lets go when their owner dies:
    ``postgres.lock`` is held by whoever starts or stops the server, ``postgres.users`` (shared) by every user.
    """

    def __init__(self, home: Path, *, start_s: float = 60.0) -> None:
        self._home = home.expanduser().absolute()
        self._start_s = start_s
        self._data = self._home / "postgres"
        self._users_fd: int | None = None

    @property
    def data(self) -> Path:
        """The folder of the database cluster."""
        return self._data

    @property
    def conninfo(self) -> str:
        """How to connect; holds no secret."""
        return make_conninfo(host=str(self._socket_folder()), user=_SUPERUSER, dbname=NAME)

    def start(self) -> str:
        """Make sure that the server runs and answers; returns the connection string.

        Raises
        ------
        DatabaseUnavailableError
            It does not come up; the message ends with its log's last lines.
        """
        self._make_home()
        with self._lock():
            self._register()
            user = postgres_user()
            if user is not None:
                open_the_way(self._home)
            if not (self._data / "PG_VERSION").exists():
                self._init(user)
            self._start_until_it_answers(user)
            self._create_database()
        return self.conninfo

    def stop(self) -> bool:
        """Stop using the server, and stop it when nobody else does; True when it was stopped now."""
        if self._users_fd is None:
            return False
        with self._lock():
            last = _try_lock(self._users_fd, fcntl.LOCK_EX)
            os.close(self._users_fd)
            self._users_fd = None
            if not last:
                return False
            self._run("pg_ctl", "-w", "-t", "60", "-m", "fast", "-D", str(self._data), "stop", user=postgres_user())
            return True

    def answers(self) -> bool:
        """True when somebody listens on the socket; cheap, and no proof that it can serve."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.settimeout(1.0)
            try:
                probe.connect(str(self._socket_folder() / _SOCKET))
            except OSError:
                return False
        return True

    def trim_log(self) -> None:
        """Keep the server's log to two files of bounded size: ``log``, and ``log.old`` with what came before.

        The server has the file open to append to, so its bytes are moved rather than the file.
        """
        log_file = self._data / "log"
        with suppress(OSError):
            if log_file.stat().st_size <= _LONGEST_LOG_BYTES:
                return
            with self._lock():
                if log_file.stat().st_size > _LONGEST_LOG_BYTES:
                    shutil.copyfile(log_file, self._data / "log.old")
                    os.truncate(log_file, 0)

    def _make_home(self) -> None:
        self._home.mkdir(mode=0o700, parents=True, exist_ok=True)

    def _register(self) -> None:
        if self._users_fd is None:
            fd = os.open(self._home / "postgres.users", os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(fd, fcntl.LOCK_SH)
            self._users_fd = fd

    @contextmanager
    def _lock(self) -> Iterator[None]:
        deadline = time.monotonic() + self._start_s
        fd = os.open(self._home / "postgres.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            while not _try_lock(fd, fcntl.LOCK_EX):
                if time.monotonic() > deadline:
                    raise DatabaseUnavailableError(
                        f"Another process has been starting or stopping the database in {self._data} "
                        f"for more than {self._start_s:g} s."
                    )
                time.sleep(0.02)
            yield
        finally:
            os.close(fd)

    def _init(self, user: PostgresUser | None) -> None:
        """Make the cluster beside its place and move it there, so that a half-made one is never taken for whole."""
        if self._data.exists() and any(self._data.iterdir()):
            raise DatabaseUnavailableError(f"{self._data} is not empty and holds no database; move it away.")
        making = Path(tempfile.mkdtemp(prefix="postgres-new-", dir=self._home))
        if user is not None:
            os.chown(making, user.uid, user.gid)
        making.chmod(0o700)
        arguments = ("--auth=trust", "--encoding=utf8", "--locale=C", "-U", _SUPERUSER, "-D", str(making))
        done = self._run("initdb", *arguments, user=user)
        if done.returncode != 0:
            raise DatabaseUnavailableError(f"initdb failed in {self._home}: {done.stdout.strip()[-500:]}")
        if self._data.exists():
            self._data.rmdir()
        making.rename(self._data)

    def _start_until_it_answers(self, user: PostgresUser | None) -> None:
        """Trust a connection, not a pid file: a dead postmaster may not be reaped yet, or its pid be used again."""
        deadline = time.monotonic() + self._start_s
        why = ""
        while True:
            refused = self._connection_refused()
            if refused is None:
                return
            if time.monotonic() > deadline:
                raise DatabaseUnavailableError(
                    f"The embedded PostgreSQL in {self._data} does not come up: {why or refused}\n{self._log_tail()}"
                )
            if not self._postmaster_lives():
                self._drop_stale_pid_file()
                done = self._run("pg_ctl", *self._start_arguments(user), user=user)
                why = "" if done.returncode == 0 else done.stdout.strip()[-500:]
                if done.returncode == 0:
                    continue
            time.sleep(0.1)

    def _start_arguments(self, user: PostgresUser | None) -> tuple[str, ...]:
        folder = self._socket_folder()
        if folder != self._data:
            folder.mkdir(mode=0o700, exist_ok=True)
            if user is not None and folder.stat().st_uid == os.geteuid():
                os.chown(folder, user.uid, user.gid)
            found = folder.lstat()
            owner = os.geteuid() if user is None else user.uid
            if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or stat.S_IMODE(found.st_mode) != 0o700:
                raise DatabaseUnavailableError(f"{folder} belongs to somebody else or is open to others; remove it.")
        options = (
            f"-c listen_addresses= -c unix_socket_permissions=0700 -c log_checkpoints=off "
            f"-c max_connections={_CONNECTIONS} -k {shlex.quote(str(folder))}"
        )
        log_file = str(self._data / "log")
        return "-w", "-t", "30", "-D", str(self._data), "-o", options, "-l", log_file, "start"

    def _socket_folder(self) -> Path:
        """The cluster's folder, or a short one of our own where the path is too long for a socket."""
        if len(os.fsencode(self._data / _SOCKET)) <= _LONGEST_SOCKET_PATH:
            return self._data
        digest = hashlib.sha256(os.fsencode(self._data)).hexdigest()[:16]
        return Path("/tmp") / f"recto-{os.geteuid()}-{digest}"

    def _connection_refused(self) -> str | None:
        """Why a connection fails, None when it stands."""
        conninfo = make_conninfo(self.conninfo, dbname="postgres", connect_timeout=5)
        try:
            with psycopg.connect(conninfo) as connection:
                connection.execute("SELECT 1")
        except psycopg.Error as error:
            return str(error).strip()
        return None

    def _create_database(self) -> None:
        conninfo = make_conninfo(self.conninfo, dbname="postgres", connect_timeout=5)
        try:
            with psycopg.connect(conninfo, autocommit=True) as connection:
                if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME]).fetchone() is None:
                    connection.execute(f"CREATE DATABASE {NAME}")
        except psycopg.Error as error:
            raise DatabaseUnavailableError(f"The embedded PostgreSQL went away while it started: {error}") from error

    def _postmaster_lives(self) -> bool:
        """True when the pid file names a living server of this very folder."""
        try:
            pid = int((self._data / "postmaster.pid").read_text().splitlines()[0])
            process = psutil.Process(pid)
            return self._is_ours(process)
        except (OSError, ValueError, IndexError, psutil.Error):
            return False

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            return (
                process.name() == "postgres"
                and process.status() not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
                and Path(process.cwd()) == self._data.resolve()
            )
        except psutil.Error:
            return False

    def _drop_stale_pid_file(self) -> None:
        """A pid file whose number now belongs to some other process would keep the server down for ever."""
        if any(self._is_ours(process) for process in psutil.process_iter()):
            return
        with suppress(FileNotFoundError):
            (self._data / "postmaster.pid").unlink()

    def _log_tail(self) -> str:
        try:
            return "\n".join((self._data / "log").read_text(errors="replace").splitlines()[-5:])
        except OSError:
            return ""

    def _run(self, command: str, *arguments: str, user: PostgresUser | None) -> subprocess.CompletedProcess[str]:
        # Its output goes to a file: the server inherits it, and a pipe would stay open as long as the server lives.
        with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
            done = subprocess.run(
                [str(binaries() / command), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",
                check=False,
                user=user.uid if user else None,
                group=user.gid if user else None,
                extra_groups=[] if user else None,
            )
            output.seek(0)
            return subprocess.CompletedProcess(done.args, done.returncode, output.read())


def _try_lock(fd: int, kind: int) -> bool:
    try:
        fcntl.flock(fd, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
