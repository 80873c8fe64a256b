"""Processes under a keeper that starts again what dies, as an operator's supervisor does."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil

_AGAIN_AFTER_S = 0.3


@dataclass
class Part:
    """One process of the service.

    Attributes
    ----------
    name : str
        ``server-1``, ``worker-2``, …
    module : tuple of str
        What ``python -m`` runs.
    folder : Path
        Of its output.
    """

    name: str
    module: tuple[str, ...]
    environment: dict[str, str]
    folder: Path
    starts: int = 0
    process: subprocess.Popen[bytes] | None = None

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def said(self) -> Path:
        """Its standard output of this life."""
        return self.folder / f"{self.name}.{self.starts}.out"

    @property
    def log(self) -> Path:
        """Its standard error of all its lives."""
        return self.folder / f"{self.name}.log"

    def start(self) -> None:
        self.starts += 1
        with self.said.open("wb") as out, self.log.open("ab") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *self.module],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=errors,
                start_new_session=True,
            )

    def address(self) -> str | None:
        """Where it listens, None while it does not."""
        if not self.alive:
            return None
        for line in self.said.read_text().splitlines():
            if line.startswith("listening on "):
                return line.removeprefix("listening on ")
        return None

    def signal(self, number: int) -> None:
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(number)

    def children(self) -> list[psutil.Process]:
        """The processes that do its image work."""
        if self.process is None:
            return []
        with contextlib.suppress(psutil.Error):
            children = psutil.Process(self.process.pid).children()
            return [child for child in children if "spawn_main" in " ".join(child.cmdline())]
        return []


@dataclass
class Keeper:
    """Starts every part again that ends while it is wanted."""

    parts: list[Part] = field(default_factory=list)
    _task: asyncio.Task[None] | None = None

    def named(self, beginning: str) -> list[Part]:
        return [part for part in self.parts if part.name.startswith(beginning)]

    def addresses(self) -> list[str]:
        """Where the servers listen right now."""
        return [found for part in self.named("server") if (found := part.address()) is not None]

    def begin(self) -> None:
        self._task = asyncio.create_task(self._keep(), name="keeper")

    async def stop(self, within_s: float = 60.0) -> list[str]:
        """Ask every part to end; returns those that had to be killed or ended with a failure."""
        if self._task is not None:
            self._task.cancel()
        for part in self.parts:
            part.signal(signal.SIGCONT)
            part.signal(signal.SIGTERM)
        bad = []
        deadline = time.monotonic() + within_s
        for part in self.parts:
            while part.alive and time.monotonic() < deadline:
                await asyncio.sleep(0.05)
            status = None if part.process is None else part.process.poll()
            if status != 0:
                bad.append(f"{part.name} ended with {'a kill' if status is None else status}")
                part.signal(signal.SIGKILL)
                if part.process is not None:
                    part.process.wait()
        return bad

    async def _keep(self) -> None:
        while True:
            for part in self.parts:
                if not part.alive:
                    await asyncio.sleep(_AGAIN_AFTER_S)
                    part.start()
            await asyncio.sleep(0.1)


def plain_environment(settings: dict[str, str]) -> dict[str, str]:
    """What every part is told: nothing of ours, and these settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RECTO_", "AWS_"))}
    root = Path(__file__).parents[3]
    return {**kept, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(root), **settings}
