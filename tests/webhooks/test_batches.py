"""The end of a batch is told once, however its tasks end: at the same moment, before it is closed, or not at all."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import psycopg
import pytest

from recto.client import verify_message
from recto.service import TASK, Order, Wanted, attend
from recto.store import FolderStore
from recto.tasks import Claim, Claims, Engine
from recto.web.v1.models import BatchMessage
from recto.webhooks import Delivery, Webhook, sending
from tests.parts import TURN, end, png, worker_process
from tests.postgres import rows
from tests.webhooks.conftest import receiving, until
from tests.webhooks.test_sender import HERE, Sending, opening

NOWHERE = "http://127.0.0.1:9/"
STEPS = '[{"filter": "rotate"}]'


async def told(s: Sending, webhook: Webhook) -> list[Delivery]:
    """Messages about batches, the last one first."""
    return [found for found in await s.deliveries(webhook) if found.event == "batch.completed"]


async def begin(s: Sending, count: int, **named: Any) -> tuple[str, list[Claim]]:
    """A batch with so many tasks, all in a worker's hand."""
    batch_id = await s.parts.service.batches.open("anna", STEPS, "volume 1", **named)
    claims = Claims(s.parts.database, Engine(), s.parts.tasks)
    held = []
    for _ in range(count):
        await s.parts.service.accept("anna", Order(TASK, TURN, png(), batch_id=batch_id))
        claim = await claims.take()
        assert claim is not None
        held.append(claim)
    return batch_id, held


def hand(s: Sending) -> Claims:
    return Claims(s.parts.database, Engine(), s.parts.tasks)


@opening()
async def test_a_batch_is_told_with_its_last_task_and_the_message_is_genuine(s: Sending) -> None:
    async with receiving() as receiver, sending(s.parts.database, s.config):
        webhook, secret = await s.add(receiver.url, every_task=False)
        batch_id, (first, second, third) = await begin(s, 3, webhook_id=webhook.id)
        assert await hand(s).complete(first, 2, [], [{}] * 2)
        assert await s.parts.service.batches.close("anna", batch_id)
        assert await hand(s).complete(second, 1, [], [{}])
        assert await told(s, webhook) == []
        assert await hand(s).fail(third, "It is torn.")
        assert not await hand(s).complete(third, 1, [], [{}])
        await s.parts.service.batches.close("anna", batch_id)
        (got,) = await receiver.has(1)
        BatchMessage.model_validate_json(got.body)
        message = verify_message(secret, got.headers, got.body)
        assert (message.type, message.batch_id, message.task_id) == ("batch.completed", batch_id, None)
        assert (message.name, message.page_count, message.error) == ("volume 1", 3, None)
        assert message.tasks == {"completed": 2, "failed": 1}
        delivered = await s.settled(webhook)
        assert (delivered.batch_id, delivered.task_id) == (batch_id, None)
    assert len(receiver.got) == 1


@opening()
async def test_only_who_wants_to_hear_is_told(s: Sending) -> None:
    every, _ = await s.add(NOWHERE)
    named, _ = await s.add(NOWHERE, every_task=False)
    other, _ = await s.add(NOWHERE, client="berta")
    for webhook_id in (None, named.id, other.id):
        batch_id, (claim,) = await begin(s, 1, webhook_id=webhook_id)
        await hand(s).complete(claim, 1, [], [{}])
        await s.parts.service.batches.close("anna", batch_id)
    assert [len(await told(s, webhook)) for webhook in (every, named)] == [3, 1]
    assert await s.deliveries(other, "berta") == []


@opening()
async def test_tasks_that_end_at_once_make_one_message(s: Sending) -> None:
    webhook, _ = await s.add(NOWHERE)
    for _ in range(6):
        before = len(await told(s, webhook))
        batch_id, held = await begin(s, 6)
        ends: list[Any] = [hand(s).complete(claim, 1, [], [{}]) for claim in held]
        ends.insert(3, s.parts.service.batches.close("anna", batch_id))
        assert all(await asyncio.gather(*ends))
        assert len(await told(s, webhook)) == before + 1


@pytest.mark.parametrize("closing_first", [True, False])
@opening()
async def test_of_two_transactions_the_later_one_tells(s: Sending, closing_first: bool) -> None:
    """Each has done its part before the other commits, which neither can see."""
    webhook, _ = await s.add(NOWHERE)
    batch_id, (claim,) = await begin(s, 1)
    completing = "UPDATE tasks SET state = 'completed', pages = 1, closed_at = now() WHERE id = %s"
    closing = "UPDATE batches SET closed_at = now() WHERE id = %s"
    steps = [(closing, batch_id), (completing, claim.id)]
    (first, first_id), (second, second_id) = steps if closing_first else steps[::-1]
    async with (
        await psycopg.AsyncConnection.connect(s.parts.url) as one,
        await psycopg.AsyncConnection.connect(s.parts.url) as other,
    ):
        await one.execute(first, [first_id])
        waits = asyncio.create_task(other.execute(second, [second_id]))
        asked = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        await until(lambda: rows(s.parts.url, asked) != [])
        assert not waits.done()
        await one.commit()
        await waits
        assert await told(s, webhook) == []
        await other.commit()
    assert len(await told(s, webhook)) == 1


