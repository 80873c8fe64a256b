"""``recto run``: a recipe on files, folders and patterns."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from recto.cli import options
from recto.cli.away import Server, server_of
from recto.cli.batch import run_jobs
from recto.cli.inputs import OFTEN_OF_MANY_PAGES, Input, MissingInputError, expand, overrides
from recto.cli.job import Event, Job, Order, Record, Report
from recto.cli.manifest import Manifest
from recto.cli.outputs import Destination, destination
from recto.cli.progress import Meter, Tally
from recto.cli.refusal import refusals
from recto.cli.report import ReportFile
from recto.cli.stopping import Stopped, stoppable
from recto.codec import Limits
from recto.pipeline import plan


def run(
    inputs: options.Inputs,
    recipe: options.Recipe,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="OUT", help="A .png, .tif or .pdf file, or a folder.")
    ],
    settings: options.Settings = None,
    form: options.Format = None,
    workers: options.Workers = None,
    force: options.Force = False,
    as_json: options.AsJson = False,
    report: options.ReportPath = None,
    pdf_dpi: options.PdfDpi = 300,
    assumed_dpi: options.AssumedDpi = 300,
    timeout_s: options.Timeout = None,
    max_bytes: options.MaxBytes = options.MAX_BYTES,
    max_megapixels: options.MaxMegapixels = options.MAX_MEGAPIXELS,
    max_frames: options.MaxFrames = options.MAX_FRAMES,
    server: options.ServerAddress = None,
    client_id: options.ClientId = None,
    client_secret: options.ClientSecret = None,
) -> None:
    """Take pages through a recipe and write PNG, TIFF or PDF files.

    One input and an OUT that ends in .png, .tif or .pdf: that file. Otherwise OUT is a folder and gets
    a file for each input; as PNG, NAME-001.png, NAME-002.png, … for the pages of a multi-page one.

    A folder remembers what is done: the same command goes on after Ctrl-C or a crash and passes over what is
    done already.

    Examples:

    **recto run scan.jpg -r deskew,binarize -o clean.png**

    **recto run scans/ -r deskew,binarize -o clean/ --format pdf --report clean.html**

    **recto run photo.heic -r dewarp,binarize --set binarize.method=sauvola -o page.tif**

    **recto run scans/ -r deskew,binarize -o clean/ --server https://recto.example**
    """
    tally = Tally()
    with refusals("run", output):
        checked = plan(recipe, overrides(settings or ()))
        others: set[Path] = set()
        found = list(expand(inputs, output, others))
        to = destination(output, form, len(found))
        folder = to.path if to.is_folder else None
        there = server_of(server, client_id, client_secret, pdf_dpi)
        limits = Limits(max_bytes=max_bytes, max_megapixels=max_megapixels, max_frames=max_frames)
        order = Order(checked.as_json(), to.form, pdf_dpi, assumed_dpi, folder, report is not None, limits)
        files = _there(found, others, tally)
        try:
            _work(files, to, order, tally, workers, timeout_s, report, there, force=force, as_json=as_json)
        except Stopped as stop:
            _say_how_to_go_on(to, tally, force=force)
            raise typer.Exit(stop.status) from None
    typer.echo(tally.summary(_where(to, tally)), err=True)
    raise typer.Exit(1 if tally.failed else 0)


def _say_how_to_go_on(to: Destination, tally: Tally, *, force: bool) -> None:
    typer.echo(f"Stopped: {tally.summary(_where(to, tally))}.", err=True)
    if to.is_folder:
        go_on = "the same command without --force" if force else "the same command"
        typer.echo(f"To go on: {go_on}. What is done is passed over.", err=True)


def _there(found: Iterable[Input | MissingInputError], others: set[Path], tally: Tally) -> list[Input]:
    """The files to read; what is not there, and what was passed over, is said."""
    files = []
    for one in found:
        if isinstance(one, Input):
            files.append(one)
        else:
            typer.echo(one.message, err=True)
            tally.failed += 1
    if others:
        kinds = sorted({path.suffix.lower() or "no suffix" for path in others})
        which = f"{len(others)} file{'' if len(others) == 1 else 's'} ({', '.join(kinds)})"
        typer.echo(f"Passed over for their names: {which}.", err=True)
    return files


def _where(to: Destination, tally: Tally) -> str:
    """What was written to; the pages of one input as PNG are numbered, by how many it has, written or not."""
    if to.is_folder or not tally.ends:
        return str(to.path)
    first, last = (page["output"] for page in tally.ends)
    return first if first == last else f"{first} to {Path(last).name}"


def _work(
    files: list[Input],
    to: Destination,
    order: Order,
    tally: Tally,
    workers: int | None,
    timeout_s: float | None,
    report: Path | None,
    server: Server | None,
    *,
    force: bool,
    as_json: bool,
) -> None:
    """Take the files through, with what has to be closed whatever happens."""
    with stoppable(), ExitStack() as stack:
        manifest = stack.enter_context(Manifest(to.path)) if files and to.is_folder else None
        page_report = (
            stack.enter_context(ReportFile(report, (f.path for f in files), force=force))
            if report is not None
            else None
        )
        at_once = workers or os.cpu_count() or 1
        # Threads can only be ended with their process, so what may have many pages gets one of its own.
        single = len(files) == 1 and files[0].path.suffix.lower() not in OFTEN_OF_MANY_PAGES
        is_alone = single and timeout_s is None and server is None
        reports = run_jobs(
            _jobs(files, to, manifest, order, tally, page_report, force=force),
            order if is_alone else replace(order, threads=max(1, at_once // max(1, len(files)))),
            workers=workers if server is not None else max(1, min(at_once, len(files))),
            timeout_s=timeout_s,
            in_process=is_alone,
            server=server,
        )
        _show(stack.enter_context(closing(reports)), len(files), tally, page_report, as_json=as_json)


def _jobs(
    files: Iterable[Input],
    to: Destination,
    manifest: Manifest | None,
    order: Order,
    tally: Tally,
    page_report: ReportFile | None,
    *,
    force: bool,
) -> Iterator[Job]:
    """Each file that is not done yet, with its output's path; a second one for an output is refused, not lost."""
    taken: dict[Path, Path] = {}
    for file in files:
        target = to.target(file.path, file.relative)
        earlier = taken.setdefault(target, file.path)
        clash = "" if earlier is file.path else f"{target} is already the output of {earlier}"
        if manifest is not None and not force and not clash and manifest.is_done(file.path, order.fingerprint):
            tally.skipped += 1
            if page_report is not None:
                page_report.mention(file.path)
            continue
        made = () if manifest is None else manifest.outputs_of(file.path)
        yield Job(file.path, target, force, clash, made)


