"""What is said to a service and when, without the wire: tokens, repetitions, pauses, waiting.

A conversation is a generator: it yields what is to be done next (``Ask`` or ``Pause``), is sent what came of it, and
returns the answer's meaning. The blocking client and the one for asyncio only carry out the steps.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import httpx

from recto.client import calls
from recto.client.calls import Call
from recto.client.values import Batch, Task
from recto.errors import RemoteError

T = TypeVar("T")
Waited = TypeVar("Waited", Task, Batch)

UNAUTHORIZED, TOO_MANY, UNAVAILABLE = 401, 429, 503


@dataclass(frozen=True)
class Ask:
    """A request to be made; what comes of it is an answer or a ``TransportError``.

    A good answer's body goes to the file ``save_to``, where there is one, which is whole or not there at all.
    """

    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None
    form: Mapping[str, str] | None = None
    timeout_s: float = 30.0
    save_to: Path | None = None

    def as_request(self) -> dict[str, Any]:
        """What httpx is given."""
        return {
            "method": self.method,
            "url": self.path,
            "params": self.params,
            "headers": self.headers,
            "content": self.content,
            "data": self.form,
            "timeout": self.timeout_s,
        }


@dataclass(frozen=True)
class Pause:
    """A moment in which nothing is to be done."""

    seconds: float


Step = Ask | Pause
Heard = httpx.Response | httpx.TransportError | None
Conversation = Generator[Step, Heard, T]
Told = Callable[[str, float], None]


class Talk:
    """One client's talk with one service.

    Parameters
    ----------
    client_id, client_secret : str
    timeout_s : float
        How long to wait for any sign of the server.
    retries : int or None
        How often a request is repeated that got no answer, or 503; None for as long as it takes.
    told : callable, optional
        Called before each pause with the reason and the seconds.
    """

    def __init__(
        self, client_id: str, client_secret: str, timeout_s: float, retries: int | None, told: Told | None = None
    ) -> None:
        self._form = calls.token(client_id, client_secret)
        self._timeout_s = timeout_s
        self._retries = retries
        self._told = told
        self.token: str | None = None

    def gives_up(self, attempt: int) -> bool:
        """Whether so many repetitions are enough."""
        return self._retries is not None and attempt >= self._retries

    def call(self, call: Call[T]) -> Conversation[T]:
        """Make a call, and again where that may help."""
        attempt = 0
        while True:
            answer = yield from self._attempt(call)
            if isinstance(answer, httpx.Response):
                if answer.status_code not in (UNAVAILABLE, TOO_MANY) or self.gives_up(attempt):
                    calls.check(answer)
                    return call.read(answer)
                yield self.pause(_words_of(answer), calls.pause_s(answer, attempt))
            else:
                if self.gives_up(attempt):
                    raise answer
                yield self.pause(_words_for(answer), calls.pause_s(None, attempt))
            attempt += 1

    def wait(self, asking: Callable[[float], Call[Waited]], timeout_s: float) -> Conversation[Waited]:
        """Ask for a task or a batch until it is closed; the call is made of the seconds that are left.

        Raises
        ------
        TimeoutError
            It is still open.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            found = yield from self.call(asking(max(0.0, deadline - time.monotonic())))
            if not found.is_open:
                return found
            if time.monotonic() >= deadline:
                raise TimeoutError(f"{found.id} is still {found.state}")

    def bearer(self) -> Conversation[dict[str, str]]:
        """The header that says who we are."""
        if self.token is None:
            failed = yield from self._fetch_token()
            if isinstance(failed, httpx.TransportError):
                raise failed
            if failed is not None:
                calls.check(failed)
        return self._header()

    def pause(self, why: str, seconds: float) -> Pause:
        """Say why nothing happens for a while."""
        if self._told is not None:
            self._told(why, seconds)
        return Pause(seconds)

    def _attempt(self, call: Call[T]) -> Conversation[httpx.Response | httpx.TransportError]:
        """One attempt; a token that is not good any more is renewed once."""
        renewed = self.token is None
        while True:
            if self.token is None:
                failed = yield from self._fetch_token()
                if failed is not None:
                    return failed
            headers, timeout_s = {**call.headers, **self._header()}, self._timeout_s + call.wait_s
            answer = yield Ask(
                call.method, call.path, call.params, headers, call.content, None, timeout_s, call.save_to
            )
            assert answer is not None
            if not isinstance(answer, httpx.Response) or answer.status_code != UNAUTHORIZED or renewed:
                return answer
            self.token, renewed = None, True

    def _fetch_token(self) -> Conversation[httpx.Response | httpx.TransportError | None]:
        """Get a token; what came instead, if it may be well a little later.

        Raises
        ------
        RemoteError
        """
        answer = yield Ask("POST", "/connect/token", form=self._form, timeout_s=self._timeout_s)
        if not isinstance(answer, httpx.Response) or answer.status_code in (UNAVAILABLE, TOO_MANY):
            return answer
        calls.check(answer)
        self.token = str(answer.json()["access_token"])
        return None

    def _header(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


def _words_of(answer: httpx.Response) -> str:
    try:
        calls.check(answer)
    except RemoteError as error:
        return error.message
    return ""


def _words_for(error: httpx.TransportError) -> str:
    return f"The server does not answer ({error or type(error).__name__})."


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A file to write to that is ``path`` afterwards; after an error nothing is left of it."""
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as file:
            yield file
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
