"""Who wants to be told, and what became of it: a client's view of its webhooks."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from recto.database import Database, read_statements
from recto.errors import LimitError, NotFoundError, RequestError
from recto.webhooks.address import check_literal, target_of
from recto.webhooks.config import Config
from recto.webhooks.signature import key_of, new_secret

STATEMENTS = read_statements("recto.webhooks", "queries.sql")

_LOCK = 0x72656374  # "rect"


@dataclass(frozen=True)
class Webhook:
    """A receiver; its secret is told once, when it is registered.

    Attributes
    ----------
    every_task : bool
        It is told of every batch and every listed task of the client, not only of those that name it.
    disabled_at, disabled_why : datetime and str, or None
    failing_since : datetime or None
        Nothing has arrived since then, although it was tried.
    """

    id: str
    url: str
    every_task: bool
    created_at: datetime
    disabled_at: datetime | None
    disabled_why: str | None
    failing_since: datetime | None


@dataclass(frozen=True)
class Delivery:
    """A message and what became of it.

    Attributes
    ----------
    task_id, batch_id : str or None
        What it is about; one of them.
    attempts : int
        How often it was tried so far.
    due_at : datetime
        When it is tried next, at the earliest.
    answered_status : int or None
        The HTTP status of the last answer.
    error : str or None
        What went wrong the last time.
    """

    id: str
    task_id: str | None
    batch_id: str | None
    event: str
    created_at: datetime
    attempts: int
    tried_at: datetime | None
    due_at: datetime
    answered_status: int | None
    error: str | None
    delivered_at: datetime | None
    given_up_at: datetime | None

    @property
    def state(self) -> str:
        """``delivered``, ``failed`` (given up) or ``pending``."""
        return "delivered" if self.delivered_at else "failed" if self.given_up_at else "pending"


class Registry:
    """Register, list, enable, disable, delete."""

    def __init__(self, database: Database, config: Config) -> None:
        self._database = database
        self._config = config

    async def add(self, client_id: str, url: str, secret: str | None, *, every_task: bool) -> tuple[Webhook, str]:
        """Register a receiver.

        Returns
        -------
        Webhook
        str
            Its secret: the one that was given, or a new one.

        Raises
        ------
        RequestError
            Messages cannot go there, or the secret is none.
        LimitError
            The client has too many.
        """
        secret = self._checked(url, secret)
        async with self._database.connection() as connection:
            await connection.execute(STATEMENTS["lock_client"], {"key": _LOCK, "client_id": client_id})
            return await self._insert(connection, client_id, url, secret, every_task=every_task), secret

    async def named(self, client_id: str, named: str | Mapping[str, Any]) -> str:
        """The id of the webhook that a task or a batch names.

        It is named by its id, or by url and secret, which are registered if need be.

        Raises
        ------
        RequestError
            There is none of that id, it is disabled, or messages cannot go there.
        LimitError
            The client has too many.
        """
        if isinstance(named, str):
            found = await self._find(client_id, named)
            if found is None:
                raise RequestError(f"There is no webhook {named!r}; POST /v1/webhooks makes one.")
        else:
            found = await self._find_or_insert(client_id, *_url_and_secret(named))
        if found.disabled_at is not None:
            raise RequestError(f"The webhook {found.id} is disabled: {found.disabled_why}")
        return found.id

    async def webhooks(self, client_id: str) -> list[Webhook]:
        """A client's webhooks, oldest first."""
        async with self._database.connection() as connection:
            cursor = await connection.execute(STATEMENTS["list"], {"client_id": client_id})
            return [Webhook(**row) for row in await cursor.fetchall()]

    async def enable(self, client_id: str, webhook_id: str, *, enabled: bool) -> Webhook:
        """Send again, or no more; what waits is kept meanwhile.

        Raises
        ------
        NotFoundError
        """
        values = {"client_id": client_id, "id": _uuid(webhook_id), "why": "The client has disabled it."}
        async with self._database.connection() as connection:
            statement = STATEMENTS["enable" if enabled else "disable"]
            row = await (await connection.execute(statement, values)).fetchone()
            if row is not None and enabled:
                await connection.execute(STATEMENTS["ring"])
        if row is None:
            raise _no_webhook()
        return Webhook(**row)

    async def delete(self, client_id: str, webhook_id: str) -> None:
        """Forget a webhook and its messages; no matter how often it is said."""
        values = {"client_id": client_id, "id": _uuid(webhook_id)}
        async with self._database.connection() as connection:
            row = await (await connection.execute(STATEMENTS["delete"], values)).fetchone()
            if row is not None:
                await connection.execute(STATEMENTS["delete_deliveries"], values)

    async def deliveries(
        self, client_id: str, webhook_id: str, after: tuple[datetime, str] | None, limit: int
    ) -> Sequence[Delivery]:
        """Messages of a webhook, newest first, from behind a place on.

        Raises
        ------
        NotFoundError
        """
        if await self._find(client_id, webhook_id) is None:
            raise _no_webhook()
        after_at, after_id = after or (None, None)
        values = {"id": _uuid(webhook_id), "after_at": after_at, "after_id": after_id, "limit": limit}
        async with self._database.connection() as connection:
            cursor = await connection.execute(STATEMENTS["deliveries"], values)
            return [Delivery(**row) for row in await cursor.fetchall()]

    async def again(self, client_id: str, webhook_id: str, delivery_id: str) -> Delivery:
        """Send a message once more, delivered or not.

        Raises
        ------
        NotFoundError
        """
        if await self._find(client_id, webhook_id) is None:
            raise _no_webhook()
        values = {"webhook_id": _uuid(webhook_id), "id": _uuid(delivery_id)}
        async with self._database.connection() as connection:
            row = await (await connection.execute(STATEMENTS["again"], values)).fetchone()
            await connection.execute(STATEMENTS["ring"])
        if row is None:
            raise NotFoundError("There is no such message, any more.")
        return Delivery(**row)

    async def _find(self, client_id: str, webhook_id: str) -> Webhook | None:
        try:
            values = {"client_id": client_id, "id": _uuid(webhook_id)}
        except NotFoundError:
            return None
        async with self._database.connection() as connection:
            row = await (await connection.execute(STATEMENTS["find"], values)).fetchone()
        return None if row is None else Webhook(**row)

    async def _find_or_insert(self, client_id: str, url: str, secret: str) -> Webhook:
        self._checked(url, secret)
        values = {"key": _LOCK, "client_id": client_id, "url": url, "secret": secret}
        async with self._database.connection() as connection:
            row = await (await connection.execute(STATEMENTS["find_same"], values)).fetchone()
            if row is None:
                await connection.execute(STATEMENTS["lock_client"], values)
                row = await (await connection.execute(STATEMENTS["find_same"], values)).fetchone()
            if row is not None:
                return Webhook(**row)
            return await self._insert(connection, client_id, url, secret, every_task=False)

    async def _insert(self, connection: Any, client_id: str, url: str, secret: str, *, every_task: bool) -> Webhook:
        values = {
            "id": uuid.uuid4(),
            "client_id": client_id,
            "url": url,
            "secret": secret,
            "every_task": every_task,
        }
        row = await (await connection.execute(STATEMENTS["count"], values)).fetchone()
        if row["count"] >= self._config.webhooks_per_client:
            raise LimitError("webhooks_per_client", self._config.webhooks_per_client, row["count"] + 1, "Delete one.")
        return Webhook(**await (await connection.execute(STATEMENTS["insert"], values)).fetchone())

    def _checked(self, url: str, secret: str | None) -> str:
        target = target_of(url, allow_http=self._config.webhook_http)
        check_literal(target, self._config.networks())
        if secret is None:
            return new_secret()
        key_of(secret)
        return secret


def _url_and_secret(named: Mapping[str, Any]) -> tuple[str, str]:
    url, secret = named.get("url"), named.get("secret")
    if not isinstance(url, str) or not isinstance(secret, str):
        raise RequestError('The webhook is the id of one, or {"url": "https://…", "secret": "whsec_…"}.')
    return url, secret


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise _no_webhook() from None


def _no_webhook() -> NotFoundError:
    return NotFoundError("There is no such webhook.")
