"""A pool of connections to a database whose schema is up to date."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from recto.database.config import Config
from recto.database.embedded import EmbeddedServer
from recto.database.migrate import migrate
from recto.errors import DatabaseUnavailableError

log = logging.getLogger(__name__)

Connection = psycopg.AsyncConnection[dict[str, Any]]

_LOST = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg.errors.IdleInTransactionSessionTimeout,
    psycopg.errors.ReadOnlySqlTransaction,  # a standby, until it has taken over
)
_GUARD_EVERY_S = 1.0
_RECONNECT_S = 3.0
_NOTICED_WITHIN = {
    "keepalives_idle": "15",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}
"""A machine of the database that vanishes without a word is missed in half a minute; the system alone takes fifteen."""


class Database:
    """Connections for one process.

    Parameters
    ----------
    config : Config
        Without a ``database_url`` the embedded server in ``home`` is started, joined if it already runs, watched
        while the database is open, and stopped when the last process that uses it closes.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self._embedded = None if config.database_url else EmbeddedServer(config.home, start_s=config.database_start_s)
        self._conninfo = _watchful(config.database_url) if config.database_url else ""
        self._pool: AsyncConnectionPool[Connection] | None = None
        self._guard: asyncio.Task[None] | None = None

    @property
    def conninfo(self) -> str:
        """The connection string, for connections outside the pool; known once opened."""
        return self._conninfo

    @property
    def embedded(self) -> EmbeddedServer | None:
        """The server that this process started or joined, if it is an embedded one."""
        return self._embedded

    async def open(self) -> None:
        """Start or reach the server, bring the schema up to date, open the pool.

        Raises
        ------
        DatabaseUnavailableError
            The server cannot be reached or started within ``database_start_s``.
        """
        if self._embedded is not None:
            self._conninfo = await asyncio.to_thread(self._embedded.start)
            self._guard = asyncio.create_task(self._keep_running(self._embedded), name="embedded postgres guard")
        try:
            async with self.session(within_s=self._config.database_start_s) as connection:
                await migrate(connection)
            self._pool = AsyncConnectionPool(
                self._conninfo,
                connection_class=psycopg.AsyncConnection[dict[str, Any]],
                kwargs={"row_factory": dict_row, "application_name": "recto"},
                configure=self._configure,
                min_size=1,
                max_size=self._config.database_connections,
                timeout=self._config.database_wait_s,
                # Short, so that the pool gives up its growing pauses and a new caller makes a new attempt.
                reconnect_timeout=_RECONNECT_S,
                check=AsyncConnectionPool.check_connection,
                open=False,
            )
            await self._pool.open()
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Close the pool; stop an embedded server that nobody else uses."""
        if self._guard is not None:
            self._guard.cancel()
            with suppress(asyncio.CancelledError):
                await self._guard
            self._guard = None
        if self._pool is not None:
            await self._pool.close()
            self._pool = None
        if self._embedded is not None:
            await asyncio.to_thread(self._embedded.stop)

    async def __aenter__(self) -> Database:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection of the pool; its transaction is committed at the end, or rolled back by an error.

        Raises
        ------
        DatabaseUnavailableError
            No connection within ``database_wait_s``, or it broke while in use.
        """
        if self._pool is None:
            raise DatabaseUnavailableError("The database is not open.")
        with _translated():
            async with self._pool.connection() as connection:
                yield connection

    @asynccontextmanager
    async def session(self, within_s: float = 0.0) -> AsyncIterator[Connection]:
        """A connection of one's own in autocommit, for LISTEN and for locks that outlive a transaction.

        Raises
        ------
        DatabaseUnavailableError
            It cannot be opened within ``within_s`` seconds (at least one attempt), or it broke while in use.
        """
        connection = await self._connect(within_s)
        with _translated():
            async with connection:
                yield connection

    async def _connect(self, within_s: float) -> Connection:
        deadline = asyncio.get_running_loop().time() + within_s
        while True:
            try:
                return await psycopg.AsyncConnection.connect(
                    self._conninfo, autocommit=True, row_factory=dict_row, application_name="recto", connect_timeout=5
                )
            except psycopg.OperationalError as error:
                if asyncio.get_running_loop().time() >= deadline:
                    raise DatabaseUnavailableError(f"The database cannot be reached: {_first_line(error)}") from error
                await asyncio.sleep(0.2)

    async def _configure(self, connection: Connection) -> None:
        # A process that stops dead within a transaction must not keep its locks from the others.
        idle_ms = int(self._config.database_idle_transaction_s * 1000)
        query = "SELECT set_config('idle_in_transaction_session_timeout', %s, false)"
        await connection.execute(query, [str(idle_ms)])
        await connection.commit()

    def pool_figures(self) -> dict[str, int]:
        """What the pool counts of itself, under psycopg's names; empty while it is not open."""
        return {} if self._pool is None else self._pool.get_stats()

    async def is_up(self) -> bool:
        """True when a statement gets its answer."""
        try:
            async with self.connection() as connection:
                await connection.execute("SELECT 1")
        except DatabaseUnavailableError:
            return False
        return True

    async def _keep_running(self, server: EmbeddedServer) -> None:
        """Start the embedded server again when it has died under us."""
        while True:
            await asyncio.sleep(_GUARD_EVERY_S)
            if server.answers():
                await asyncio.to_thread(server.trim_log)
                continue
            try:
                log.warning("The embedded PostgreSQL is gone; starting it again.")
                await asyncio.to_thread(server.start)
            except DatabaseUnavailableError as error:
                log.error("%s", error.message)
            except Exception:  # such as a disk that is full: try again all the same
                log.exception("The embedded PostgreSQL cannot be started.")


class _translated:  # noqa: N801 - reads as a verb where it is used
    """Turn the driver's errors of a lost or overloaded database into ours."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, _LOST):
            raise DatabaseUnavailableError(f"The database did not answer: {_first_line(error)}") from error


def _watchful(url: str) -> str:
    """With what notices a lost connection, where the connection string says nothing of it."""
    said = conninfo_to_dict(url)
    return make_conninfo(url, **{name: value for name, value in _NOTICED_WITHIN.items() if name not in said})


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
