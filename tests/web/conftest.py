"""The live server for plain HTTP, and apps with other settings in this process on the same data folder."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from recto.bootstrap import House, open_house
from recto.settings import read_settings
from tests.live import LiveServer

Asking = Callable[..., Any]


@pytest.fixture
def asking(server: LiveServer, token: str) -> Asking:
    """Run an async test against an app with other settings: ``asking(test, max_body_mb=1)``."""

    def run(test: Callable[[httpx.AsyncClient, House], Awaitable[Any]], **settings: Any) -> Any:
        async def whole() -> Any:
            async with open_house(read_settings({}, {"home": server.home, **settings})) as house:
                transport = httpx.ASGITransport(app=house.app, raise_app_exceptions=False)
                headers = {"Authorization": f"Bearer {token}"}
                async with httpx.AsyncClient(transport=transport, base_url="http://recto", headers=headers) as client:
                    return await test(client, house)

        return asyncio.run(whole())

    return run
