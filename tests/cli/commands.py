"""The command line, called in this process or in one of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from typer.testing import CliRunner

from recto.cli import app
from recto.cli.manifest import NAME
from tests.pages import text_page

ENVIRONMENT = {"COLUMNS": "200", "NO_COLOR": "1"}
WAIT_S = 120.0
started: list[subprocess.Popen[str]] = []


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


def recto(*arguments: str | Path) -> Done:
    """Run a command in this process: quick, and an unexpected exception is the test's."""
    result = CliRunner().invoke(app, [str(a) for a in arguments], env=ENVIRONMENT, catch_exceptions=False)
    return Done(result.exit_code, result.stdout, result.stderr)


def start(*arguments: str | Path) -> subprocess.Popen[str]:
    """Start a command in a process of its own, as a shell does: signals to its group reach its children, too."""
    process = subprocess.Popen(
        [sys.executable, "-m", "recto", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **ENVIRONMENT},
        start_new_session=True,
    )
    started.append(process)
    return process


def end_all() -> None:
    """Leave no process behind when a test failed in the middle."""
    while started:
        process = started.pop()
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def interrupt(process: subprocess.Popen[str]) -> Done:
    """Ctrl-C on the terminal: the whole group gets it."""
    os.killpg(process.pid, signal.SIGINT)
    return finished(process)


def finished(process: subprocess.Popen[str]) -> Done:
    out, err = process.communicate(timeout=WAIT_S)
    return Done(process.returncode, out, err)


def until(what: Callable[[], bool], process: subprocess.Popen[str] | None = None) -> None:
    """Wait until something is so; fails when the process ends first or it takes minutes."""
    end = time.monotonic() + WAIT_S
    while not what():
        if process is not None and process.poll() is not None:
            raise AssertionError(f"ended with {process.returncode}: {process.communicate()}")
        assert time.monotonic() < end
        time.sleep(0.02)


def records(out: Path) -> list[dict[str, object]]:
    """The lines of a folder's manifest that are whole."""
    path = out / NAME
    lines = path.read_text().splitlines(keepends=True) if path.exists() else []
    return [json.loads(line) for line in lines if line.endswith("\n")]


def done_count(out: Path) -> int:
    return sum(r["state"] == "done" for r in records(out))


def shown(folder: Path) -> list[str]:
    """Every file below a folder that is not hidden, by its path."""
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file() and p.name[0] != ".")


def parts(folder: Path) -> list[Path]:
    """What was half written and left."""
    return sorted(folder.rglob("*.part"))


def make_pages(folder: Path, count: int, *, height_px: int = 500, width_px: int = 400) -> None:
    """A folder of different pages."""
    folder.mkdir(parents=True, exist_ok=True)
    page = text_page(height_px, width_px, text_px=12)
    for k in range(count):
        samples = page.copy()
        samples[:10, : k + 1] = 0
        Image.fromarray(samples).save(folder / f"page {k:03d}.png", dpi=(150, 150))
