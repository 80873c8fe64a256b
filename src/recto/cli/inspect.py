"""``recto inspect``: what the filters find, applied to nothing."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import typer

from recto import codec
from recto.cli import options
from recto.cli.inputs import Input, expand, overrides
from recto.cli.job import read_source, said_here
from recto.cli.refusal import refusals
from recto.errors import RectoError
from recto.pipeline import inspect as inspect_page
from recto.raster import Page


def inspect(
    inputs: options.Inputs,
    settings: options.Settings = None,
    as_json: options.AsJson = False,
    pdf_dpi: options.PdfDpi = 300,
    max_bytes: options.MaxBytes = options.MAX_BYTES,
    max_megapixels: options.MaxMegapixels = options.MAX_MEGAPIXELS,
    max_frames: options.MaxFrames = options.MAX_FRAMES,
) -> None:
    """Print the size, kind and DPI of each page and every estimate with its confidence.

    Example: **recto inspect scans/ --json --set deskew.max_angle_deg=45**
    """
    with refusals("inspect"):
        chosen = overrides(settings or ())
        limits = codec.Limits(max_bytes=max_bytes, max_megapixels=max_megapixels, max_frames=max_frames)
        inspect_page(Page.of(np.full((1, 1), 255, np.uint8)), chosen)
    failed = False
    for found in expand(inputs):
        try:
            if not isinstance(found, Input):
                raise found
            for record in _records(found.path, chosen, limits, pdf_dpi):
                sys.stdout.write((json.dumps(record) if as_json else _readable(record)) + "\n")
                sys.stdout.flush()
        except BrokenPipeError:  # who reads what we print has had enough
            raise
        except (RectoError, OSError) as error:
            failed = True
            where = f"{found.path}: " if isinstance(found, Input) else ""
            typer.echo(f"{where}{said_here(error) if isinstance(error, RectoError) else error.strerror}", err=True)
    raise typer.Exit(1 if failed else 0)


def _records(
    path: Path, chosen: dict[str, dict[str, Any]], limits: codec.Limits, pdf_dpi: int
) -> Iterator[dict[str, Any]]:
    _, data = read_source(path, limits)
    for number, page in enumerate(codec.decode(data, limits, pdf_dpi=pdf_dpi), start=1):
        estimates = {name: e.as_dict() for name, e in inspect_page(page, chosen).items()}
        yield {
            "file": str(path),
            "page": number,
            "width_px": page.width_px,
            "height_px": page.height_px,
            "kind": str(page.kind),
            "dpi": None if page.dpi is None else [round(page.dpi.x, 3), round(page.dpi.y, 3)],
            **estimates,
        }


def _readable(record: dict[str, Any]) -> str:
    dpi = "dpi unknown" if record["dpi"] is None else f"{record['dpi'][0]:g} × {record['dpi'][1]:g} dpi"
    size = f"{record['width_px']} × {record['height_px']} px"
    lines = [f"{record['file']} page {record['page']}: {size}, {record['kind']}, {dpi}"]
    for name, value in record.items():
        if isinstance(value, dict):
            lines.append(f"  {name}: " + ", ".join(f"{k} {v}" for k, v in value.items()))
    return "\n".join(lines)
