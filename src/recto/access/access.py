"""The door of the room: clients, tokens, and who is asking."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from joserfc.jwk import KeySet, RSAKey

from recto.access.config import Config
from recto.access.secret import hash_secret, new_secret, secret_matches
from recto.access.throttle import Throttle
from recto.access.tokens import key_from_pem, key_id, new_key, sign, verify
from recto.database import Database
from recto.errors import ForbiddenError, InvalidClientError, InvalidTokenError, RequestError

FIRST_CLIENT_NAME = "first client"
MAX_NAME_CHARS = 200
MAX_CACHED_CLIENTS = 10_000
_LOCK_KEYS = 7_265_001
_LOCK_FIRST_CLIENT = 7_265_002


@dataclass(frozen=True)
class Client:
    """A program that may ask; its secret is known only to itself."""

    id: str
    name: str
    created_at: datetime
    disabled_at: datetime | None


@dataclass(frozen=True)
class IssuedToken:
    """A signed token and how long it is good for."""

    token: str
    expires_in_s: int


class Access:
    """Clients and their tokens, kept in the database so that several servers share them."""

    def __init__(self, database: Database, config: Config | None = None) -> None:
        self._database = database
        self._config = config or Config()
        self._keys = KeySet([])
        self._keys_read_at = float("-inf")
        self._throttle = Throttle(self._config.wrong_secrets_max, self._config.wrong_secrets_window_s)
        self._trusted_until: OrderedDict[str, float] = OrderedDict()

    async def open(self) -> None:
        """Read the signing keys; make the first one when there is none."""
        await self._read_keys()
        if self._keys:
            return
        made = await asyncio.to_thread(new_key)
        async with self._database.connection() as connection, connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK_KEYS])
            await connection.execute(
                "INSERT INTO access_signing_keys (kid, private_pem) "
                "SELECT %s, %s WHERE NOT EXISTS (SELECT 1 FROM access_signing_keys)",
                [made.kid, made.as_pem(private=True).decode()],
            )
        await self._read_keys()

    async def add_client(self, name: str) -> tuple[str, str]:
        """Make a client; the only moment at which its secret can be read.

        Returns
        -------
        client_id, client_secret : str

        Raises
        ------
        RequestError
            The name is empty or too long.
        """
        name = name.strip()
        if not name or len(name) > MAX_NAME_CHARS or "\x00" in name:
            raise RequestError(f"A client's name has 1 to {MAX_NAME_CHARS} characters.")
        client_id, secret = str(uuid.uuid4()), new_secret()
        async with self._database.connection() as connection:
            await connection.execute(
                "INSERT INTO access_clients (id, name, secret_hash) VALUES (%s, %s, %s)",
                [client_id, name, hash_secret(client_id, secret)],
            )
        return client_id, secret

    async def add_first_client(self) -> tuple[str, str] | None:
        """Make a client if there has never been one, however many servers start at once."""
        client_id, secret = str(uuid.uuid4()), new_secret()
        async with self._database.connection() as connection, connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK_FIRST_CLIENT])
            inserted = await connection.execute(
                "INSERT INTO access_clients (id, name, secret_hash) "
                "SELECT %s, %s, %s WHERE NOT EXISTS (SELECT 1 FROM access_clients)",
                [client_id, FIRST_CLIENT_NAME, hash_secret(client_id, secret)],
            )
            made = inserted.rowcount == 1
        return (client_id, secret) if made else None

    async def clients(self) -> tuple[Client, ...]:
        """Every client, oldest first."""
        async with self._database.connection() as connection:
            found = await connection.execute(
                "SELECT id, name, created_at, disabled_at FROM access_clients ORDER BY created_at, id"
            )
            return tuple(Client(**row) for row in await found.fetchall())

    async def disable(self, client_id: str) -> bool:
        """Refuse a client from now on; True when there is such a client.

        Servers that have just trusted it go on for at most ``client_cache_s``.
        """
        if not _sound(client_id):
            return False
        self._trusted_until.pop(client_id, None)
        async with self._database.connection() as connection:
            changed = await connection.execute(
                "UPDATE access_clients SET disabled_at = coalesce(disabled_at, now()) WHERE id = %s", [client_id]
            )
        return changed.rowcount == 1

    async def issue(self, client_id: str, secret: str, source: str = "") -> IssuedToken:
        """A token for a client that proves itself by its secret.

        Parameters
        ----------
        client_id, secret : str
        source : str
            The address it comes from: wrong secrets are counted per client and source, so that nobody can lock
            out a client from elsewhere.

        Raises
        ------
        InvalidClientError
            Unknown, disabled, or a wrong secret; which of them is not said.
        TooManyAttemptsError
        """
        await self._prove(client_id, secret, source)
        lifetime_s = self._config.token_lifetime_s
        return IssuedToken(sign(self._signer(), client_id, self._config.issuer, lifetime_s), lifetime_s)

    async def open_session(self, client_id: str, secret: str, source: str = "") -> IssuedToken:
        """A token for a browser, good for nothing but sessions; parameters and errors as ``issue``."""
        await self._prove(client_id, secret, source)
        return self._session(client_id)

    async def open_first_session(self) -> IssuedToken:
        """A session of the first client that is not disabled, for who sits at the machine itself.

        Raises
        ------
        ForbiddenError
            There is no such client.
        """
        for client in await self.clients():
            if client.disabled_at is None:
                return self._session(client.id)
        raise ForbiddenError("Every client is disabled; make one with: recto client add NAME")

    async def verify(self, token: str) -> str:
        """The client id that a token proves.

        Raises
        ------
        InvalidTokenError
            The token is not good, or its client is disabled.
        """
        return await self._verify(token, None)

    async def verify_session(self, token: str) -> str:
        """The client id that a session's token proves; errors as ``verify``."""
        return await self._verify(token, self._session_audience)

    def jwks(self) -> dict[str, Any]:
        """The public keys as a JSON Web Key Set."""
        return {"keys": [key.as_dict(private=False) for key in self._keys]}

    @property
    def _session_audience(self) -> str:
        return f"{self._config.issuer}/session"

    def _session(self, client_id: str) -> IssuedToken:
        lifetime_s = self._config.session_lifetime_s
        token = sign(self._signer(), client_id, self._config.issuer, lifetime_s, self._session_audience)
        return IssuedToken(token, lifetime_s)

    async def _prove(self, client_id: str, secret: str, source: str) -> None:
        key = (source, client_id[:128])
        self._throttle.check(key)
        known = await self._secret_hash(client_id)
        if not secret_matches(client_id, secret, known):
            self._throttle.failed(key)
            raise InvalidClientError("The client id or the client secret is wrong.")
        self._throttle.succeeded(key)

    async def _verify(self, token: str, audience: str | None) -> str:
        named = key_id(token)
        if named is not None and all(key.kid != named for key in self._keys):
            await self._read_keys_if_old()
        client_id = verify(token, self._keys, self._config.issuer, audience)
        if self._trusted_until.get(client_id, 0.0) < time.monotonic():
            if await self._secret_hash(client_id) is None:
                raise InvalidTokenError("The token's client is disabled.")
            self._trust(client_id)
        return client_id

    def _signer(self) -> RSAKey:
        newest = self._keys.keys[-1]
        assert isinstance(newest, RSAKey)
        return newest

    async def _secret_hash(self, client_id: str) -> bytes | None:
        if not _sound(client_id):
            return None
        async with self._database.connection() as connection:
            found = await connection.execute(
                "SELECT secret_hash FROM access_clients WHERE id = %s AND disabled_at IS NULL", [client_id]
            )
            row = await found.fetchone()
        return None if row is None else bytes(row["secret_hash"])

    def _trust(self, client_id: str) -> None:
        self._trusted_until[client_id] = time.monotonic() + self._config.client_cache_s
        self._trusted_until.move_to_end(client_id)
        while len(self._trusted_until) > MAX_CACHED_CLIENTS:
            self._trusted_until.popitem(last=False)

    async def _read_keys_if_old(self) -> None:
        """Another server may have made a key; forged key ids must not cost a query each."""
        if time.monotonic() - self._keys_read_at > self._config.client_cache_s:
            await self._read_keys()

    async def _read_keys(self) -> None:
        async with self._database.connection() as connection:
            found = await connection.execute(
                "SELECT kid, private_pem FROM access_signing_keys ORDER BY created_at, kid"
            )
            rows = await found.fetchall()
        self._keys = KeySet([key_from_pem(row["kid"], row["private_pem"]) for row in rows])
        self._keys_read_at = time.monotonic()


def _sound(client_id: str) -> bool:
    """Whether the text could be an id at all: the database refuses some characters."""
    return 0 < len(client_id) <= 128 and client_id.isascii() and client_id.isprintable()
