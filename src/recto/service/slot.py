"""A place for one page at a time: a child process, watched from outside."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

import psutil
from pebble import ProcessExpired, ProcessPool

from recto.child import PageCounter, begin, nothing
from recto.errors import AttemptFailedError, ChildStartError

log = logging.getLogger(__name__)

T = TypeVar("T")

_LOOK_EVERY_S = 0.05
_START_WITHIN_S = 120.0


class Slot:
    """Runs functions in a child process, one at a time, within limits of time and memory.

    Parameters
    ----------
    timeout_s : float
        Wall-clock time from the moment the child begins.
    memory_mb : float
        Resident memory of the child, looked at twenty times a second. (A limit on address space would break memory
        maps, which the child may have many of without using memory.)
    tasks_per_child : int
        After so many the child is replaced.
    child_started : callable
        Called for each child that has begun to work.

    Notes
    -----
    Each slot has a pool of its own with one child, so a child that is killed at a bad moment, with the lock of the
    pool's pipe in its hand, can hold up nobody; the whole pool is replaced after every attempt that did not end well.
    """

    def __init__(
        self,
        *,
        timeout_s: float,
        memory_mb: float,
        tasks_per_child: int,
        child_started: Callable[[], None] = lambda: None,
    ) -> None:
        self._timeout_s = timeout_s
        self._memory_mb = memory_mb
        self._tasks_per_child = tasks_per_child
        self._child_started = child_started
        self._known_pid = 0
        self._context = multiprocessing.get_context("spawn")
        self._endings: set[asyncio.Task[None]] = set()
        self._pool = self._new_pool()

    @property
    def child_pid(self) -> int:
        """The process id of the child, 0 while there is none."""
        return int(self._pid.value)

    @property
    def pages(self) -> tuple[int, int]:
        """The pages of the file that the child has in hand, and how many of them are done; 0 while it has none."""
        return self._counter.read()

    async def run(self, function: Callable[..., T], *arguments: Any) -> T:
        """Run a function of a module in the child.

        Raises
        ------
        AttemptFailedError
            The child died, took too long or grew too large; the message says which. Cancelling kills the child.
        ChildStartError
            No child came up, so the function is not to blame.
        """
        future = self._schedule(function, arguments)
        pid = self._pid
        watch = asyncio.create_task(self._watch(future))
        done = asyncio.wrap_future(future)
        try:
            either: set[asyncio.Future[Any]] = {watch, done}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if not done.done():
                raise AttemptFailedError(*watch.result())
            return done.result()
        except ProcessExpired as error:
            self._replace()
            reason = "signal" if error.exitcode is not None and error.exitcode < 0 else "exit"
            raise AttemptFailedError(_how_it_died(error.exitcode), reason) from error
        except BaseException as error:
            came_up = self.child_pid != 0
            self._replace()
            if not isinstance(error, Exception):
                raise
            if not came_up:
                raise ChildStartError(f"No child process comes up ({type(error).__name__}).") from error
            if isinstance(error, AttemptFailedError):
                raise
            raise AttemptFailedError(f"The process working on it failed ({type(error).__name__})") from error
        finally:
            watch.cancel()
            done.cancel()
            self._counter.begin(0)
            if pid.value not in (0, self._known_pid):
                self._known_pid = int(pid.value)
                self._child_started()

    async def close(self) -> None:
        """Kill the child and end the pool."""
        self._end(self._pool)
        if self._endings:
            await asyncio.wait(self._endings)

    def _new_pool(self) -> ProcessPool:
        self._pid = self._context.Value("i", 0)
        self._counter = PageCounter(self._context.Array("i", 2, lock=False))
        pool = ProcessPool(
            max_workers=1,
            max_tasks=self._tasks_per_child,
            initializer=begin,
            initargs=(os.getpid(), self._pid, self._counter.shared),
            context=self._context,
        )
        pool.schedule(nothing)
        return pool

    def _schedule(self, function: Callable[..., T], arguments: tuple[Any, ...]) -> Future[T]:
        try:
            return self._pool.schedule(function, args=arguments)
        except RuntimeError:  # the pool broke while it was idle
            self._replace()
            return self._pool.schedule(function, args=arguments)

    async def _watch(self, future: Future[Any]) -> tuple[str, str]:
        """Returns what is wrong, when something is, in a sentence and in a word."""
        began_waiting = time.monotonic()
        began: float | None = None
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            now = time.monotonic()
            if began is None:
                if future.running():
                    began = now
                elif now - began_waiting > _START_WITHIN_S:
                    return "No process could be started for it", "no_child"
                continue
            if now - began > self._timeout_s:
                return f"It took longer than {self._timeout_s:g} s (task_timeout_s)", "timeout"
            if self._child_mb() > self._memory_mb:
                return f"It needed more than {self._memory_mb:g} MB of memory (task_memory_mb)", "memory"

    def _child_mb(self) -> float:
        try:
            return float(psutil.Process(self.child_pid).memory_info().rss) / 1e6
        except (psutil.Error, ValueError):
            return 0.0

    def _replace(self) -> None:
        self._end(self._pool)
        self._pool = self._new_pool()

    def _end(self, pool: ProcessPool) -> None:
        """Kill the child now; the pool's threads are joined aside."""
        _kill(self.child_pid)
        pool.stop()  # type: ignore[no-untyped-call]
        ending = asyncio.create_task(asyncio.to_thread(pool.join))
        self._endings.add(ending)
        ending.add_done_callback(self._endings.discard)


def _kill(pid: int) -> None:
    try:
        process = psutil.Process(pid) if pid > 0 else None
        if process is not None and process.ppid() == os.getpid():
            process.kill()
    except psutil.Error:
        pass


def _how_it_died(exit_code: int | None) -> str:
    if exit_code is not None and exit_code < 0:
        try:
            name = f" ({signal.Signals(-exit_code).name})"
        except ValueError:
            name = ""
        return f"The process working on it died by signal {-exit_code}{name}"
    return f"The process working on it ended with exit status {exit_code}"
