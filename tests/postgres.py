"""One embedded PostgreSQL for all tests that take a database of their own from it."""

from __future__ import annotations

import functools
import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from recto.database import EmbeddedServer

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedServer]:
    """A running server; every folder of tests that asks joins the same one, the last stops it."""
    home = _shared_home()
    server = EmbeddedServer(home)
    server.start()
    yield server
    if server.stop():
        shutil.rmtree(home.parent)


@functools.cache
def _shared_home() -> Path:
    return new_home()


@pytest.fixture
def own_home() -> Iterator[Path]:
    """A data folder for a server of the test's own; stopped and removed after it."""
    home = new_home()
    yield home
    wipe_home(home)
    shutil.rmtree(home.parent)


def new_home() -> Path:
    """Outside pytest's folder: run as root, each pytest that starts closes that one to PostgreSQL's own user."""
    return Path(tempfile.mkdtemp(prefix="recto-test-")) / "home"


@pytest.fixture
def database_url(postgres: EmbeddedServer) -> Iterator[str]:
    """An empty database that is dropped after the test."""
    with fresh_database(postgres) as url:
        yield url


@contextmanager
def fresh_database(server: EmbeddedServer) -> Iterator[str]:
    """An empty database of a running server."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    admin = make_conninfo(server.conninfo, dbname="postgres")
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    try:
        yield make_conninfo(server.conninfo, dbname=name)
    finally:
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def rows(url: str, query: str, values: object = None) -> list[tuple[object, ...]]:
    """The rows of a query, asked beside the code under test."""
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(query, values).fetchall()  # type: ignore[arg-type]


def wipe_home(home: Path) -> None:
    """Make sure that no server of this folder is left running."""
    server = EmbeddedServer(home)
    if server.answers():
        server.start()
        server.stop()
