"""What tests have run in a child process instead of the real work."""

from __future__ import annotations

import itertools
import os
import signal
import sys
import time
from pathlib import Path
from unittest import mock

from recto.child import Answer, process
from recto.codec import Limits
from recto.pipeline import Outcome, Plan, run
from recto.raster import Page


def loaded(names: list[str]) -> list[str]:
    """Which of these modules are loaded."""
    return [name for name in names if name in sys.modules]


def gated(body: bytes, recipe: str, limits: Limits) -> Answer:
    """Say that the page is in hand, wait while the gate's file exists, then do the work."""
    gate = Path(os.environ["TEST_GATE"])
    gate.with_suffix(f".child-{os.getpid()}").touch()
    while gate.exists():
        time.sleep(0.02)
    return process(body, recipe, limits)


def page_by_page(body: bytes, recipe: str, limits: Limits) -> Answer:
    """Begin a page only when a file beside the gate lets it through: ``gate.page-1``, ``gate.page-2``, …"""
    gate, numbers = Path(os.environ["TEST_GATE"]), itertools.count(1)

    def let_through(page: Page, steps: Plan) -> Outcome:
        free = gate.with_suffix(f".page-{next(numbers)}")
        while not free.exists():
            gate.with_suffix(f".child-{os.getpid()}").touch()
            time.sleep(0.02)
        return run(page, steps)

    with mock.patch("recto.child.work.run", let_through):
        return process(body, recipe, limits)


def deadly_once(body: bytes, recipe: str, limits: Limits) -> Answer:
    """Die at the first page, then work."""
    flag = Path(os.environ["TEST_GATE"])
    if flag.exists():
        flag.unlink()
        os.kill(os.getpid(), signal.SIGKILL)
    return process(body, recipe, limits)


def deadly(body: bytes, recipe: str, limits: Limits) -> Answer:
    """Die at every page, as a decoder does that follows a wild pointer."""
    os.kill(os.getpid(), signal.SIGSEGV)
    return Answer()


def hungry(body: bytes, recipe: str, limits: Limits) -> Answer:
    """Use 600 MB and keep them."""
    held = bytearray(600_000_000)
    held[::4096] = b"x" * len(held[::4096])
    time.sleep(60)
    return Answer((bytes(held[:1]),))


def slow(body: bytes, recipe: str, limits: Limits) -> Answer:
    """Never come to an end."""
    time.sleep(600)
    return Answer()


def broken(body: bytes, recipe: str, limits: Limits) -> Answer:
    """Raise what nobody expects, and cannot even be sent back."""
    raise UnsendableError("broken", 1)


def never_begin(*_: object) -> None:
    """In place of the child's beginning: end before anything was done."""
    os._exit(3)


class UnsendableError(Exception):
    def __init__(self, text: str, number: int) -> None:
        super().__init__(text)
