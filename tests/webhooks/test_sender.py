"""Every end of a task is told, once it can be, to who wants to hear it: whatever dies or answers wrongly meanwhile."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from recto.client import verify_message
from recto.service import TASK, Counting, Order
from recto.service.counting import MESSAGE_OUTCOMES
from recto.tasks import Claims, Engine
from recto.webhooks import Config, Delivery, Registry, Webhook, sending
from recto.webhooks.sender import GIVEN_UP, OUTCOMES, Sender
from tests.in_loop import within
from tests.parts import TURN, Parts, end, open_parts, png, worker_process
from tests.postgres import rows
from tests.webhooks.certificates import certificate
from tests.webhooks.conftest import receiving, status, until

HERE = {"webhook_networks": "127.0.0.0/8", "webhook_http": True, "webhook_first_retry_s": 0.01}


@dataclass
class Sending:
    """The parts of the service, and a registry."""

    parts: Parts
    config: Config
    registry: Registry

    async def add(self, url: str, *, every_task: bool = True, client: str = "anna") -> tuple[Webhook, str]:
        return await self.registry.add(client, url, None, every_task=every_task)

    async def end_a_task(self, client: str = "anna", *, well: bool = True, **more: Any) -> str:
        """A task that is completed or has failed, without a worker."""
        order = Order(TASK, TURN, png(), **more)
        task_id = (await self.parts.service.accept(client, order)).task_id
        claims = Claims(self.parts.database, Engine(), self.parts.tasks)
        claim = await claims.take()
        assert claim is not None
        assert claim.id == task_id
        if well:
            assert await claims.complete(claim, 1, [], [{}])
            assert await claims.complete(claim, 1, [], [{}])  # said twice, as after a lost answer
        else:
            assert await claims.fail(claim, "It is torn.")
        return task_id

    async def deliveries(self, webhook: Webhook, client: str = "anna") -> list[Delivery]:
        return list(await self.registry.deliveries(client, webhook.id, None, 100))

    async def settled(self, webhook: Webhook, state: str = "delivered") -> Delivery:
        """The only message, once it is in a state."""
        async with asyncio.timeout(30):
            while True:
                (found,) = await self.deliveries(webhook)
                if found.state == state:
                    return found
                await asyncio.sleep(0.02)


def opening(**settings: Any) -> Any:
    @asynccontextmanager
    async def opened(url: str, home: Path) -> AsyncIterator[Sending]:
        async with open_parts(url, home) as parts:
            config = Config(**{**HERE, **settings})
            yield Sending(parts, config, Registry(parts.database, config))

    return within(opened)


@opening()
async def test_the_end_of_a_task_is_told_and_the_message_is_genuine(s: Sending) -> None:
    async with receiving() as receiver, sending(s.parts.database, s.config):
        webhook, secret = await s.add(receiver.url)
        done = await s.end_a_task(name="a \u00e4 name")
        failed = await s.end_a_task(well=False)
        got = await receiver.has(2)
        told = {m.task_id: m for m in (verify_message(secret, found.headers, found.body) for found in got)}
        assert (told[done].type, told[done].name, told[done].page_count) == ("task.completed", "a \u00e4 name", 1)
        assert (told[failed].type, told[failed].error, told[failed].page_count) == ("task.failed", "It is torn.", 0)
        assert abs(told[done].closed_at - datetime.now(UTC)) < timedelta(minutes=1)
        assert got[0].line == "POST /recto?from=tests HTTP/1.1"
        assert got[0].headers["host"] == f"127.0.0.1:{receiver.port}"
        assert got[0].headers["content-type"] == "application/json"
        await until(lambda: not rows(s.parts.url, "SELECT 1 FROM webhook_deliveries WHERE delivered_at IS NULL"))
        assert {d.state for d in await s.deliveries(webhook)} == {"delivered"}
    assert len(receiver.got) == 2


@opening()
async def test_only_who_wants_to_hear_is_told(s: Sending) -> None:
    every, _ = await s.add("http://127.0.0.1:9/all")
    named, _ = await s.add("http://127.0.0.1:9/named", every_task=False)
    other, _ = await s.add("http://127.0.0.1:9/other", client="berta")
    plain = await s.end_a_task()
    hidden = await s.end_a_task(listed=False)
    chosen = await s.end_a_task(listed=False, webhook_id=named.id)
    stranger = await s.end_a_task(webhook_id=other.id)
    assert {d.task_id for d in await s.deliveries(every)} == {plain, stranger}
    assert {d.task_id for d in await s.deliveries(named)} == {chosen}
    assert await s.deliveries(other, "berta") == []
    assert hidden
    cancelled = await s.parts.submit()
    await s.parts.service.cancel("anna", cancelled)
    assert cancelled not in {d.task_id for d in await s.deliveries(every)}


@opening()
async def test_a_message_is_there_exactly_when_the_end_of_its_task_is(s: Sending) -> None:
    webhook, _ = await s.add("http://127.0.0.1:9/")
    task_id = await s.parts.submit()
    with psycopg.connect(s.parts.url) as connection:
        connection.execute("UPDATE tasks SET state = 'failed', closed_at = now() WHERE id = %s", [task_id])
        assert connection.execute("SELECT count(*) FROM webhook_deliveries").fetchone() == (1,)
        connection.rollback()
    assert await s.deliveries(webhook) == []


@opening()
async def test_wrong_answers_have_it_sent_again_with_the_same_id(s: Sending) -> None:
    script = [status(500), status(302, "Location: http://127.0.0.1:9/"), b"SSH-2.0-x\r\n\r\n", b"", status(404)]
    counts: list[str] = []
    async with receiving(*script) as receiver, sending(s.parts.database, s.config, counted=counts.append):
        webhook, secret = await s.add(receiver.url)
        await s.end_a_task()
        got = await receiver.has(6)
        assert len({found.headers["webhook-id"] for found in got}) == 1
        assert len({found.body for found in got}) == 1
        for found in got:
            verify_message(secret, found.headers, found.body)
        told = await s.settled(webhook)
        assert (told.attempts, told.answered_status, told.error) == (6, 204, None)
        assert counts == ["absent", "refused", "absent", "absent", "refused", "delivered"]
        (webhook,) = await s.registry.webhooks("anna")
        assert webhook.failing_since is None


@opening(webhook_timeout_s=0.3)
async def test_a_receiver_that_does_not_answer_is_given_up_on_and_tried_again(s: Sending) -> None:
    async with receiving(None, b"HTTP/1.1 100 Continue\r\n\r\n" + status(200)) as receiver:
        webhook, _ = await s.add(receiver.url)
        await s.end_a_task()
        async with sending(s.parts.database, s.config):
            told = await s.settled(webhook)
    assert (told.attempts, len(receiver.got)) == (2, 2)


@opening(webhook_attempts=3)
async def test_it_is_given_up_in_the_end_and_can_be_sent_again(s: Sending) -> None:
    counts: list[str] = []
    async with (
        receiving(*[status(400)] * 3) as receiver,
        sending(s.parts.database, s.config, counted=counts.append),
    ):
        webhook, _ = await s.add(receiver.url)
        await s.end_a_task()
        told = await s.settled(webhook, "failed")
        assert (told.attempts, told.answered_status, told.error) == (3, 400, "it answered 400")
        assert counts == ["refused", "refused", "refused", "given_up"]
        assert (await s.registry.again("anna", webhook.id, told.id)).state == "pending"
        await s.settled(webhook)
    assert len(receiver.got) == 4


@opening(webhook_first_retry_s=3600)
async def test_a_receiver_that_is_down_costs_one_attempt_not_one_for_each_message(s: Sending) -> None:
    async with receiving(*[status(503)] * 9) as receiver:
        webhook, _ = await s.add(receiver.url)
        for _ in range(12):
            await s.end_a_task()
        async with sending(s.parts.database, s.config):
            await receiver.has(1)
            await until(lambda: rows(s.parts.url, "SELECT paused_until > now() FROM webhooks") == [(True,)])
        tried = [d for d in await s.deliveries(webhook) if d.attempts]
        assert 1 <= len(tried) <= 4  # so many are on their way at once
        (webhook,) = await s.registry.webhooks("anna")
        assert webhook.failing_since is not None
        # Once it is heard of as well, everything is sent.
        receiver.script.clear()
        await s.registry.enable("anna", webhook.id, enabled=True)
        with psycopg.connect(s.parts.url, autocommit=True) as connection:
            connection.execute("UPDATE webhook_deliveries SET due_at = now()")
        async with sending(s.parts.database, s.config):
            await until(lambda: not rows(s.parts.url, "SELECT 1 FROM webhook_deliveries WHERE delivered_at IS NULL"))


@opening()
async def test_a_receiver_that_is_gone_is_not_asked_again(s: Sending) -> None:
    async with receiving(status(410)) as receiver, sending(s.parts.database, s.config):
        webhook, _ = await s.add(receiver.url)
        await s.end_a_task()
        await s.settled(webhook, "failed")
        (webhook,) = await s.registry.webhooks("anna")
        assert webhook.disabled_why is not None
        assert "410" in webhook.disabled_why
        await s.end_a_task()
        assert len(await s.deliveries(webhook)) == 1


@opening(webhook_disable_after_h=0.0001)
async def test_a_receiver_at_which_nothing_arrives_is_disabled_and_what_waits_is_kept(s: Sending) -> None:
    async with receiving(*[status(500)] * 400) as receiver, sending(s.parts.database, s.config):
        webhook, _ = await s.add(receiver.url)
        await s.end_a_task()
        await until(lambda: rows(s.parts.url, "SELECT disabled_why FROM webhooks WHERE disabled_at IS NOT NULL") != [])
        (webhook,) = await s.registry.webhooks("anna")
        assert webhook.disabled_why == "Nothing has arrived for 0.0001 h; the last time: it answered 500."
        assert (await s.deliveries(webhook))[0].state == "pending"
        receiver.script.clear()
        await s.registry.enable("anna", webhook.id, enabled=True)
        await s.settled(webhook)


@opening(webhook_networks="")
async def test_nothing_is_sent_to_a_private_address(s: Sending) -> None:
    async with receiving() as receiver, sending(s.parts.database, s.config):
        webhook, _ = await s.add(f"http://localhost:{receiver.port}/")
        await s.end_a_task()
        await until(lambda: rows(s.parts.url, "SELECT 1 FROM webhook_deliveries WHERE error IS NOT NULL") != [])
        (told,) = await s.deliveries(webhook)
        assert told.error is not None
        assert "not a public address" in told.error
    assert receiver.got == []


@opening()
async def test_the_connection_goes_to_the_address_that_was_checked(s: Sending, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that means another address when it is looked up again gains nothing: it is not looked up again."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def look_up(host: str, port: int, *more: Any, **named: Any) -> Any:
        if host != "receiver.example":
            return real(host, port, *more, **named)
        asked.append(host)
        return real("127.0.0.1" if len(asked) == 1 else "10.0.0.1", port, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    async with receiving() as receiver, sending(s.parts.database, s.config):
        webhook, _ = await s.add(f"http://receiver.example:{receiver.port}/")
        await s.end_a_task()
        await s.settled(webhook)
    assert receiver.got[0].headers["host"] == f"receiver.example:{receiver.port}"
    assert asked == ["receiver.example"]


@opening()
async def test_over_https_the_certificate_must_be_good(s: Sending) -> None:
    server, trusting = certificate("localhost")
    webhook_url = "https://localhost:{}/"
    async with receiving(tls=server) as receiver:
        webhook, _ = await s.add(webhook_url.format(receiver.port))
        await s.end_a_task()
        async with sending(s.parts.database, s.config):
            await until(lambda: rows(s.parts.url, "SELECT 1 FROM webhook_deliveries WHERE error IS NOT NULL") != [])
        assert "certificate is not good" in ((await s.deliveries(webhook))[0].error or "")
        assert receiver.got == []
        # Another webhook: the pauses of this one grow with each try, and so with the time the first sender had.
        trusted, _ = await s.add(webhook_url.format(receiver.port))
        await s.end_a_task()
        async with sending(s.parts.database, s.config, tls=trusting):
            await s.settled(trusted)
    assert json.loads(receiver.got[0].body)["type"] == "task.completed"
    assert isinstance(trusting, ssl.SSLContext)


@opening(webhook_timeout_s=20)
async def test_what_is_in_hand_when_a_sender_stops_is_sent_by_the_next(
    s: Sending, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recto.webhooks.sender._END_WITHIN_S", 0.1)
    async with receiving(None) as receiver:
        webhook, _ = await s.add(receiver.url)
        await s.end_a_task()
        async with sending(s.parts.database, s.config):
            await receiver.has(1)
        assert (await s.settled(webhook, "pending")).attempts == 0
        async with sending(s.parts.database, s.config):
            await s.settled(webhook)


class Bell(asyncio.Event):
    """Knows when somebody waits for it."""

    waited = False

    async def wait(self) -> Any:
        self.waited = True
        return await super().wait()


@opening()
async def test_a_sender_that_is_rung_at_the_moment_it_is_to_stop_stops(
    s: Sending, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender = Sender(s.parts.database, s.config, ssl.create_default_context(), lambda outcome: None)
    bell = Bell()
    monkeypatch.setattr(sender, "_rung", bell)
    running = asyncio.create_task(sender.run())
    async with asyncio.timeout(60):
        while not bell.waited:
            await asyncio.sleep(0.02)
        await asyncio.sleep(0)
        bell.set()
        running.cancel()
        await asyncio.wait([running])
    assert running.cancelled()


def test_the_counts_know_what_can_come_of_an_attempt() -> None:
    assert OUTCOMES == MESSAGE_OUTCOMES
    counting = Counting()
    for outcome in (*OUTCOMES, GIVEN_UP):
        counting.message(outcome)
    assert sorted(name for name, _ in counting.tally.take()) == ["recto_webhook_attempts"] * 3 + [
        "recto_webhook_given_up"
    ]


@opening()
async def test_the_past_is_forgotten(s: Sending) -> None:
    webhook, _ = await s.add("http://127.0.0.1:9/")
    await s.end_a_task()
    with psycopg.connect(s.parts.url, autocommit=True) as connection:
        connection.execute("UPDATE webhook_deliveries SET created_at = now() - interval '73 hours'")
    async with sending(s.parts.database, s.config):
        await until(lambda: rows(s.parts.url, "SELECT 1 FROM webhook_deliveries") == [])
    assert await s.deliveries(webhook) == []


@pytest.mark.slow
@opening()
async def test_a_worker_that_is_killed_while_it_sends_loses_nothing(s: Sending, tmp_path: Path) -> None:
    """Two real worker processes: the first has the message in hand when it dies."""
    config = {**HERE, "webhook_timeout_s": 2.0}
    async with receiving(None) as receiver:
        webhook, secret = await s.add(receiver.url)
        first = await asyncio.to_thread(worker_process, s.parts.url, s.parts.home, None, **config)
        try:
            task_id = await s.parts.submit()
            await receiver.has(1, 90)
        finally:
            end(first)
        second = await asyncio.to_thread(worker_process, s.parts.url, s.parts.home, None, **config)
        try:
            got = await receiver.has(2, 90)
            assert got[0].headers["webhook-id"] == got[1].headers["webhook-id"]
            assert verify_message(secret, got[1].headers, got[1].body).task_id == task_id
            assert (await s.settled(webhook)).attempts == 2
        finally:
            end(second)
