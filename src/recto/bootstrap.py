"""The rooms of the service, wired in one visible list."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from starlette.types import ASGIApp

from recto import tracing
from recto.access import Access
from recto.database import Database
from recto.errors import SettingError
from recto.service import Attendant, Counting, Service, attend, open_service, run_worker
from recto.settings import Settings
from recto.store import BlobStore, open_store
from recto.web import JsonLines, create_app
from recto.web.origin import is_loopback
from recto.webhooks import Registry, sending


@dataclass(frozen=True)
class House:
    """The rooms of one server process, open.

    Attributes
    ----------
    app : ASGIApp
    access : Access
    service : Service
    closing : asyncio.Event
        Set it when the server begins to stop.
    """

    app: ASGIApp
    access: Access
    service: Service
    closing: asyncio.Event


@asynccontextmanager
async def open_house(settings: Settings) -> AsyncIterator[House]:
    """Open every room that a server needs, from the ground up; close them in reverse."""
    with tracing.started("server"):
        async with (
            open_database(settings) as database,
            open_service(
                database,
                blob_store(settings),
                tasks=settings.tasks,
                config=settings.service,
                limits=settings.codec,
            ) as service,
        ):
            access = Access(database, settings.access)
            await access.open()
            closing = asyncio.Event()
            webhooks = Registry(database, settings.webhooks)
            app = create_app(
                service, access, webhooks, settings.web, closing, is_local=is_loopback(settings.server.host)
            )
            yield House(app, access, service, closing)


@asynccontextmanager
async def open_access(settings: Settings) -> AsyncIterator[Access]:
    """Open only what is needed to manage clients."""
    async with open_database(settings) as database:
        yield Access(database, settings.access)


@asynccontextmanager
async def open_attendant(settings: Settings) -> AsyncIterator[Attendant]:
    """Open what an operator needs to look after single tasks."""
    async with open_database(settings) as database:
        yield await attend(database, blob_store(settings), settings.tasks)


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[Database]:
    """The database of the data folder, or the one that is set.

    Raises
    ------
    SettingError
        The data folder cannot be made.
    """
    try:
        settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SettingError(f"RECTO_HOME={settings.home} cannot be used: {error.strerror or error}.") from None
    async with Database(settings.database) as database:
        yield database


def blob_store(settings: Settings) -> BlobStore:
    """The store that is set.

    Raises
    ------
    SettingError
        ``blobs`` names no store.
    """
    try:
        return open_store(settings.store)
    except ValueError as error:
        raise SettingError(f"{error}.") from None


async def work(settings: Settings) -> None:
    """Be a worker until told to stop."""
    counting = Counting()
    with tracing.started("worker"):
        async with (
            open_database(settings) as database,
            sending(database, settings.webhooks, counted=counting.message),
        ):
            await run_worker(
                database,
                blob_store(settings),
                tasks=settings.tasks,
                config=settings.service,
                limits=settings.codec,
                counting=counting,
            )


def configure_logging(settings: Settings) -> None:
    """JSON lines on standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=settings.server.log_level.upper(), handlers=[handler], force=True)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    if settings.server.log_level != "debug":
        logging.getLogger("procrastinate").setLevel(logging.WARNING)
        # Each of its connections says for itself, many times a second, what we say once.
        logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
