"""Running a command and looking at what it takes."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

LOOKS_PER_S = 5


@dataclass(frozen=True)
class Spent:
    """What a command took.

    Attributes
    ----------
    wall_s, cpu_s : float
        Of the command and all processes that it started.
    peaks_mb : tuple of float
        Most memory of them all at a time, in the first fifth of the time and in the last, looked at five times a
        second; pages that processes share count once for each.
    out_mb : float
    load : float
        Processes that wanted to run in the last minute, on average.
    """

    pages: int
    wall_s: float
    cpu_s: float
    peaks_mb: tuple[float, float]
    out_mb: float
    load: float


@dataclass
class _Running:
    process: subprocess.Popen[bytes]
    memory_mb: list[float] = field(default_factory=list)
    cpu_s: float = 0.0

    def see_through(self, every_s: float = 1 / LOOKS_PER_S) -> None:
        """Look until the command is over."""
        while not self.has_ended():
            time.sleep(every_s)

    def has_ended(self) -> bool:
        """Look once; True when the command is over."""
        ended, status, usage = os.wait4(self.process.pid, os.WNOHANG)
        if ended:
            self.process.returncode = os.waitstatus_to_exitcode(status)
            self.cpu_s = usage.ru_utime + usage.ru_stime
        else:
            self.memory_mb.append(memory_mb(self.process.pid))
        return bool(ended)


def spent(pages: int, command: list[Any], out: Path) -> Spent:
    """Run a command, look at its memory meanwhile, and see that something came out."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    started = time.monotonic()
    running = _start(command)
    running.see_through()
    wall_s = time.monotonic() - started
    made = _made(out)
    if running.process.returncode != 0 or not made:
        raise SystemExit(f"it ended with {running.process.returncode}")
    size_mb = sum(path.stat().st_size for path in made) / 1e6
    fifth = max(1, len(running.memory_mb) // 5)
    peaks = max(running.memory_mb[:fifth], default=0.0), max(running.memory_mb[-fifth:], default=0.0)
    return Spent(pages, wall_s, running.cpu_s, peaks, size_mb, os.getloadavg()[0])


def stopped_half_way(pages: int, command: list[Any], out: Path) -> str:
    """Ctrl-C when half of the pages are there, then the same command again; what came of it, in a sentence."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    running = _start(command)
    while len(list(out.glob("*.png"))) < pages // 2:
        if running.has_ended():
            raise SystemExit("the command ended before it could be stopped")
        time.sleep(1 / LOOKS_PER_S)
    os.killpg(running.process.pid, signal.SIGINT)
    started = time.monotonic()
    running.see_through(0.01)
    took_s = time.monotonic() - started
    first = {path: path.stat().st_mtime_ns for path in _made(out)}
    again = _start(command)
    again.see_through()
    twice = sum(path.stat().st_mtime_ns != mtime for path, mtime in first.items())
    return (
        f"Ctrl-C with {len(first)} of {pages} pages there ended the command after {took_s:.1f} s with status "
        f"{running.process.returncode}; the same command again ended with {again.process.returncode}, "
        f"{len(_made(out))} pages are there, {twice} of them done twice."
    )


def _start(command: list[Any]) -> _Running:
    environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}  # tesseract, which the peer asks for the angle
    said = [str(part) for part in command]
    return _Running(subprocess.Popen(said, env=environment, stdin=subprocess.DEVNULL, start_new_session=True))


def _made(out: Path) -> list[Path]:
    return [path for path in out.rglob("*") if path.is_file() and path.name[0] != "."]


def memory_mb(number: int) -> float:
    """Of a process and all below it."""
    total = 0.0
    try:
        process = psutil.Process(number)
        for one in (process, *process.children(recursive=True)):
            total += one.memory_info().rss / 1e6
    except psutil.Error:  # one ended just now
        pass
    return total
