"""``recto database``: PostgreSQL's own programs on the service's database."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from typing import Annotated

import typer

from recto.database import EmbeddedServer, find_program, libpq_variables
from recto.errors import RectoError
from recto.settings import Settings, read_settings

PROGRAMS = ("psql", "pg_dump", "pg_restore", "pg_basebackup", "pg_isready", "vacuumdb", "reindexdb")


def database(
    context: typer.Context,
    program: Annotated[str, typer.Argument(metavar="PROGRAM", help=", ".join(PROGRAMS))],
) -> None:
    """Run one of PostgreSQL's programs on the service's database; what follows PROGRAM goes to it.

    The embedded PostgreSQL is started when it does not run, and stopped again when nobody else uses it.
    """
    if program not in PROGRAMS:
        typer.echo(f"recto database: PROGRAM is one of {', '.join(PROGRAMS)}, not {program!r}", err=True)
        raise typer.Exit(2)
    try:
        status = _run(read_settings(), program, context.args)
    except RectoError as error:
        typer.echo(f"recto database: {error.message}", err=True)
        raise typer.Exit(1) from None
    raise typer.Exit(status)


def _run(settings: Settings, program: str, arguments: list[str]) -> int:
    found = find_program(program)
    if settings.database.database_url is not None:
        return _call(found, arguments, libpq_variables(settings.database.database_url))
    embedded = EmbeddedServer(settings.home, start_s=settings.database.database_start_s)
    conninfo = embedded.start()
    try:
        return _call(found, arguments, libpq_variables(conninfo))
    finally:
        embedded.stop()


def _call(program: str, arguments: list[str], variables: Mapping[str, str]) -> int:
    return subprocess.run([program, *arguments], env={**os.environ, **variables}, check=False).returncode
