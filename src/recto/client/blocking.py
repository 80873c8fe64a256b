"""The client that waits."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TypeVar

import httpx

from recto.client import calls
from recto.client.calls import Call, Data, Events, id_of
from recto.client.conversation import Conversation, Heard, Pause, Step, Talk, Told, whole_file
from recto.client.values import Batch, Delivery, Filter, Inspection, Preset, ProcessedPage, Recipe, Task, Webhook

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
    retries : int or None
        How often a request is repeated that the server did not answer, or answered with 503; None for ever.
    told : callable, optional
        Called with a reason and the seconds before each pause.
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
        retries: int | None = 3,
        told: Told | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._http = httpx.Client(base_url=address, timeout=timeout_s, transport=transport)
        self._talk = Talk(client_id, client_secret, timeout_s, retries, told)

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
        return self._do(self._talk.call(calls.filters()))

    def presets(self) -> tuple[Preset, ...]:
        """Recipes with names."""
        return self._do(self._talk.call(calls.presets()))

    def submit(
        self,
        data: Data,
        recipe: Recipe | None = None,
        *,
        name: str | None = None,
        idempotency_key: str | None = None,
        webhook: Webhook | str | None = None,
        batch: Batch | str | None = None,
    ) -> Task:
        """Send a file through a recipe, or that of its batch; its name is that of the file when it is a path."""
        named = [None if thing is None else id_of(thing) for thing in (webhook, batch)]
        return self._do(self._talk.call(calls.submit(data, recipe, name, idempotency_key, *named)))

    def task(self, task: Task | str, *, wait_s: float = 0.0) -> Task:
        """The task as it is, after at most ``wait_s`` (and 25 s) of waiting while it is open."""
        return self._do(self._talk.call(calls.task(id_of(task), wait_s)))

    def wait(self, task: Task | str, *, timeout_s: float = 600.0) -> Task:
        """The task once it is closed, however.

        Raises
        ------
        TimeoutError
            It is still open.
        """
        return self._do(self._talk.wait(lambda left_s: calls.task(id_of(task), left_s), timeout_s))

    def result(self, task: Task | str, page: int = 1) -> bytes:
        """The PNG of a page of a completed task."""
        return self._do(self._talk.call(calls.result(id_of(task), page)))

    def tasks(self, *states: str, since: datetime | None = None, batch: Batch | str | None = None) -> Iterator[Task]:
        """All tasks, or those in some states, of some time or of a batch, newest first; asked for as they are taken."""
        of = None if batch is None else id_of(batch)
        return self._list(lambda cursor: calls.tasks(states, since, cursor, of))

    def delete(self, task: Task | str) -> None:
        """Cancel a task or throw its result away."""
        self._do(self._talk.call(calls.delete(id_of(task))))

    def page(self, data: Data, recipe: Recipe) -> ProcessedPage:
        """Send one small page and wait for it."""
        return self._do(self._talk.call(calls.page(data, recipe)))

    def inspect(self, data: Data) -> Inspection:
        """Only look at one small page."""
        return self._do(self._talk.call(calls.inspect(data)))

    def open_batch(self, recipe: Recipe, *, name: str | None = None, webhook: Webhook | str | None = None) -> Batch:
        """Begin a batch of files: ``submit`` them with ``batch=``, then close it. A webhook is told when it is done."""
        named = None if webhook is None else id_of(webhook)
        return self._do(self._talk.call(calls.open_batch(recipe, name, named)))

    def batch(self, batch: Batch | str, *, wait_s: float = 0.0) -> Batch:
        """The batch as it is, after at most ``wait_s`` (and 25 s) of waiting while it is not done."""
        return self._do(self._talk.call(calls.batch(id_of(batch), wait_s)))

    def batches(self) -> Iterator[Batch]:
        """All batches, newest first; asked for as they are taken."""
        return self._list(calls.batches)

    def close_batch(self, batch: Batch | str) -> Batch:
        """Say that no more files are to come."""
        return self._do(self._talk.call(calls.close_batch(id_of(batch))))

    def wait_batch(self, batch: Batch | str, *, timeout_s: float = 3600.0) -> Batch:
        """The batch, once it is closed and all its tasks are, however.

        Raises
        ------
        TimeoutError
            It is not done.
        """
        return self._do(self._talk.wait(lambda left_s: calls.batch(id_of(batch), left_s), timeout_s))

    def save_batch(self, batch: Batch | str, path: str | Path) -> None:
        """Write all its pages to a file: a PDF, or PNGs in a ZIP, by the suffix."""
        self._do(self._talk.call(calls.save_batch(id_of(batch), Path(path))))

    def delete_batch(self, batch: Batch | str) -> None:
        """Cancel all its tasks and throw its results away."""
        self._do(self._talk.call(calls.delete_batch(id_of(batch))))

    def add_webhook(self, url: str, *, every_task: bool = True, secret: str | None = None) -> Webhook:
        """Have a server of yours told of the end of tasks; its ``secret`` is told this once."""
        return self._do(self._talk.call(calls.add_webhook(url, every_task, secret)))

    def webhooks(self) -> tuple[Webhook, ...]:
        """Who is told, oldest first."""
        return self._do(self._talk.call(calls.webhooks()))

    def change_webhook(self, webhook: Webhook | str, *, enabled: bool) -> Webhook:
        """Disable it or enable it again."""
        return self._do(self._talk.call(calls.change_webhook(id_of(webhook), enabled)))

    def delete_webhook(self, webhook: Webhook | str) -> None:
        """Forget it and its messages."""
        self._do(self._talk.call(calls.delete_webhook(id_of(webhook))))

    def deliveries(self, webhook: Webhook | str) -> Iterator[Delivery]:
        """What was sent to it and what came of it, newest first; asked for as they are taken."""
        return self._list(lambda cursor: calls.deliveries(id_of(webhook), cursor))

    def send_again(self, webhook: Webhook | str, delivery: Delivery | str) -> Delivery:
        """Send a message once more."""
        return self._do(self._talk.call(calls.send_again(id_of(webhook), id_of(delivery))))

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
                if self._talk.gives_up(events.attempt):
                    raise
            self._carry_out(self._talk.pause("The news are cut off.", calls.pause_s(None, events.attempt)))
            events.attempt += 1

    def _listen(self, events: Events) -> Iterator[Task]:
        """One connection; ends when the server ends it, or when it may be well with a new token or a little later."""
        headers = {**events.headers, **self._do(self._talk.bearer())}
        with self._http.stream("GET", "/v1/events", headers=headers) as answer:
            if not answer.is_success:
                answer.read()
                self._talk.token = None
                if answer.status_code not in (401, 503) or self._talk.gives_up(events.attempt):
                    calls.check(answer)
                return
            for line in answer.iter_lines():
                yield from events.feed(line)

    def _list(self, part: Callable[[str | None], Call[tuple[list[T], str | None]]]) -> Iterator[T]:
        """A list in parts, each asked for when the one before is used up."""
        cursor: str | None = None
        while True:
            found, cursor = self._do(self._talk.call(part(cursor)))
            yield from found
            if cursor is None:
                return

    def _do(self, conversation: Conversation[T]) -> T:
        heard: Heard = None
        while True:
            try:
                step = conversation.send(heard)
            except StopIteration as end:
                meaning: T = end.value
                return meaning
            heard = self._carry_out(step)

    def _carry_out(self, step: Step) -> Heard:
        if isinstance(step, Pause):
            time.sleep(step.seconds)
            return None
        try:
            if step.save_to is None:
                return self._http.request(**step.as_request())
            with self._http.stream(**step.as_request()) as answer:
                if not answer.is_success:
                    answer.read()
                    return answer
                with whole_file(step.save_to) as file:
                    for piece in answer.iter_bytes():
                        file.write(piece)
                return answer
        except httpx.TransportError as error:
            return error
