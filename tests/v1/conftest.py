"""The live server by its native API."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.live import LiveServer
from tests.web.conftest import asking

__all__ = ["asking"]


@pytest.fixture(scope="session")
def api(server: LiveServer, token: str) -> Iterator[httpx.Client]:
    """The first client, with its token."""
    with client_of(server, token) as client:
        yield client


@pytest.fixture(scope="session")
def stranger(server: LiveServer) -> Iterator[httpx.Client]:
    """Another client, with its own token."""
    with client_of(server, server.token(*server.add_client("stranger"))) as client:
        yield client


def client_of(server: LiveServer, token: str) -> httpx.Client:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.Client(base_url=server.address, headers=headers, timeout=60)
