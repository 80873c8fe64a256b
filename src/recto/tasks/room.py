"""Whether the queue takes one more task: cheap while there is plenty of room, exact where there is little."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from recto.errors import ClientQueueFullError, QueueFullError
from recto.tasks.config import Config

_FRESH_S = 1.0
_MOST_CLIENTS = 1000
_NEAR = 0.9
_NEAR_TASKS = 1000
_NEAR_MB = 1000.0


@dataclass(frozen=True)
class Load:
    """Open tasks and the bytes of their bodies, of everybody and of one client."""

    tasks: int
    bytes: int
    client_tasks: int
    client_bytes: int


def check_room(config: Config, load: Load, body_bytes: int) -> None:
    """See that one more task of this size keeps every limit.

    Raises
    ------
    QueueFullError
        It passes a limit of all clients together; ClientQueueFullError: one of its own.
    """
    for name, allowed, found in _limits(config, load, body_bytes):
        if found > allowed:
            error = ClientQueueFullError if name.endswith("_per_client") else QueueFullError
            raise error(name, allowed, found, "Try again later.")


class Room:
    """A server's idea of how full the queue is, at most a second old.

    Parameters
    ----------
    load : async callable
        What is open now, by client id.
    config : Config
    """

    def __init__(self, load: Callable[[str], Awaitable[Load]], config: Config) -> None:
        self._load = load
        self._config = config
        self._seen: OrderedDict[str, _Seen] = OrderedDict()
        self._tasks = 0
        self._bytes = 0

    async def look(self, client_id: str, body_bytes: int) -> bool:
        """See whether there is room for a task; True when so little is left that only the database can say.

        Raises
        ------
        QueueFullError
        """
        seen = self._seen.get(client_id)
        is_new = seen is None or time.monotonic() - seen.at > _FRESH_S
        if seen is None or is_new:
            seen = await self._see(client_id)
        try:
            check_room(self._config, self._now(seen), body_bytes)
        except QueueFullError:
            if is_new:
                raise
            seen = await self._see(client_id)  # some may have ended since
            check_room(self._config, self._now(seen), body_bytes)
        near = any(_is_near(*limit) for limit in _limits(self._config, self._now(seen), body_bytes))
        self._tasks += 1
        self._bytes += body_bytes
        seen.tasks += 1
        seen.bytes += body_bytes
        return near

    async def _see(self, client_id: str) -> _Seen:
        before = self._tasks, self._bytes
        seen = _Seen(await self._load(client_id), time.monotonic(), *before)
        self._seen[client_id] = seen
        self._seen.move_to_end(client_id)
        if len(self._seen) > _MOST_CLIENTS:
            self._seen.popitem(last=False)
        return seen

    def _now(self, seen: _Seen) -> Load:
        """What was seen and what this server has let in since."""
        return Load(
            seen.load.tasks + self._tasks - seen.tasks_before,
            seen.load.bytes + self._bytes - seen.bytes_before,
            seen.load.client_tasks + seen.tasks,
            seen.load.client_bytes + seen.bytes,
        )


@dataclass
class _Seen:
    """A load, when it was seen, what all clients had been let in by then, and what its client has been since."""

    load: Load
    at: float
    tasks_before: int
    bytes_before: int
    tasks: int = 0
    bytes: int = 0


def _limits(config: Config, load: Load, body_bytes: int) -> tuple[tuple[str, float, float], ...]:
    """Name, what is allowed, and what there would be with one more."""
    return (
        ("max_waiting_tasks", config.max_waiting_tasks, load.tasks + 1),
        ("max_waiting_tasks_per_client", config.max_waiting_tasks_per_client, load.client_tasks + 1),
        ("max_waiting_mb", config.max_waiting_mb, (load.bytes + body_bytes) / 1e6),
        ("max_waiting_mb_per_client", config.max_waiting_mb_per_client, (load.client_bytes + body_bytes) / 1e6),
    )


def _is_near(name: str, allowed: float, found: float) -> bool:
    return found > min(_NEAR * allowed, allowed - (_NEAR_MB if "_mb" in name else _NEAR_TASKS))
