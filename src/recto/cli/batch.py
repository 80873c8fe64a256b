"""Many files at once, each in a process of its own, so that a bad one costs only itself."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
import tempfile
import time
from collections.abc import Generator, Iterable
from concurrent.futures import FIRST_COMPLETED, wait
from concurrent.futures import TimeoutError as FutureTimeoutError
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from recto.cli.away import FILES_AT_ONCE, AwayCrew, Server
from recto.cli.job import Event, Job, Order, Report, run_job
from recto.cli.outputs import part_of
from recto.cli.spool import Told, run_job_told

FILES_PER_PROCESS = 200
"""A process is replaced after so many files, so that memory that a codec keeps comes back."""

FILES_WAITING = 4
"""So many files per process are handed out ahead, so that none stands idle."""

MAX_REVIVALS = 10
LOOK_EVERY_S = 0.2
"""So often the processes are asked which pages are done."""

_PR_SET_PDEATHSIG = 1


@dataclass
class _UnderWay:
    """A file that was handed out."""

    job: Job
    told: Told


class Crew:
    """Processes that each take one file after the other.

    Parameters
    ----------
    order : Order
    workers : int
    timeout_s : float or None
        How long one file may take; then its process is killed and the file has failed.
    """

    def __init__(self, order: Order, workers: int, timeout_s: float | None = None) -> None:
        self._order = order
        self._workers = workers
        self._timeout_s = timeout_s
        self._waiting: dict[Any, _UnderWay] = {}
        self._told = tempfile.TemporaryDirectory(prefix="recto-run-")
        self._given = 0
        self._revivals = 0
        self._pool = self._new_pool()

    @property
    def is_full(self) -> bool:
        return len(self._waiting) >= FILES_WAITING * self._workers

    @property
    def is_idle(self) -> bool:
        return not self._waiting

    def give(self, job: Job) -> None:
        """Hand out one more file."""
        self._given += 1
        under_way = _UnderWay(job, Told(Path(self._told.name) / str(self._given)))
        try:
            self._schedule(under_way)
        except RuntimeError:
            self._revive()
            self._schedule(under_way)

    def collect(self, wait_s: float = LOOK_EVERY_S) -> list[Event]:
        """The pages and reports that are in, as they came; waits for a report, at most ``wait_s``."""
        if not self._waiting:
            time.sleep(wait_s)
            return []
        events: list[Event] = []
        is_broken = False
        done = wait(self._waiting, wait_s, FIRST_COMPLETED).done
        for under_way in self._waiting.values():
            events += under_way.told.news()
        for future in done:
            under_way = self._waiting[future]
            try:
                report = self._report(future, under_way.job)
            except BrokenProcessPool:
                is_broken = True
                continue
            events.append(report)
            under_way.told.forget()
            del self._waiting[future]
        if is_broken:
            self._revive()
        return events

    def stop(self) -> None:
        """End every process at once and remove what is half written."""
        for child in multiprocessing.active_children():
            child.kill()
        self._pool.stop()
        self._pool.join()
        for under_way in self._waiting.values():
            part_of(under_way.job.target).unlink(missing_ok=True)
        self._waiting.clear()

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if error is None:
            self._pool.close()
            self._pool.join()
        else:
            self.stop()
        self._told.cleanup()

    def _schedule(self, under_way: _UnderWay) -> None:
        arguments = (under_way.job, self._order, under_way.told.path)
        future = self._pool.schedule(run_job_told, args=arguments, timeout=self._timeout_s)
        self._waiting[future] = under_way

    def _report(self, future: Any, job: Job) -> Report:
        from pebble import ProcessExpired

        try:
            report: Report = future.result()
            return report
        except BrokenProcessPool:
            if self._revivals < MAX_REVIVALS:
                raise
            return self._lost(job, "the processes that read files die as soon as they start")
        except ProcessExpired as error:
            how = f"was killed by signal {-error.exitcode}" if (error.exitcode or 0) < 0 else "died"
            return self._lost(job, f"the process that read it {how}; the file is damaged, or memory ran out")
        except FutureTimeoutError:
            return self._lost(job, f"took longer than {self._timeout_s:g} s (--timeout)")
        except Exception as error:
            return self._lost(job, f"the process that read it failed: {type(error).__name__}: {error}")

    def _lost(self, job: Job, error: str) -> Report:
        part_of(job.target).unlink(missing_ok=True)
        return Report(str(job.source)).fail(error, "process-died")

    def _new_pool(self) -> Any:
        from pebble import ProcessPool  # not needed for a single file

        # More threads than cores would only get in each other's way.
        os.environ.setdefault("OMP_NUM_THREADS", "1")
        return ProcessPool(
            max_workers=self._workers,
            max_tasks=FILES_PER_PROCESS,
            context=multiprocessing.get_context("spawn"),
            initializer=_begin_child,
            initargs=(os.getpid(),),
        )

    def _revive(self) -> None:
        """A new pool for the files that the broken one still had."""
        self._revivals += 1
        finished = {f: what for f, what in self._waiting.items() if f.done() and f.exception() is None}
        lost = [what for f, what in self._waiting.items() if f not in finished]
        self.stop()
        self._waiting.update(finished)
        self._pool = self._new_pool()
        for what in lost:
            self._schedule(what)


AnyCrew = Crew | AwayCrew


def crew_for(order: Order, workers: int | None, timeout_s: float | None, server: Server | None) -> AnyCrew:
    """Who does the work: processes here, or a server."""
    if server is not None:
        return AwayCrew(order, server, workers or FILES_AT_ONCE, timeout_s)
    return Crew(order, workers or os.cpu_count() or 1, timeout_s)


def run_jobs(
    jobs: Iterable[Job],
    order: Order,
    *,
    workers: int | None = None,
    timeout_s: float | None = None,
    in_process: bool = False,
    server: Server | None = None,
) -> Generator[Event, None, None]:
    """Run all jobs, yielding pages and reports as they come in; never more than a few are under way.

    Parameters
    ----------
    jobs : iterable of Job
        Taken one at a time, when there is room.
    order : Order
    workers : int or None
        Files at a time.
    timeout_s : float or None
    in_process : bool
        Run them here, one after the other: quicker for a single file.
    server : Server or None
        Have them done there.
    """
    if in_process:
        for job in jobs:
            yield (yield from run_job(job, order))
        return
    with crew_for(order, workers, timeout_s, server) as crew:
        for job in jobs:
            crew.give(job)
            while crew.is_full:
                yield from crew.collect()
        while not crew.is_idle:
            yield from crew.collect()


def _begin_child(parent: int) -> None:
    """Have the kernel end this process with its parent, however that one ended; keep to one core."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
    import cv2

    cv2.setNumThreads(1)
