"""Sends what is due, a few messages at a time, and again until it arrives.

A message is claimed by moving its next turn on; a sender that dies in the middle leaves it to whoever comes then. So a
message arrives at least once, and its id tells a repetition.
"""

from __future__ import annotations

import asyncio
import logging
import random
import ssl
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from recto.database import Database, Listener
from recto.errors import DatabaseUnavailableError, RequestError
from recto.webhooks.address import target_of
from recto.webhooks.config import Config
from recto.webhooks.post import Answer, post
from recto.webhooks.registry import STATEMENTS
from recto.webhooks.signature import signed_headers

log = logging.getLogger(__name__)

DUE_CHANNEL = "recto_webhook_due"
PER_RECEIVER = 4
"""Messages that one receiver gets at a time; one, while it is not well."""

GONE = 410
"""A receiver that answers so wants no more messages."""

OUTCOMES = DELIVERED, REFUSED, ABSENT = "delivered", "refused", "absent"
"""What comes of an attempt: ``absent`` is a receiver that does not answer, or answers 429 or 5xx."""

GIVEN_UP = "given_up"

_LEASE_MARGIN_S = 5.0
_LOOK_EVERY_S = 30.0
_AGAIN_AFTER_S = 1.0
_EXPIRE_EVERY_S = 600.0
_END_WITHIN_S = 3.0


@dataclass(frozen=True)
class Claim:
    """A message in hand.

    Attributes
    ----------
    attempts : int
        With this one.
    failures : int
        Of the receiver, before this attempt.
    """

    id: str
    attempts: int
    payload: str
    webhook_id: str
    url: str
    secret: str
    failures: int


@asynccontextmanager
async def sending(
    database: Database,
    config: Config,
    tls: ssl.SSLContext | None = None,
    *,
    counted: Callable[[str], None] = lambda outcome: None,
) -> AsyncIterator[None]:
    """Send messages for as long as the block runs; what is in hand at its end is handed back.

    Parameters
    ----------
    database : Database
        Open.
    config : Config
    tls : SSLContext, optional
        What certificates are held to; the system's by default.
    counted : callable
        Given what came of each attempt, one of ``OUTCOMES``, and ``GIVEN_UP`` after the last one at a message.
    """
    if config.webhook_slots == 0:
        yield
        return
    sender = Sender(database, config, tls or ssl.create_default_context(), counted)
    running = asyncio.create_task(sender.run(), name="webhooks")
    try:
        yield
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


