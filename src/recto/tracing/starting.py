"""Whether traces are wanted, and what is needed for them."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from recto.errors import SettingError
from recto.tracing.spans import write_with

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
PROTOCOL = "http/protobuf"


def wanted(environ: Mapping[str, str] | None = None) -> str | None:
    """The variable that asks for traces; None when nothing does, or they are switched off."""
    environ = os.environ if environ is None else environ
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return None
    if environ.get("OTEL_TRACES_EXPORTER", "").strip().lower() == "none":
        return None
    return next((name for name in ENDPOINTS if environ.get(name, "").strip()), None)


def missing(environ: Mapping[str, str]) -> str | None:
    """What stands in the way of wanted traces, in a sentence; None when nothing does."""
    for name in PROTOCOLS:
        if environ.get(name, PROTOCOL).strip() not in ("", PROTOCOL):
            return f"{name}={environ[name]} is not spoken; Recto sends traces by {PROTOCOL}."
    try:
        importlib.import_module("recto.tracing.telemetry")
    except ModuleNotFoundError as error:
        return (
            f"{wanted(environ)} is set, and what sends traces is not installed ({error.name} is missing): "
            "pip install 'recto[tracing]', or unset it."
        )
    return None


@contextmanager
def started(part: str, environ: Mapping[str, str] | None = None) -> Iterator[bool]:
    """Send traces while the block runs, when they are wanted; what is still to be sent is sent at its end.

    Parameters
    ----------
    part : str
        ``server`` or ``worker``.
    environ : mapping, optional
        Only looked at to see what is wanted; OpenTelemetry itself reads ``os.environ``.

    Raises
    ------
    SettingError
        An endpoint is set and cannot be used: the parts are missing, or the protocol is one that is not spoken.
    """
    environ = os.environ if environ is None else environ
    if wanted(environ) is None:
        yield False
        return
    lacks = missing(environ)
    if lacks is not None:
        raise SettingError(lacks)
    from recto.tracing.telemetry import Telemetry

    telemetry = Telemetry(part)
    write_with(telemetry)
    try:
        yield True
    finally:
        write_with(None)
        telemetry.close()
