"""What every store of blobs promises."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable
from typing import Protocol

_KEY = re.compile(r"[0-9a-z][0-9a-z-]{3,127}")


class BlobStore(Protocol):
    """Bytes under a key.

    A blob appears whole or not at all, and is durable when ``put`` returns. Keys are made by the service from ids
    and never from what a client sent; ``check_key`` holds every store to that.
    """

    async def put(self, key: str, data: bytes) -> None:
        """Store bytes, replacing what was there.

        Raises
        ------
        StoreUnavailableError
            It could not be stored; nothing of it is to be seen. ``StoreFullError`` when there is no room.
        """

    async def get(self, key: str) -> bytes:
        """The bytes of a key.

        Raises
        ------
        BlobMissingError
            There is no such blob.
        StoreUnavailableError
            The store did not answer.
        """

    async def delete(self, keys: Iterable[str]) -> None:
        """Delete blobs; those that are not there do not matter."""

    def keys(self, older_than_s: float = 0.0) -> AsyncIterator[str]:
        """Every key that was last written more than so many seconds ago, in no order.

        Raises
        ------
        StoreUnavailableError
        """

    async def free_mb(self) -> float | None:
        """How much more fits, None when the store has no such bound.

        Raises
        ------
        StoreUnavailableError
        """

    async def mark(self) -> str | None:
        """What ``set_mark`` left here; None in a store that has no mark yet. It is no blob.

        Raises
        ------
        StoreUnavailableError
        """

    async def set_mark(self, mark: str) -> None:
        """Leave a mark, written like a key, by which the store is known again.

        Raises
        ------
        StoreUnavailableError
        """

    async def check(self) -> None:
        """Return, within a few seconds, when the store can be used.

        Raises
        ------
        StoreUnavailableError
            It cannot be, and why.
        """


def check_key(key: str) -> str:
    """The key, when it is one: small letters, digits and hyphens, 4 to 128 of them, no hyphen first."""
    if not _KEY.fullmatch(key):
        raise ValueError(f"{key!r} is not a blob's key")
    return key
