"""What the web room's handlers are given."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from recto.access import Access
from recto.service import Service
from recto.web.bodies import Bodies
from recto.web.config import Config
from recto.webhooks import Registry


@dataclass(frozen=True)
class Rooms:
    """The rooms below, and what all requests share.

    Attributes
    ----------
    service, access, webhooks
    config : Config
    bodies : Bodies
    closing : asyncio.Event
        Set when the server begins to stop: waiting GETs then answer with what there is.
    is_local : bool
        The server listens on this machine alone.
    """

    service: Service
    access: Access
    webhooks: Registry
    config: Config
    bodies: Bodies
    closing: asyncio.Event
    is_local: bool = False
