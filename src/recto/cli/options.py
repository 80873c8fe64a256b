"""Options that several commands share, written once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from recto.cli.outputs import Form
from recto.codec import Limits, bytes_of
from recto.pipeline import CATALOGUE, PRESETS


def _recipes(incomplete: str) -> Iterator[str]:
    """What a recipe that was begun can go on with: filters, and presets of one word."""
    before, comma, begun = incomplete.rpartition(",")
    names = [*CATALOGUE, *(name for name in PRESETS if " " not in name and not comma)]
    yield from (before + comma + name for name in names if name.startswith(begun))


Inputs = Annotated[list[str], typer.Argument(metavar="INPUT", help="Files, folders or patterns.")]
Recipe = Annotated[
    str,
    typer.Option(
        "--recipe",
        "-r",
        help="deskew,binarize, a preset, or a JSON array; `recto filters` lists all.",
        autocompletion=_recipes,
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="FILTER.PARAM=VALUE", help="Override a parameter; may be repeated."),
]
Workers = Annotated[
    int | None,
    typer.Option(min=1, help="Files at a time, or pages of a single one; one per core by default, 8 with --server."),
]
Force = Annotated[bool, typer.Option("--force", help="Overwrite what is there, and do again what is done.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line and page, on stdout, as each is done.")]
PdfDpi = Annotated[int, typer.Option(min=36, max=1200, help="Pixels per inch at which PDF pages are drawn.")]
Format = Annotated[
    Form | None,
    typer.Option("--format", help="png: a file per page; tiff, pdf: a file per input. By OUT's suffix, or png."),
]


def _size(said: str) -> int:
    try:
        return int(bytes_of(said))
    except ValueError as error:
        raise typer.BadParameter(f"{error}.") from None


MaxBytes = Annotated[
    int,
    typer.Option(
        "--max-bytes",
        metavar="SIZE",
        parser=_size,
        envvar="RECTO_MAX_BYTES",
        show_default="100MiB",
        help="The largest file that is read, such as 500MB or 2GiB.",
    ),
]
MaxMegapixels = Annotated[
    float,
    typer.Option("--max-megapixels", min=0.001, envvar="RECTO_MAX_MEGAPIXELS", help="The largest page that is read."),
]
MaxFrames = Annotated[
    int, typer.Option("--max-frames", min=1, envvar="RECTO_MAX_FRAMES", help="The most pages a file may have.")
]
MAX_BYTES, MAX_MEGAPIXELS, MAX_FRAMES = Limits().max_bytes, Limits().max_megapixels, Limits().max_frames
AssumedDpi = Annotated[
    int,
    typer.Option("--assume-dpi", min=30, max=4800, help="Sizes PDF pages of pictures that do not know their DPI."),
]
Timeout = Annotated[
    float | None, typer.Option("--timeout", min=0.1, metavar="SECONDS", help="Give up on a file after so long.")
]
ReportPath = Annotated[
    Path | None,
    typer.Option("--report", metavar="FILE.html", help="Thumbnails, estimates and notes, the least certain first."),
]
ServerAddress = Annotated[
    str | None,
    typer.Option(
        "--server", metavar="URL", help="Have the work done by a Recto service, such as https://recto.example."
    ),
]
ClientId = Annotated[
    str | None,
    typer.Option(metavar="ID", envvar="RECTO_CLIENT_ID", help="Who we are to --server."),
]
ClientSecret = Annotated[
    str | None,
    typer.Option(metavar="SECRET", envvar="RECTO_CLIENT_SECRET", help="Better as the variable: others see options."),
]
