"""The application: every route and the two middlewares, in one visible list."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import FastAPI
from starlette.types import ASGIApp

from recto import __version__
from recto.access import Access
from recto.service import Service
from recto.web import health, metrics, page, problems, sessions, token, v1, v5
from recto.web.bodies import Bodies
from recto.web.config import Config
from recto.web.door import Door, OpenDoor
from recto.web.framing import OneLength
from recto.web.journal import Journal
from recto.web.paths import AnySpelling
from recto.web.rooms import Rooms
from recto.webhooks import Registry

ABOUT = """Straight, flat, sharp, black-on-white pages from scans and photos: the preprocessing part of the
Aspose.OCR Cloud v5 REST API, on a server of one's own.

Send a picture, get the id of a task; fetch with it. A fetch waits for an open task.

Below `/v1` is the native API: any recipe, with what was found on each page. New programs are better off with it.

The compatible API's paths are served in any case, with and without `/ocr`, and below `/v5.0`, `/v5.1` and `/v5`.
Every error is `application/problem+json`."""


def create_app(
    service: Service,
    access: Access,
    webhooks: Registry,
    config: Config | None = None,
    closing: asyncio.Event | None = None,
    *,
    is_local: bool = False,
) -> ASGIApp:
    """The whole service as an ASGI application.

    Parameters
    ----------
    service : Service
    access : Access
    webhooks : Registry
    config : Config, optional
    closing : asyncio.Event, optional
        Set it when the server begins to stop, so that waiting GETs answer.
    is_local : bool
        The server listens on this machine alone, so a browser on it may come in without a secret.
    """
    config = config or Config()
    bodies = Bodies(config)
    meter = metrics.Meter(lambda: bodies.held_bytes)
    rooms = Rooms(service, access, webhooks, config, bodies, closing or asyncio.Event(), is_local)
    app = metrics.Routed(routes(rooms, meter))
    return Journal(OneLength(AnySpelling(app, v5.table(bare_paths=config.bare_paths))), meter)


class _Application(FastAPI):
    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            v1.add_examples(super().openapi())
        return super().openapi()


def routes(rooms: Rooms, meter: metrics.Meter) -> FastAPI:
    """The FastAPI application without the middlewares around it."""
    app = _Application(
        title="Recto",
        version=__version__,
        description=ABOUT,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        redirect_slashes=False,
    )
    v5.add_routes(app, rooms, Door(rooms.access))
    v1.add_routes(app, rooms, OpenDoor(rooms.access))
    sessions.add_routes(app, rooms)
    token.add_routes(app, rooms)
    health.add_routes(app, rooms)
    metrics.add_routes(app, rooms, meter)
    page.add_routes(app)
    problems.install(app)
    return app