@opening()
async def test_an_end_that_is_rolled_back_tells_nothing(s: Sending) -> None:
    webhook, _ = await s.add(NOWHERE)
    batch_id, (claim,) = await begin(s, 1)
    await s.parts.service.batches.close("anna", batch_id)
    with psycopg.connect(s.parts.url) as connection:
        connection.execute("UPDATE tasks SET state = 'failed', closed_at = now() WHERE id = %s", [claim.id])
        connection.rollback()
    assert await told(s, webhook) == []
    await hand(s).complete(claim, 1, [], [{}])
    assert len(await told(s, webhook)) == 1


@opening()
async def test_a_batch_that_is_cancelled_tells_nothing_and_a_task_that_is_lets_the_rest_end(s: Sending) -> None:
    webhook, _ = await s.add(NOWHERE)
    dropped, (claim, _) = await begin(s, 2)
    await hand(s).complete(claim, 1, [], [{}])
    await s.parts.service.batches.cancel("anna", dropped)
    done, _ = await begin(s, 1)
    await s.parts.service.batches.cancel("anna", done)
    assert await told(s, webhook) == []
    shorter, (first, second) = await begin(s, 2)
    await hand(s).complete(first, 1, [], [{}])
    await s.parts.service.batches.close("anna", shorter)
    await s.parts.service.cancel("anna", second.id)
    assert [found.batch_id for found in await told(s, webhook)] == [shorter]


@opening()
async def test_one_without_tasks_is_done_when_it_is_closed(s: Sending) -> None:
    webhook, _ = await s.add(NOWHERE)
    batch_id, _ = await begin(s, 0)
    for _ in range(2):
        await s.parts.service.batches.close("anna", batch_id)
    assert len(await told(s, webhook)) == 1


@opening()
async def test_a_task_whose_time_is_over_holds_up_no_batch(s: Sending) -> None:
    webhook, _ = await s.add(NOWHERE)
    batch_id, (claim, late) = await begin(s, 2)
    await s.parts.service.batches.close("anna", batch_id)
    await hand(s).complete(claim, 1, [], [{}])
    with psycopg.connect(s.parts.url, autocommit=True) as connection:
        connection.execute("UPDATE tasks SET expires_at = now() WHERE id = %s", [late.id])
    assert await told(s, webhook) == []
    await s.parts.service.fetch("anna", late.id)  # which clears away what is over
    assert [found.batch_id for found in await told(s, webhook)] == [batch_id]


@opening()
async def test_a_task_that_is_tried_again_opens_its_batch_and_its_new_end_is_told_too(s: Sending) -> None:
    webhook, _ = await s.add(NOWHERE)
    attendant = await attend(s.parts.database, s.parts.store, s.parts.tasks)
    batch_id, (claim,) = await begin(s, 1)
    await s.parts.service.batches.close("anna", batch_id)
    await hand(s).fail(claim, "The disk was full.")
    with psycopg.connect(s.parts.url, autocommit=True) as connection:
        connection.execute("UPDATE batches SET expires_at = now() + interval '1 minute'")
    (entry,) = await attendant.find(Wanted())
    await attendant.retry(entry)
    found = await s.parts.service.batches.find("anna", batch_id)
    assert found is not None
    assert found.state == "processing"
    assert rows(s.parts.url, "SELECT batches.expires_at = tasks.expires_at FROM batches, tasks") == [(True,)]
    again = await hand(s).take()
    assert again is not None
    await hand(s).complete(again, 1, [], [{}])
    assert len(await told(s, webhook)) == 2


@pytest.mark.slow
@opening()
async def test_real_workers_end_a_batch_together(s: Sending, tmp_path: Path) -> None:
    """Two worker processes with two slots each; one is killed in the middle."""
    assert isinstance(s.parts.store, FolderStore)
    quick = {**HERE, "worker_slots": 2, "heartbeat_s": 0.3, "stalled_after_s": 1.5, "sweep_every_s": 0.3}
    async with receiving() as receiver:
        webhook, secret = await s.add(receiver.url, every_task=False)
        batch_id = await s.parts.service.batches.open("anna", STEPS, None, webhook.id)
        workers = [await asyncio.to_thread(worker_process, s.parts.url, s.parts.home, None, **quick) for _ in range(2)]
        try:
            for k in range(30):
                await s.parts.service.accept("anna", Order(TASK, TURN, png(k), batch_id=batch_id))
            await until(lambda: rows(s.parts.url, "SELECT 1 FROM tasks WHERE state = 'completed'") != [], 90)
            end(workers[0])
            await s.parts.service.batches.close("anna", batch_id)
            (got,) = await receiver.has(1, 90)
            message = verify_message(secret, got.headers, got.body)
            assert (message.batch_id, message.tasks) == (batch_id, {"completed": 30, "failed": 0})
            assert rows(s.parts.url, "SELECT count(*) FROM webhook_deliveries") == [(1,)]
        finally:
            for worker in workers:
                end(worker)
