"""The client for asyncio; the same as ``recto.client.blocking``, awaited."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import datetime
from types import TracebackType
from typing import TypeVar

import httpx

from recto.client import calls
from recto.client.calls import Call, Data, Events
from recto.client.values import Filter, Inspection, Preset, ProcessedPage, Recipe, Task

T = TypeVar("T")


class AsyncClient:
    """As ``Client``, for asyncio.

    Parameters
    ----------
    address : str
        Such as ``http://127.0.0.1:8080``.
    client_id, client_secret : str
    timeout_s : float
        How long to wait for any sign of the server.
    retries : int
        How often a request is repeated that the server did not answer, or answered with 503.
    transport : httpx.AsyncBaseTransport, optional
        Another way to the server.

    Examples
    --------
    >>> async with AsyncClient("http://127.0.0.1:8080", client_id, client_secret) as recto:  # doctest: +SKIP
    ...     task = await recto.wait(await recto.submit("page.jpg", "deskew,binarize"))
    ...     png = await recto.result(task)
    """

    def __init__(
        self,
        address: str,
        client_id: str,
        client_secret: str,
        *,
        timeout_s: float = 30.0,
        retries: int = 3,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._http = httpx.AsyncClient(base_url=address, timeout=timeout_s, transport=transport)
        self._timeout_s = timeout_s
        self._retries = retries
        self._form = calls.token(client_id, client_secret)
        self._token: str | None = None

    async def close(self) -> None:
        """Close every connection."""
        await self._http.aclose()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def filters(self) -> tuple[Filter, ...]:
        """What a recipe can be made of."""
        return await self._do(calls.filters())

    async def presets(self) -> tuple[Preset, ...]:
        """Recipes with names."""
        return await self._do(calls.presets())

    async def submit(
        self, data: Data, recipe: Recipe, *, name: str | None = None, idempotency_key: str | None = None
    ) -> Task:
        """Send a file through a recipe; its name is that of the file when it is given as a path."""
        return await self._do(calls.submit(data, recipe, name, idempotency_key))

    async def task(self, task: Task | str, *, wait_s: float = 0.0) -> Task:
        """The task as it is, after at most ``wait_s`` (and 25 s) of waiting while it is open."""
        return await self._do(calls.task(_id(task), wait_s))

    async def wait(self, task: Task | str, *, timeout_s: float = 600.0) -> Task:
        """The task once it is closed, however.

        Raises
        ------
        TimeoutError
            It is still open.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            found = await self.task(task, wait_s=max(0.0, deadline - time.monotonic()))
            if not found.is_open:
                return found
            if time.monotonic() >= deadline:
                raise TimeoutError(f"task {found.id} is still {found.state}")

    async def result(self, task: Task | str, page: int = 1) -> bytes:
        """The PNG of a page of a completed task."""
        return await self._do(calls.result(_id(task), page))

    async def tasks(self, *states: str, since: datetime | None = None) -> AsyncIterator[Task]:
        """All tasks, or those in some states or of some time, newest first; asked for as they are taken."""
        cursor: str | None = None
        while True:
            found, cursor = await self._do(calls.tasks(states, since, cursor))
            for task in found:
                yield task
            if cursor is None:
                return

    async def delete(self, task: Task | str) -> None:
        """Cancel a task or throw its result away."""
        await self._do(calls.delete(_id(task)))

    async def page(self, data: Data, recipe: Recipe) -> ProcessedPage:
        """Send one small page and wait for it."""
        return await self._do(calls.page(data, recipe))

    async def inspect(self, data: Data) -> Inspection:
        """Only look at one small page."""
        return await self._do(calls.inspect(data))

    async def events(self, *, since: datetime | None = None) -> AsyncIterator[Task]:
        """Every task of this client at each change, without end; a lost connection is made again, and nothing missed.

        The stream is opened when the first task is asked for; with ``since`` nothing falls between. A task may come
        twice.
        """
        events = Events("" if since is None else since.isoformat())
        while True:
            try:
                async for task in self._listen(events):
                    yield task
            except httpx.TransportError:
                if events.attempt >= self._retries:
                    raise
            await asyncio.sleep(calls.pause_s(None, events.attempt))
            events.attempt += 1

    async def _listen(self, events: Events) -> AsyncIterator[Task]:
        """One connection; ends when the server ends it, or when it may be well with a new token or a little later."""
        headers = {**events.headers, **await self._bearer()}
        async with self._http.stream("GET", "/v1/events", headers=headers) as answer:
            if not answer.is_success:
                await answer.aread()
                self._token = None
                if answer.status_code not in (401, 503) or events.attempt >= self._retries:
                    calls.check(answer)
                return
            async for line in answer.aiter_lines():
                for task in events.feed(line):
                    yield task

    async def _do(self, call: Call[T]) -> T:
        attempt = 0
        while True:
            answer = None
            try:
                answer = await self._send(call)
                if answer.status_code != 503 or attempt >= self._retries:
                    calls.check(answer)
                    return call.read(answer)
            except httpx.TransportError:
                if attempt >= self._retries:
                    raise
            await asyncio.sleep(calls.pause_s(answer, attempt))
            attempt += 1

    async def _send(self, call: Call[T]) -> httpx.Response:
        """One attempt; a token that is not good any more is renewed once."""
        renewed = self._token is None
        while True:
            answer = await self._http.request(
                call.method,
                call.path,
                params=call.params,
                headers={**call.headers, **await self._bearer()},
                content=call.content,
                timeout=self._timeout_s + call.wait_s,
            )
            if answer.status_code != 401 or renewed:
                return answer
            self._token, renewed = None, True

    async def _bearer(self) -> dict[str, str]:
        if self._token is None:
            answer = await self._http.post("/connect/token", data=self._form)
            calls.check(answer)
            self._token = str(answer.json()["access_token"])
        return {"Authorization": f"Bearer {self._token}"}


def _id(task: Task | str) -> str:
    return task if isinstance(task, str) else task.id
