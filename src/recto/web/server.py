"""The HTTP server: listens, says where, and stops cleanly."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable, Iterator

import uvicorn
from starlette.types import ASGIApp

from recto.errors import SettingError
from recto.web.patience import patient_protocol

BACKLOG = 2048


def listen(host: str, port: int) -> socket.socket:
    """A bound socket; port 0 takes a free one.

    Raises
    ------
    SettingError
        The address cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise SettingError(f"Cannot listen on {host} port {port}: {error.strerror or error}.") from None
    bound.set_inheritable(False)
    return bound


def address_of(bound: socket.socket, *, tls: bool = False) -> str:
    """The address to print, with the port that was really taken."""
    host, port = bound.getsockname()[:2]
    return f"{'https' if tls else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"


def check_tls(certificate: str | None, key: str | None) -> None:
    """See that the two files belong together, before anything is started.

    Raises
    ------
    SettingError
        They cannot be used.
    """
    if certificate is None and key is None:
        return
    if certificate is None:
        raise SettingError("RECTO_TLS_KEY is set without RECTO_TLS_CERT.")
    if key is not None:
        try:
            open(key, "rb").close()
        except OSError as error:
            raise SettingError(f"RECTO_TLS_KEY={key} cannot be used: {error.strerror or error}.") from None
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    except OSError as error:
        raise SettingError(f"RECTO_TLS_CERT={certificate} cannot be used: {error.strerror or error}.") from None


class Server(uvicorn.Server):
    """uvicorn, told when to stop by us; a stop on request is a success.

    Parameters
    ----------
    app : ASGIApp
    closing : asyncio.Event
        Set when stopping begins.
    started : callable
        Called once, when connections are accepted.
    stop_grace_s : float
        How long requests in progress may take to finish.
    patience_s : float
        See ``patient_protocol``.
    trusted_proxies : str
        Whose ``X-Forwarded-For`` and ``-Proto`` are believed, comma separated.
    tls_cert, tls_key : str, optional
    """

    def __init__(
        self,
        app: ASGIApp,
        closing: asyncio.Event,
        started: Callable[[], None],
        *,
        stop_grace_s: float,
        patience_s: float = 30.0,
        trusted_proxies: str = "127.0.0.1",
        tls_cert: str | None = None,
        tls_key: str | None = None,
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=patient_protocol(patience_s),
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                ws="none",
                backlog=BACKLOG,
                timeout_keep_alive=75,
                timeout_graceful_shutdown=max(1, round(stop_grace_s)),
                forwarded_allow_ips=trusted_proxies,
                ssl_certfile=tls_cert,
                ssl_keyfile=tls_key,
            )
        )
        self._closing = closing
        self._on_started = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_started()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to our caller: uvicorn would raise them again at the end and turn a stop into a failure."""
        yield

    def stop(self) -> None:
        """Finish what is in progress and end; a second call does not wait."""
        if self.should_exit:
            self.force_exit = True
        self.should_exit = True
        self._closing.set()