class Sender:
    """One process's hand on the messages that are due."""

    def __init__(self, database: Database, config: Config, tls: ssl.SSLContext, counted: Callable[[str], None]) -> None:
        self._database = database
        self._config = config
        self._tls = tls
        self._counted = counted
        self._rung = asyncio.Event()
        self._listener = Listener(database, {DUE_CHANNEL: lambda _: self._rung.set()}, self._connected)
        self._in_hand: dict[asyncio.Task[None], Claim] = {}
        self._expire_at = 0.0

    async def run(self) -> None:
        """Send for ever."""
        listening = asyncio.create_task(self._listener.start())
        try:
            while True:
                try:
                    await self._turn()
                except DatabaseUnavailableError as error:
                    log.warning("No message can be sent: %s", error.message)
                    await asyncio.sleep(_AGAIN_AFTER_S)
                except Exception:
                    log.exception("No message can be sent.")
                    await asyncio.sleep(_AGAIN_AFTER_S)
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            await self._listener.stop()
            await self._end()

    async def _turn(self) -> None:
        """Take one message in hand, or wait until there may be one."""
        if time.monotonic() > self._expire_at:
            self._expire_at = time.monotonic() + _EXPIRE_EVERY_S
            await self._expire()
        self._rung.clear()
        claim = await self._claim() if len(self._in_hand) < self._config.webhook_slots else None
        if claim is not None:
            task = asyncio.create_task(self._deliver(claim), name=f"message {claim.id}")
            self._in_hand[task] = claim
            task.add_done_callback(self._done)
            return
        wait_s = _LOOK_EVERY_S if len(self._in_hand) >= self._config.webhook_slots else await self._next_due_s()
        # Not asyncio.wait_for, which in Python 3.11 forgets that it was cancelled when the ring comes at that moment.
        with suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                await self._rung.wait()

    def _done(self, task: asyncio.Task[None]) -> None:
        self._in_hand.pop(task, None)
        self._rung.set()
        if not task.cancelled() and (fault := task.exception()) is not None:
            log.error("A message is left to its next turn.", exc_info=fault)

    async def _connected(self) -> None:
        self._rung.set()

    def _busy(self) -> list[uuid.UUID]:
        """Receivers that have enough to do."""
        counts = Counter(claim.webhook_id for claim in self._in_hand.values())
        unwell = {claim.webhook_id for claim in self._in_hand.values() if claim.failures > 0}
        return [uuid.UUID(found) for found, count in counts.items() if count >= PER_RECEIVER or found in unwell]

    async def _claim(self) -> Claim | None:
        values = {"lease_s": 2 * self._config.webhook_timeout_s + _LEASE_MARGIN_S, "busy": self._busy()}
        async with self._database.connection() as connection:
            row = await (await connection.execute(STATEMENTS["claim"], values)).fetchone()
        return None if row is None else Claim(**row)

    async def _next_due_s(self) -> float:
        async with self._database.connection() as connection:
            row = await (await connection.execute(STATEMENTS["next_due"], {"busy": self._busy()})).fetchone()
        in_s = None if row is None else row["in_s"]
        return _LOOK_EVERY_S if in_s is None else min(max(float(in_s), 0.05), _LOOK_EVERY_S)

    async def _expire(self) -> None:
        async with self._database.connection() as connection:
            await connection.execute(STATEMENTS["expire"], {"history_s": self._config.webhook_history_h * 3600})

    async def _deliver(self, claim: Claim) -> None:
        try:
            answer = await self._send(claim)
        except asyncio.CancelledError:
            await self._hand_back(claim)
            raise
        self._counted(DELIVERED if answer.is_success else ABSENT if answer.is_absent else REFUSED)
        if answer.is_success:
            await self._arrived(claim, answer)
        else:
            await self._missed(claim, answer)

    async def _send(self, claim: Claim) -> Answer:
        config = self._config
        try:
            target = target_of(claim.url, allow_http=config.webhook_http)
        except RequestError as error:  # the settings were others when it was registered
            return Answer(None, error.message)
        body = claim.payload.encode()
        headers = signed_headers(claim.secret, f"msg_{claim.id}", int(time.time()), body)
        networks = config.networks()
        return await post(target, headers, body, timeout_s=config.webhook_timeout_s, allowed=networks, tls=self._tls)

    async def _arrived(self, claim: Claim, answer: Answer) -> None:
        async with self._database.connection() as connection:
            values = {"id": uuid.UUID(claim.id), "status": answer.status}
            await connection.execute(STATEMENTS["delivered"], values)
            await connection.execute(STATEMENTS["arrived"], {"id": uuid.UUID(claim.webhook_id)})

    async def _missed(self, claim: Claim, answer: Answer) -> None:
        config = self._config
        is_last = claim.attempts >= config.webhook_attempts or answer.status == GONE
        spread = random.uniform(0.9, 1.1)  # so that messages that failed together do not come together again
        pause_s = max(config.pause_s(claim.attempts - 1) * spread, min(answer.retry_after_s, config.pause_s(99)))
        message = {
            "id": uuid.UUID(claim.id),
            "attempt": claim.attempts,
            "status": answer.status,
            "error": (answer.error or "")[:500],
            "pause_s": pause_s,
            "last": is_last,
        }
        receiver = {
            "id": uuid.UUID(claim.webhook_id),
            "client_id": None,
            "absent": answer.is_absent,
            "pause_s": max(config.pause_s(claim.failures), min(answer.retry_after_s, config.pause_s(99))),
            "disable_after_s": config.webhook_disable_after_h * 3600,
            "why": f"Nothing has arrived for {config.webhook_disable_after_h:g} h; the last time: {answer.error}.",
        }
        if is_last:
            self._counted(GIVEN_UP)
        async with self._database.connection() as connection:
            await connection.execute(STATEMENTS["failed"], message)
            if answer.status == GONE:
                receiver["why"] = "It answered 410: it wants no more messages."
                await connection.execute(STATEMENTS["disable"], receiver)
            else:
                row = await (await connection.execute(STATEMENTS["missed"], receiver)).fetchone()
                if row is not None and row["is_disabled"]:
                    log.warning("Webhook %s is disabled: %s", claim.webhook_id, receiver["why"])
        log.info("Message %s did not arrive (attempt %d): %s.", claim.id, claim.attempts, answer.error)

    async def _hand_back(self, claim: Claim) -> None:
        with suppress(DatabaseUnavailableError):
            async with self._database.connection() as connection:
                values = {"id": uuid.UUID(claim.id), "attempt": claim.attempts}
                await connection.execute(STATEMENTS["hand_back"], values)

    async def _end(self) -> None:
        """Let what is nearly done be done; the rest is handed back."""
        tasks = list(self._in_hand)
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=_END_WITHIN_S)
        for task in late:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
