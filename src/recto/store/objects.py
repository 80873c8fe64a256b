"""Blobs in an S3-compatible store, through obstore."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import S3Store

from recto.errors import BlobMissingError, StoreUnavailableError
from recto.store.blob_store import check_key

_AT_ONCE = 500
_MARK = "recto-mark"
_CHECK_WITHIN_S = 3.0
_TROUBLE = (BaseError, OSError)
"""obstore raises Python's own FileNotFoundError and PermissionError beside its own."""
_RETRY = timedelta(seconds=10)
"""Shorter than obstore's three minutes: a client that submits must hear of it, and a worker tries again by itself."""


class ObjectStore:
    """Blobs as objects of a bucket.

    Parameters
    ----------
    url : str
        ``s3://bucket/prefix``. Credentials, region and endpoint come from the usual ``AWS_…`` variables.
    options : str values by name
        Passed on to obstore's ``S3Store``, over what the environment says.

    Raises
    ------
    ValueError
        The address, or what the environment says, cannot be used.
    """

    def __init__(self, url: str, **options: Any) -> None:
        options.setdefault("retry_config", {"max_retries": 3, "retry_timeout": _RETRY})
        try:
            self._store = S3Store.from_url(url, **options)
        except (*_TROUBLE, ValueError) as error:
            why = str(error).partition("\n")[0]
            form = "it is s3://bucket/prefix, and AWS_… variables say where and who"
            raise ValueError(f"RECTO_BLOBS={url} cannot be used; {form} ({why})") from None

    async def put(self, key: str, data: bytes) -> None:
        check_key(key)
        try:
            await obstore.put_async(self._store, key, data)
        except _TROUBLE as error:
            raise _unavailable(error) from error

    async def get(self, key: str) -> bytes:
        check_key(key)
        try:
            answer = await obstore.get_async(self._store, key)
            return bytes(await answer.bytes_async())
        except (NotFoundError, FileNotFoundError) as error:
            if _no_bucket(error):
                raise _unavailable(error) from error
            raise BlobMissingError(f"The blob {key} is not there.") from error
        except _TROUBLE as error:
            raise _unavailable(error) from error

    async def delete(self, keys: Iterable[str]) -> None:
        wanted = [check_key(key) for key in keys]
        for start in range(0, len(wanted), _AT_ONCE):
            try:
                await obstore.delete_async(self._store, wanted[start : start + _AT_ONCE])
            except (NotFoundError, FileNotFoundError) as error:
                if _no_bucket(error):
                    raise _unavailable(error) from error
            except _TROUBLE as error:
                raise _unavailable(error) from error

    async def keys(self, older_than_s: float = 0.0) -> AsyncIterator[str]:
        latest = datetime.now(UTC) - timedelta(seconds=older_than_s)
        try:
            async for batch in obstore.list(self._store, chunk_size=_AT_ONCE):
                for found in batch:
                    if found["last_modified"] <= latest and found["path"] != _MARK:
                        yield found["path"]
        except _TROUBLE as error:
            raise _unavailable(error) from error

    async def free_mb(self) -> float | None:
        return None

    async def mark(self) -> str | None:
        try:
            return (await self.get(_MARK)).decode()
        except BlobMissingError:
            return None

    async def set_mark(self, mark: str) -> None:
        await self.put(_MARK, check_key(mark).encode())

    async def check(self) -> None:
        try:
            async with asyncio.timeout(_CHECK_WITHIN_S):
                await self.mark()
        except TimeoutError:
            raise StoreUnavailableError(f"The blob store did not answer within {_CHECK_WITHIN_S:g} s.") from None


def _no_bucket(error: Exception) -> bool:
    """The key is not there because nothing is."""
    return "NoSuchBucket" in str(error)


def _unavailable(error: Exception) -> StoreUnavailableError:
    first = (str(error).splitlines() or [type(error).__name__])[0]
    return StoreUnavailableError(f"The blob store did not answer: {first}")
