"""Request bodies under a cap: each one, all of them together, and the time that they may take."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from fastapi import Request
from starlette.exceptions import HTTPException

from recto.errors import LimitError, QueueFullError
from recto.web.config import Config
from recto.web.forms import media_type

_IDENTITY = ("", "identity")
FEW_PIECES = 16
"""More than these are joined in a thread, where large joins let others work."""

SMALL_BYTES = 65_536
"""Bodies up to this size are decoded where they are; larger ones in a thread, a few at once."""

T = TypeVar("T")


class Bodies:
    """Reads bodies into memory and knows how much is there."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._held_bytes = 0
        self._slots = asyncio.Semaphore(config.decode_slots)

    @property
    def held_bytes(self) -> int:
        """What all open bodies hold right now."""
        return self._held_bytes

    @property
    def slots(self) -> asyncio.Semaphore:
        """Taken while a large body or result is decoded or encoded in a thread."""
        return self._slots

    @asynccontextmanager
    async def read(self, request: Request, max_mb: float | None = None) -> AsyncIterator[bytes]:
        """The whole body, for as long as the block runs.

        Raises
        ------
        LimitError
            The body is larger than ``max_body_mb`` (seen before it is read where its length is announced).
        QueueFullError
            All bodies together are larger than ``max_bodies_mb``.
        HTTPException
            408 when it takes too long, 415 when it is compressed.
        """
        _refuse_compressed(request)
        limit_mb = self._config.max_body_mb if max_mb is None else max_mb
        announced = request.headers.get("content-length", "")
        if announced.isdigit() and int(announced) > limit_mb * 1e6:
            raise _too_large(limit_mb, int(announced))
        held: list[bytes] = []
        try:
            await self._collect(request, held, limit_mb)
            if len(held) > 1:
                held[:] = [await asyncio.to_thread(b"".join, held) if len(held) > FEW_PIECES else b"".join(held)]
            yield held[0] if held else b""
        finally:
            self._held_bytes -= sum(map(len, held))

    async def _collect(self, request: Request, held: list[bytes], limit_mb: float) -> None:
        total = 0
        try:
            async with asyncio.timeout(self._config.body_timeout_s):
                async for chunk in request.stream():
                    held.append(chunk)
                    total += len(chunk)
                    self._held_bytes += len(chunk)
                    self._check(total, limit_mb)
        except TimeoutError:
            said = f"The body took longer than {self._config.body_timeout_s:g} s."
            raise HTTPException(408, said, headers={"Connection": "close"}) from None

    def _check(self, total: int, limit_mb: float) -> None:
        if total > limit_mb * 1e6:
            raise _too_large(limit_mb, None)
        allowed_mb = self._config.max_bodies_mb
        if self._held_bytes > allowed_mb * 1e6:
            advice = "Setting: RECTO_MAX_BODIES_MB. Try again in a moment."
            raise QueueFullError("All request bodies together, in MB,", allowed_mb, None, advice)


async def in_thread(bodies: Bodies, size_bytes: int, work: Callable[[], T]) -> T:
    """Do what takes long away from the event loop."""
    if size_bytes <= SMALL_BYTES:
        return work()
    async with bodies.slots:
        return await asyncio.to_thread(work)


def check_json_type(request: Request) -> None:
    """Refuse what says of itself that it is not JSON; 415."""
    kind = media_type(request.headers.get("content-type"))
    if kind not in ("", "application/json", "text/json") and not kind.endswith("+json"):
        raise HTTPException(415, f'The body must be JSON with "Content-Type: application/json", not {kind}.')


def _refuse_compressed(request: Request) -> None:
    """A few compressed bytes can grow without end, and no known client sends them."""
    encoding = request.headers.get("content-encoding", "").strip().lower()
    if encoding not in _IDENTITY:
        raise HTTPException(
            415, f"A request body with Content-Encoding {encoding} is not read.", {"Accept-Encoding": "identity"}
        )


def _too_large(limit_mb: float, found: int | None) -> LimitError:
    return LimitError(
        "The request body, in MB,", limit_mb, None if found is None else found / 1e6, "Setting: RECTO_MAX_BODY_MB."
    )
