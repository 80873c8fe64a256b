"""Limits hold to the task, however many ask at once and at however many servers."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from recto.errors import ClientQueueFullError, QueueFullError
from recto.service import Service, open_service
from recto.tasks import Config, Load, Room
from tests.in_loop import within
from tests.parts import TURN, Parts, open_parts, png
from tests.postgres import rows

LIMITS = {"max_waiting_tasks": 12, "max_waiting_tasks_per_client": 7}


def parts(**settings: Any) -> Any:
    return within(lambda url, home: open_parts(url, home, **settings))


async def crowd(servers: list[Service], client: str, count: int) -> list[str]:
    """What came of so many submits at the same moment: an id's length, or the code of a refusal."""

    async def one(number: int) -> str:
        try:
            return str(len(await servers[number % len(servers)].submit(client, "Turn", TURN, png())))
        except QueueFullError as error:
            return error.code

    return list(await asyncio.gather(*(one(number) for number in range(count))))


@parts(**LIMITS)
async def test_a_crowd_cannot_pass_a_limit(p: Parts) -> None:
    async with open_service(p.database, p.store, tasks=p.tasks, config=p.config) as second:
        servers = [p.service, second]
        anna = await crowd(servers, "anna", 24)
        bert = await crowd(servers, "bert", 24)
    assert anna.count("36") == 7
    assert "client-queue-full" in anna
    assert (bert.count("36"), bert.count("queue-full")) == (5, 19)
    assert rows(p.url, "SELECT client_id, count(*) FROM tasks GROUP BY 1 ORDER BY 1") == [("anna", 7), ("bert", 5)]
    assert len(p.blobs()) == 12, "what was refused leaves no blob"
    assert (ClientQueueFullError.status, QueueFullError.status) == (429, 503)


class Counted:
    """A load that is asked for."""

    def __init__(self) -> None:
        self.load = Load(0, 0, 0, 0)
        self.asked = 0

    async def __call__(self, client_id: str) -> Load:
        self.asked += 1
        return self.load


async def test_a_server_counts_for_itself_while_there_is_room() -> None:
    counted = Counted()
    room = Room(counted, Config())
    assert not any([await room.look("anna", 1000) for _ in range(100)])
    assert counted.asked <= 3, "not once for each"


async def test_little_room_is_left_to_the_database() -> None:
    counted = Counted()
    room = Room(counted, Config(max_waiting_tasks=3000, max_waiting_tasks_per_client=3000))
    near = [await room.look("anna", 1000) for _ in range(2100)]
    assert not any(near[:1900])
    assert all(near[2000:])
    counted.load = Load(2900, 0, 0, 0)
    assert await Room(counted, Config(max_waiting_tasks=3000)).look("bert", 1), "the others' tasks count"
    assert await Room(counted, Config(max_waiting_mb=1)).look("bert", 1)


@pytest.mark.parametrize("limit", ["max_waiting_mb", "max_waiting_mb_per_client"])
async def test_bytes_are_counted_between_two_looks_too(limit: str) -> None:
    config = Config(**{"max_waiting_mb": 10**6, "max_waiting_mb_per_client": 10**6, limit: 3000})
    room = Room(Counted(), config)
    near = [await room.look("anna", 10**7) for _ in range(210)]
    assert not any(near[:190])
    assert all(near[201:])


async def test_room_that_was_made_is_seen_at_once() -> None:
    counted = Counted()
    counted.load = Load(2, 0, 2, 0)
    room = Room(counted, Config(max_waiting_tasks_per_client=3))
    assert await room.look("anna", 1)
    counted.load = Load(3, 0, 3, 0)
    with pytest.raises(ClientQueueFullError, match="max_waiting_tasks_per_client is limited to 3"):
        await room.look("anna", 1)
    counted.load = Load(0, 0, 0, 0)
    assert await room.look("anna", 1)
