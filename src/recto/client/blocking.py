"""The client that waits."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from types import TracebackType
from typing import TypeVar

import httpx

from recto.client import calls
from recto.client.calls import Call, Data, Events
from recto.client.values import Filter, Inspection, Preset, ProcessedPage, Recipe, Task

T = TypeVar("T")


class Client:
    """A Recto service and a client of it; close it, or use it as a context.

    Parameters
    ----------
    address : str
        Such as ``http://127.0.0.1:8080``.
    client_id, client_secret : str
    timeout_s : float
        How long to wait for any sign of the server.
    retries : int
        How often a request is repeated that the server did not answer, or answered with 503.
    transport : httpx.BaseTransport, optional
        Another way to the server.

    Raises
    ------
    RemoteError
        By every method: the server refused, with its own words.
    httpx.TransportError
        By every method: the server cannot be reached.

    Examples
    --------
    >>> with Client("http://127.0.0.1:8080", client_id, client_secret) as recto:  # doctest: +SKIP
    ...     task = recto.wait(recto.submit("page.jpg", "deskew,binarize"))
    ...     png = recto.result(task)
    """

    def __init__(
        self,
        address: str,
        client_id: str,
        client_secret: str,
        *,
        timeout_s: float = 30.0,
        retries: int = 3,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._http = httpx.Client(base_url=address, timeout=timeout_s, transport=transport)
        self._timeout_s = timeout_s
        self._retries = retries
        self._form = calls.token(client_id, client_secret)
        self._token: str | None = None

    def close(self) -> None:
        """Close every connection."""
        self._http.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def filters(self) -> tuple[Filter, ...]:
        """What a recipe can be made of."""
        return self._do(calls.filters())

    def presets(self) -> tuple[Preset, ...]:
        """Recipes with names."""
        return self._do(calls.presets())

    def submit(
        self, data: Data, recipe: Recipe, *, name: str | None = None, idempotency_key: str | None = None
    ) -> Task:
        """Send a file through a recipe; its name is that of the file when it is given as a path."""
        return self._do(calls.submit(data, recipe, name, idempotency_key))

    def task(self, task: Task | str, *, wait_s: float = 0.0) -> Task:
        """The task as it is, after at most ``wait_s`` (and 25 s) of waiting while it is open."""
        return self._do(calls.task(_id(task), wait_s))

    def wait(self, task: Task | str, *, timeout_s: float = 600.0) -> Task:
        """The task once it is closed, however.

        Raises
        ------
        TimeoutError
            It is still open.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            found = self.task(task, wait_s=max(0.0, deadline - time.monotonic()))
            if not found.is_open:
                return found
            if time.monotonic() >= deadline:
                raise TimeoutError(f"task {found.id} is still {found.state}")

    def result(self, task: Task | str, page: int = 1) -> bytes:
        """The PNG of a page of a completed task."""
        return self._do(calls.result(_id(task), page))

    def tasks(self, *states: str, since: datetime | None = None) -> Iterator[Task]:
        """All tasks, or those in some states or of some time, newest first; asked for as they are taken."""
        cursor: str | None = None
        while True:
            found, cursor = self._do(calls.tasks(states, since, cursor))
            yield from found
            if cursor is None:
                return

    def delete(self, task: Task | str) -> None:
        """Cancel a task or throw its result away."""
        self._do(calls.delete(_id(task)))

    def page(self, data: Data, recipe: Recipe) -> ProcessedPage:
        """Send one small page and wait for it."""
        return self._do(calls.page(data, recipe))

    def inspect(self, data: Data) -> Inspection:
        """Only look at one small page."""
        return self._do(calls.inspect(data))

    def events(self, *, since: datetime | None = None) -> Iterator[Task]:
        """Every task of this client at each change, without end; a lost connection is made again, and nothing missed.

        The stream is opened when the first task is asked for; with ``since`` nothing falls between. A task may come
        twice.
        """
        events = Events("" if since is None else since.isoformat())
        while True:
            try:
                yield from self._listen(events)
            except httpx.TransportError:
                if events.attempt >= self._retries:
                    raise
            time.sleep(calls.pause_s(None, events.attempt))
            events.attempt += 1

    def _listen(self, events: Events) -> Iterator[Task]:
        """One connection; ends when the server ends it, or when it may be well with a new token or a little later."""
        headers = {**events.headers, **self._bearer()}
        with self._http.stream("GET", "/v1/events", headers=headers) as answer:
            if not answer.is_success:
                answer.read()
                self._token = None
                if answer.status_code not in (401, 503) or events.attempt >= self._retries:
                    calls.check(answer)
                return
            for line in answer.iter_lines():
                yield from events.feed(line)

    def _do(self, call: Call[T]) -> T:
        attempt = 0
        while True:
            answer = None
            try:
                answer = self._send(call)
                if answer.status_code != 503 or attempt >= self._retries:
                    calls.check(answer)
                    return call.read(answer)
            except httpx.TransportError:
                if attempt >= self._retries:
                    raise
            time.sleep(calls.pause_s(answer, attempt))
            attempt += 1

    def _send(self, call: Call[T]) -> httpx.Response:
        """One attempt; a token that is not good any more is renewed once."""
        renewed = self._token is None
        while True:
            answer = self._http.request(
                call.method,
                call.path,
                params=call.params,
                headers={**call.headers, **self._bearer()},
                content=call.content,
                timeout=self._timeout_s + call.wait_s,
            )
            if answer.status_code != 401 or renewed:
                return answer
            self._token, renewed = None, True

    def _bearer(self) -> dict[str, str]:
        if self._token is None:
            answer = self._http.post("/connect/token", data=self._form)
            calls.check(answer)
            self._token = str(answer.json()["access_token"])
        return {"Authorization": f"Bearer {self._token}"}


def _id(task: Task | str) -> str:
    return task if isinstance(task, str) else task.id
