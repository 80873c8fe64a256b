"""Both clients, at the live server."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from recto.client import AsyncClient, Client
from tests.live import LiveServer


class Awaited:
    """The asyncio client with every call awaited, so that one test can hold both to the same."""

    def __init__(self, client: AsyncClient, runner: asyncio.Runner) -> None:
        self._client, self._runner = client, runner

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*values: Any, **named: Any) -> Any:
            found = getattr(self._client, name)(*values, **named)
            return self._runner.run(found) if inspect.isawaitable(found) else self._each(found)

        return call

    def _each(self, found: Any) -> Iterator[Any]:
        try:
            while True:
                yield self._runner.run(anext(found))
        except StopAsyncIteration:
            return
        finally:
            self._runner.run(found.aclose())


@pytest.fixture(params=["blocking", "asyncio"])
def recto(request: pytest.FixtureRequest, server: LiveServer) -> Iterator[Any]:
    """A client of the first client's id and secret."""
    secret = server.client_id, server.client_secret
    if request.param == "blocking":
        with Client(server.address, *secret) as client:
            yield client
        return
    with asyncio.Runner() as runner:
        aclient = AsyncClient(server.address, *secret)
        yield Awaited(aclient, runner)
        runner.run(aclient.close())
