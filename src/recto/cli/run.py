"""``recto run``: a recipe on files, folders and patterns."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from recto.cli.batch import Job, Report, run_jobs
from recto.cli.inputs import Input, MissingInputError, expand, overrides
from recto.errors import RectoError
from recto.pipeline import plan


def run(
    inputs: Annotated[list[str], typer.Argument(metavar="INPUT...", help="Files, folders or patterns.")],
    recipe: Annotated[
        str, typer.Option("--recipe", "-r", help="deskew,dewarp,binarize or a JSON array; see recto filters.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="OUT", help="A .png file, or a folder.")],
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="FILTER.PARAM=VALUE", help="Override a parameter.")
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Pages at a time; default: one per core.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite what is there.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line and page, on stdout.")] = False,
    pdf_dpi: Annotated[int, typer.Option(min=36, max=1200, help="Pixels per inch for PDF pages.")] = 300,
) -> None:
    """Take pages through a recipe and write PNG files.

    One input and an OUT with a suffix: that file. Otherwise OUT is a folder and gets <stem>.png, and
    <stem>-001.png, <stem>-002.png, … for the pages of a multi-page file.

    Example: **recto run scans/ --recipe deskew,binarize -o clean/**
    """
    try:
        checked = plan(recipe, overrides(settings or ()))
    except RectoError as error:
        typer.echo(f"recto run: {error.message}", err=True)
        raise typer.Exit(2) from None
    found = list(expand(inputs))
    files = [f for f in found if isinstance(f, Input)]
    failures = [f for f in found if isinstance(f, MissingInputError)]
    for missing in failures:
        typer.echo(missing.message, err=True)
    jobs = list(_jobs(files, output, single=len(found) == 1 and bool(output.suffix), force=force))
    count = workers or os.cpu_count() or 1
    reports = run_jobs(jobs, checked.as_json(), pdf_dpi=pdf_dpi, workers=min(count, max(1, len(jobs))))
    failed, pages = _show(reports, len(jobs), as_json=as_json)
    total = failed + len(failures)
    if not as_json:
        tail = f", {total} failed" if total else ""
        typer.echo(f"{pages} page{'' if pages == 1 else 's'} written to {output}{tail}", err=True)
    raise typer.Exit(1 if total else 0)


def _jobs(files: list[Input], output: Path, *, single: bool, force: bool) -> Iterator[Job]:
    """Each file with the path of its output; a second file for the same output is refused, not lost."""
    taken: dict[Path, Path] = {}
    for file in files:
        target = output if single and not output.is_dir() else output / file.relative / f"{file.path.stem}.png"
        earlier = taken.setdefault(target, file.path)
        clash = "" if earlier is file.path else f"{target} is already the output of {earlier}"
        yield Job(file.path, target, force, clash)


def _show(reports: Iterator[Report], files: int, *, as_json: bool) -> tuple[int, int]:
    """Print what comes in; give the number of failed files and of written pages."""
    failed = pages = 0
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=as_json or not console.is_terminal, transient=True) as bar:
        task = bar.add_task("pages", total=files)
        for report in reports:
            bar.advance(task)
            failed += report.error is not None
            pages += len(report.pages)
            if as_json:
                for page in report.pages:
                    typer.echo(json.dumps(page))
            elif files == 1:
                for page in report.pages:
                    for note in page["notes"]:
                        console.print(f"page {page['page']}: {note}", markup=False, highlight=False, soft_wrap=True)
            if report.error is not None:
                console.print(f"{report.file}: {report.error}", markup=False, highlight=False, soft_wrap=True)
    return failed, pages
