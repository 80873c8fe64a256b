"""What became of each bad file, and whether that is good enough."""

from __future__ import annotations

import json
import re
import signal
import struct
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from recto.codec import Limits
from recto.codec.sniff import Format
from tests.codec.files import corners, saved
from tests.hostile.case import BadFile

LIMITS = Limits(max_bytes=20_000_000, max_megapixels=20, max_frames=50)
CPU_S = 3.0
MEMORY_MB = 1200
MAX_MESSAGE_CHARS = 400

WHOLE, REFUSED, DIED, LATE = "read all the same", "refused with a reason", "child died", "out of time"
"""Outcomes; a file may be read all the same when the damage is nothing that can be seen."""

_NAMES = "|".join(re.escape(name) for name in (*Format, "file", "max_megapixels", "max_frames", "max_bytes", "This is"))
_CLEAR = re.compile(rf"\b({_NAMES})\b")
_TELLTALE = re.compile(r"Traceback|0x[0-9a-f]{4}|object at|File \"|\.py\b|<class|\x00|site-packages|Error\(")


@dataclass(frozen=True)
class Fate:
    """What became of a file."""

    file: BadFile
    outcome: str
    said: str = ""


@dataclass
class Reader:
    """A child that does the worker's work; started again when it dies."""

    deaths: int = 0
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def read(self, data: bytes) -> tuple[str, str]:
        """Outcome and message."""
        process = self._process or self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        with suppress(BrokenPipeError):
            process.stdin.write(struct.pack("<Q", len(data)) + data)
            process.stdin.flush()
        line = process.stdout.readline()
        if not line:
            status = process.wait()
            self.close()
            self.deaths += 1
            return (LATE, "") if status == -signal.SIGPROF else (DIED, f"exit status {status}")
        said = json.loads(line)
        if said["crashed"] is not None:
            return DIED, said["crashed"]
        return (WHOLE, f"{said['pages']} pages") if said["refused"] is None else (REFUSED, said["refused"])

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _start(self) -> subprocess.Popen[bytes]:
        asked = {"limits": LIMITS.model_dump(), "cpu_s": CPU_S, "memory_mb": MEMORY_MB}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.hostile.reader", json.dumps(asked)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
        )
        return self._process


def fates(files: Iterable[BadFile], good_after_each: int = 50) -> Iterator[Fate]:
    """Read every file; now and then, and after each death, a good page, which must come out."""
    reader = Reader()
    good = saved(corners(), "PNG")
    try:
        for number, file in enumerate(files, 1):
            before = reader.deaths
            outcome, said = reader.read(file.data)
            yield Fate(file, outcome, said)
            if number % good_after_each == 0 or reader.deaths > before:
                assert reader.read(good) == (WHOLE, "1 pages"), f"the page after {file.name}"
    finally:
        reader.close()


def faults(found: Iterable[Fate]) -> list[str]:
    """What is not good enough, one line each: unclear messages, internal errors, deaths of what is no bomb."""
    lines = []
    for fate in found:
        what = f"{fate.file.kind}: {fate.file.name}: {fate.outcome}: {fate.said}"
        if fate.outcome == REFUSED and not clear(fate.said):
            lines.append(f"unclear: {what}")
        if fate.outcome == DIED and "internal error" in fate.said:
            lines.append(f"internal error: {what}")
        if fate.outcome in (DIED, LATE) and fate.file.kind != "bombs":
            lines.append(f"no bomb, and still: {what}")
    return lines


def clear(message: str) -> bool:
    """One sentence for people that says what it is about."""
    sound = message.endswith(".") and message.isprintable() and len(message) <= MAX_MESSAGE_CHARS
    return sound and bool(_CLEAR.search(message)) and not _TELLTALE.search(message)


def table(found: Iterable[Fate]) -> dict[str, Counter[str]]:
    """Kind → outcome → how many."""
    counted: dict[str, Counter[str]] = {}
    for fate in found:
        counted.setdefault(fate.file.kind, Counter())[fate.outcome] += 1
    return counted
