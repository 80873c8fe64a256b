"""The early look at what is sent, by children that are kept warm: the server's own process parses no file."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from recto.codec import Header, Limits, sniff
from recto.codec.apart import Prober
from recto.errors import AttemptFailedError, ChildStartError, UnreadableImageError
from recto.service.config import Config

log = logging.getLogger(__name__)

_TRIES = 2
_COPIES = 3


class EarlyLook:
    """A few children that read headers.

    A child that dies costs the file in its hands a second try; one that takes too long, or all being busy, costs the
    early look, and the file's task will tell. Nothing of it costs the server.

    Attributes
    ----------
    deaths : int
        Children that died, or were ended, over a file.
    unseen : int
        Files that were accepted without a look, because no child could take it in time.
    """

    def __init__(self, limits: Limits, config: Config) -> None:
        self._limits = limits
        self._config = config
        self._idle: list[Prober] = []
        self._busy: set[Prober] = set()
        self._slots = asyncio.Semaphore(config.check_children)
        self._working: set[asyncio.Task[Header | None]] = set()
        self.deaths = 0
        self.unseen = 0

    def warm(self) -> None:
        """Start a child, so that the first file need not wait for it."""
        if not self._idle and not self._busy:
            self._idle.append(self._new())

    async def close(self) -> None:
        """End every child."""
        for prober in (*self._idle, *self._busy):
            prober.kill()
        await asyncio.gather(*self._working, return_exceptions=True)
        while self._idle:
            self._idle.pop().close()

    async def header(self, body: bytes) -> Header | None:
        """What the file says about itself.

        Returns
        -------
        Header or None
            None when nobody could tell in time.

        Raises
        ------
        UnsupportedFormatError, UnreadableImageError, LimitError
            As ``codec.probe``; also for a file over which two children died.
        """
        self._limits.check_bytes(len(body))
        form = sniff(body)
        try:
            async with asyncio.timeout(self._config.check_timeout_s):
                await self._slots.acquire()
        except TimeoutError:
            log.warning("Every child that looks at files is busy.")
            self.unseen += 1
            return None
        # The slot is given back when the child is free again, which may be after a caller that was cut off.
        work = asyncio.create_task(self._look(body))
        self._working.add(work)
        work.add_done_callback(self._done)
        try:
            header = await asyncio.shield(work)
        except ChildStartError as error:
            log.error("%s", error.message)
            header = None
        except AttemptFailedError as error:
            log.warning("A %s of %d bytes: %s.", form, len(body), error.message)
            raise UnreadableImageError(
                f"The {form} cannot be read: it is damaged in a way that ends the process that looks at it."
            ) from None
        self.unseen += header is None
        return header

    async def _look(self, body: bytes) -> Header | None:
        """By a child; by a second one when the first dies, which may have been for reasons of its own."""
        for tries in range(1, _TRIES + 1):
            prober = self._idle.pop() if self._idle else self._new()
            self._busy.add(prober)
            try:
                return await asyncio.to_thread(prober.probe, body)
            except AttemptFailedError:
                if tries == _TRIES:
                    raise
            finally:
                self._busy.discard(prober)
                self._put_back(prober)
        raise AssertionError

    def _new(self) -> Prober:
        """A child with room for a few copies of the largest file, beside what the look itself may use."""
        memory_mb = self._config.check_memory_mb + _COPIES * self._limits.max_bytes / 1e6
        return Prober(self._limits, timeout_s=self._config.check_timeout_s, memory_mb=memory_mb)

    def _put_back(self, prober: Prober) -> None:
        if prober.alive and prober.files < self._config.tasks_per_child:
            self._idle.append(prober)
            return
        self.deaths += not prober.alive
        prober.close()
        with suppress(ChildStartError):
            self.warm()

    def _done(self, work: asyncio.Task[Header | None]) -> None:
        self._working.discard(work)
        self._slots.release()
        if not work.cancelled():
            work.exception()  # it was told to whoever waited, if anybody still does