def _show(events: Iterator[Event], files: int, tally: Tally, page_report: ReportFile | None, *, as_json: bool) -> None:
    """Print what comes in, and count it."""
    console = Console(stderr=True)
    with Meter(console, files, tally, show=console.is_terminal) as meter:
        for event in events:
            if isinstance(event, Report):
                untold = event.pages[tally.pages_of(event.file) :]
                tally.take(event)
                if page_report is not None:
                    page_report.add(event)
                say_pages(untold, console, as_json=as_json, with_notes=files == 1)
                say_error(event, console, as_json=as_json)
            else:
                tally.hear(event)
                say_pages([event], console, as_json=as_json, with_notes=files == 1)
            meter.update()


def say_pages(pages: Iterable[Record], console: Console, *, as_json: bool, with_notes: bool) -> None:
    """Records to stdout as JSON, or their notes, for people."""
    for page in pages:
        if as_json:
            typer.echo(json.dumps(page))
        elif with_notes:
            for note in page["notes"]:
                console.print(f"page {page['page']}: {note}", markup=False, highlight=False, soft_wrap=True)


def say_error(report: Report, console: Console, *, as_json: bool) -> None:
    """What stopped a file, for people, and as JSON to stdout for programs."""
    if report.error is None:
        return
    if as_json:
        typer.echo(json.dumps({"file": report.file, "error": report.error, "code": report.code}))
    console.print(f"{report.file}: {report.error}", style="red", markup=False, highlight=False, soft_wrap=True)
