"""``recto worker``: takes tasks and does them."""

from __future__ import annotations

import asyncio

import typer

from recto.bootstrap import configure_logging, work
from recto.errors import RectoError
from recto.settings import read_settings


def worker() -> None:
    """Run a worker: it takes tasks from the queue and does each in a process of its own.

    Settings come from RECTO_… variables and the file that RECTO_CONFIG names; docs/service.md lists them.
    """
    try:
        settings = read_settings()
        configure_logging(settings)
        asyncio.run(work(settings))
    except RectoError as error:
        typer.echo(f"recto worker: {error.message}", err=True)
        raise typer.Exit(1) from None
