"""``recto serve``: the service."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

import typer

from recto.bootstrap import configure_logging, open_house
from recto.cli.worker_process import WorkerProcess
from recto.errors import RectoError
from recto.settings import Settings, read_settings, unknown_variables
from recto.web.server import Server, address_of, check_tls, listen

if sys.platform != "win32":
    import resource

MOST_FILES = 65_536

WORKER_MARGIN_S = 10.0
"""On top of what the worker itself takes to drain, before it is killed."""

_log = logging.getLogger("recto.serve")


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on (RECTO_HOST).")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on, 0 for a free one (RECTO_PORT).")] = None,
    home: Annotated[Path | None, typer.Option(help="The data folder (RECTO_HOME).")] = None,
    worker: Annotated[bool, typer.Option(help="Run a worker beside the server.")] = True,
) -> None:
    """Run the service: the compatible API, and a worker beside it.

    Settings come from RECTO_… variables and the file that RECTO_CONFIG names; docs/service.md lists them.
    """
    overrides = {"host": host, "port": port, "home": home}
    try:
        settings = read_settings(overrides=overrides)
        configure_logging(settings)
        asyncio.run(_serve(settings, worker=worker and settings.service.slots > 0))
    except RectoError as error:
        typer.echo(f"recto serve: {error.message}", err=True)
        raise typer.Exit(1) from None


async def _serve(settings: Settings, *, worker: bool) -> None:
    for said in unknown_variables():
        _log.warning(said)
    _allow_many_connections()
    signals = _Signals()
    check_tls(settings.server.tls_cert, settings.server.tls_key)
    listening = listen(settings.server.host, settings.server.port)
    try:
        async with open_house(settings) as house:
            house.service.early_look.warm()
            _introduce(await house.access.add_first_client())
            beside = WorkerProcess(
                _worker_environment(settings, os.environ), settings.service.drain_s + WORKER_MARGIN_S
            )
            server = Server(
                house.app,
                house.closing,
                lambda: typer.echo(f"listening on {_address(settings, listening)}"),
                stop_grace_s=settings.server.stop_grace_s,
                patience_s=settings.server.client_patience_s,
                trusted_proxies=settings.server.trusted_proxies,
                tls_cert=settings.server.tls_cert,
                tls_key=settings.server.tls_key,
            )
            if signals.pass_on_to(server.stop):
                return
            try:
                if worker:
                    await beside.start()
                await server.serve([listening])
            finally:
                await beside.stop()
    finally:
        listening.close()


class _Signals:
    """SIGTERM and Ctrl-C from the very start: a start that is under way ends in good order, too."""

    def __init__(self) -> None:
        self._came = False
        self._then: Callable[[], None] | None = None
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._on_signal)

    def pass_on_to(self, then: Callable[[], None]) -> bool:
        """From now on call ``then``; True when a signal came already."""
        self._then = then
        return self._came

    def _on_signal(self) -> None:
        self._came = True
        if self._then is not None:
            self._then()


def _allow_many_connections() -> None:
    """Each waiting GET is an open socket, and many systems allow 1,024 unless asked for more."""
    if sys.platform == "win32":
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(MOST_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _introduce(first: tuple[str, str] | None) -> None:
    """The first client's secret is printed once and never again."""
    if first is None:
        typer.echo("clients exist already; make another with: recto client add NAME")
    else:
        client_id, secret = first
        typer.echo(f"client_id: {client_id}")
        typer.echo(f"client_secret: {secret}")


def _address(settings: Settings, listening: socket.socket) -> str:
    return address_of(listening, tls=settings.server.tls_cert is not None)


def _worker_environment(settings: Settings, environ: Mapping[str, str]) -> dict[str, str]:
    """What this process was told on its command line, the worker is told by its environment."""
    return {**environ, "RECTO_HOME": str(settings.home)}
