"""One LISTEN connection of a process, kept alive, and what to call when something is heard."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

from psycopg import sql

from recto.database.database import Database
from recto.errors import DatabaseUnavailableError

log = logging.getLogger(__name__)

_PROBE_EVERY_S = 10.0
_AGAIN_AFTER_S = 0.5


class Listener:
    """Hears notifications; after each (re)connection it says so, because some may have been missed.

    Parameters
    ----------
    database : Database
    heard : mapping
        Channel → what to call with the payload of each notification.
    connected : async callable
        Called each time the connection stands, before any notification is handed out.
    """

    def __init__(
        self,
        database: Database,
        heard: Mapping[str, Callable[[str], None]],
        connected: Callable[[], Awaitable[None]],
    ) -> None:
        self._database = database
        self._heard = heard
        self._connected = connected
        self._task: asyncio.Task[None] | None = None
        self.is_up = asyncio.Event()

    async def start(self) -> None:
        """Begin to listen; returns when the connection stands."""
        self._task = asyncio.create_task(self._run(), name="listener")
        await self.is_up.wait()

    async def stop(self) -> None:
        """Stop listening."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def _run(self) -> None:
        while True:
            try:
                await self._listen()
            except DatabaseUnavailableError as error:
                log.warning("Listening is interrupted: %s", error.message)
            except Exception:  # who listens no more hears nothing of it
                log.exception("Listening is interrupted.")
            finally:
                self.is_up.clear()
            await asyncio.sleep(_AGAIN_AFTER_S)

    async def _listen(self) -> None:
        async with self._database.session() as connection:
            for channel in self._heard:
                await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
            await self._connected()
            self.is_up.set()
            while True:
                async for notice in connection.notifies(timeout=_PROBE_EVERY_S):
                    self._heard[notice.channel](notice.payload)
                # A connection that died quietly is noticed only when something is asked of it.
                await connection.execute("SELECT 1")
