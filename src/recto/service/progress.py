"""How far files of several pages are, told to the database now and then."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Protocol

from recto.errors import DatabaseUnavailableError
from recto.service.counting import Counting
from recto.service.slot import Slot
from recto.tasks import Claim, Claims, PageCount

log = logging.getLogger(__name__)


class _Work(Protocol):
    @property
    def claim(self) -> Claim: ...

    @property
    def slot(self) -> Slot: ...


async def keep_telling(
    claims: Claims, in_hand: Callable[[], Iterable[_Work]], every_s: float, counting: Counting
) -> None:
    """Tell for ever how far files of several pages are, when that has changed; files of one page cost nothing."""
    told: dict[Claim, PageCount] = {}
    while True:
        await asyncio.sleep(every_s)
        seen = {work.claim: PageCount(*work.slot.pages) for work in in_hand()}
        counts = {claim: count for claim, count in seen.items() if count.pages > 1}
        news = {claim: count for claim, count in counts.items() if told.get(claim) != count}
        try:
            if news:
                await claims.tell_pages(news)
            told = counts
        except DatabaseUnavailableError as error:
            log.warning("It cannot be told how far pages are: %s", error.message)
        except Exception:
            counting.surprised()
            log.exception("It cannot be told how far pages are.")
