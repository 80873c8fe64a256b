"""One embedded PostgreSQL for all tests that take a database of their own from it."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from recto.database import EmbeddedServer

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """A running server; every folder of tests that asks joins the same one, the last stops it."""
    server = EmbeddedServer(tmp_path_factory.getbasetemp() / "postgres-home")
    server.start()
    yield server
    server.stop()


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
