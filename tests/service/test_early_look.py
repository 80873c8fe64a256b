"""Files are looked at before they are accepted, by children that may die."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable

import pytest

from recto.codec import Header, Limits
from recto.codec.apart import Prober
from recto.errors import QueueFullError, UnreadableImageError, UnsupportedFormatError
from recto.service import Config, Order
from recto.service.early_look import EarlyLook
from tests.in_loop import within
from tests.parts import TURN, Parts, open_parts, png

within_parts = within(lambda url, home: open_parts(url, home, check_timeout_s=2.0))


class Fragile(EarlyLook):
    """Its children get a signal before they get a file, as often as there are signals left."""

    def __init__(self, *signals: int, **settings: float) -> None:
        super().__init__(Limits(), Config(**settings))  # type: ignore[arg-type]
        self.signals = list(signals)
        self.made: list[int] = []

    def _new(self) -> Prober:
        prober = super()._new()
        prober._wait_until_ready()
        self.made.append(prober.pid)
        if self.signals:
            os.kill(prober.pid, self.signals.pop(0))
        return prober

    async def close(self) -> None:
        await super().close()
        for pid in self.made:
            with pytest.raises(ProcessLookupError):
                os.kill(pid, 0)


def run(test: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(test())  # type: ignore[arg-type]


PAGE = Header("PNG", 40, 60, 1)


def test_one_death_costs_nothing() -> None:
    async def test() -> None:
        look = Fragile(signal.SIGKILL)
        assert await look.header(png()) == PAGE
        assert look.deaths == 1
        assert await look.header(png()) == PAGE
        assert len(look.made) == 2
        await look.close()

    run(test)


def test_a_file_over_which_two_children_die_is_refused_and_the_next_is_served() -> None:
    async def test() -> None:
        look = Fragile(signal.SIGSEGV, signal.SIGSEGV)
        with pytest.raises(UnreadableImageError, match="ends the process") as caught:
            await look.header(png())
        assert "SIG" not in caught.value.message
        assert await look.header(png()) == PAGE
        await look.close()

    run(test)


def test_a_look_that_takes_too_long_leaves_the_file_to_its_task() -> None:
    async def test() -> None:
        look = Fragile(signal.SIGSTOP, check_timeout_s=1.0)
        assert await look.header(png()) is None
        assert look.unseen == 1
        assert await look.header(png()) == PAGE
        await look.close()

    run(test)


def test_when_every_child_is_busy_for_long_files_are_accepted_unseen() -> None:
    async def test() -> None:
        look = Fragile(signal.SIGSTOP, check_timeout_s=0.5, check_children=1)
        first = asyncio.create_task(look.header(png()))
        await asyncio.sleep(0)
        assert await look.header(png()) is None
        assert await first is None
        assert await look.header(png()) == PAGE
        await look.close()

    run(test)


def test_what_is_no_picture_needs_no_child() -> None:
    async def test() -> None:
        look = Fragile()
        with pytest.raises(UnsupportedFormatError):
            await look.header(b"no picture")
        assert look.made == []
        await look.close()

    run(test)


def test_many_at_once_are_all_looked_at_by_a_few() -> None:
    async def test() -> None:
        look = Fragile(check_timeout_s=60)
        assert set(await asyncio.gather(*(look.header(png(k)) for k in range(40)))) == {PAGE}
        assert 1 <= len(look.made) <= 2
        await look.close()

    run(test)


def test_a_caller_that_is_cut_off_leaves_the_child_in_order() -> None:
    async def test() -> None:
        look = Fragile(check_children=1)
        caller = asyncio.create_task(look.header(png()))
        await asyncio.sleep(0.01)
        caller.cancel()
        await asyncio.gather(caller, return_exceptions=True)
        assert await look.header(png()) == PAGE
        await look.close()

    run(test)


def test_children_are_replaced_after_so_many_files() -> None:
    async def test() -> None:
        look = Fragile(tasks_per_child=2)
        for _ in range(5):
            assert await look.header(png()) == PAGE
        assert len(look.made) == 3
        assert look.deaths == 0
        await look.close()

    run(test)


@within_parts
async def test_what_is_waited_for_must_have_been_looked_at(parts: Parts) -> None:
    parts.service.early_look = Fragile(signal.SIGSTOP, check_timeout_s=0.2)
    with pytest.raises(QueueFullError, match="check_timeout_s"):
        await parts.service.accept("anna", Order("page", TURN, png(), one_page_megapixels=1))
    task_id = await parts.submit()
    assert task_id
    await parts.service.early_look.close()
