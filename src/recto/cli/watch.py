"""``recto watch``: a folder that a scanner drops pages into."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from recto.cli import options
from recto.cli.away import server_of
from recto.cli.batch import AnyCrew, crew_for
from recto.cli.inputs import overrides, pictures_below
from recto.cli.job import Job, Order, Report
from recto.cli.manifest import Manifest, Stamp
from recto.cli.outputs import Destination, Form
from recto.cli.progress import Tally
from recto.cli.refusal import refusals
from recto.cli.run import say_error, say_pages
from recto.cli.stopping import Stopped, stoppable
from recto.codec import Limits
from recto.errors import SettingError
from recto.pipeline import plan

NOT_WHOLE_YET = "unreadable-image"


def watch(
    folder: Annotated[Path, typer.Argument(metavar="IN", help="The folder to watch, with the folders below it.")],
    output: Annotated[Path, typer.Argument(metavar="OUT", help="The folder that gets the pages.")],
    recipe: options.Recipe,
    settings: options.Settings = None,
    form: options.Format = None,
    settle_s: Annotated[
        float, typer.Option("--settle", min=0, metavar="SECONDS", help="A file is whole when it kept its size so long.")
    ] = 2.0,
    patience_s: Annotated[
        float,
        typer.Option("--patience", min=0, metavar="SECONDS", help="Try a file that cannot be read again for so long."),
    ] = 60.0,
    poll_s: Annotated[
        float, typer.Option("--poll", min=0.05, metavar="SECONDS", help="Time from one look into IN to the next.")
    ] = 1.0,
    workers: options.Workers = None,
    force: options.Force = False,
    as_json: options.AsJson = False,
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
    """Wait for files and take each one through a recipe; goes on until Ctrl-C or SIGTERM.

    A file is taken when its size and time have stayed the same for --settle seconds. One that cannot be read then is
    tried again for --patience seconds after its last change. Files stay where they are; what is done is remembered in
    OUT and not done again after a restart.

    Example: **recto watch /srv/scanner clean/ -r deskew,binarize --format pdf**
    """
    with refusals("watch", output):
        checked = plan(recipe, overrides(settings or ()))
        if not folder.is_dir():
            raise SettingError(f"{folder} is not a folder; make it first.")
        if folder.resolve() == output.resolve():
            raise SettingError("IN and OUT are the same folder: what comes out would go in again.")
        to = Destination(output, True, form or Form.PNG)
        there = server_of(server, client_id, client_secret, pdf_dpi)
        limits = Limits(max_bytes=max_bytes, max_megapixels=max_megapixels, max_frames=max_frames)
        order = Order(checked.as_json(), to.form, pdf_dpi, assumed_dpi, output, limits=limits)
        tally = Tally()
        try:
            with (
                stoppable(),
                Manifest(output) as manifest,
                crew_for(order, workers, timeout_s, there) as crew,
            ):
                box = DropFolder(folder, to, manifest, order, settle_s=settle_s, patience_s=patience_s, force=force)
                _attend(box, crew, tally, poll_s, f"watching {folder}, writing to {output}", as_json=as_json)
        except Stopped:
            typer.echo(f"Stopped: {tally.summary(str(output))}. The same command goes on.", err=True)


def _attend(box: DropFolder, crew: AnyCrew, tally: Tally, poll_s: float, greeting: str, *, as_json: bool) -> NoReturn:
    console = Console(stderr=True)
    console.print(greeting, markup=False, highlight=False, soft_wrap=True)
    while True:
        for job in box.ready(time.monotonic()):
            crew.give(job)
        for report in crew.collect(poll_s):
            # A page of a file that is not whole yet is no news.
            if isinstance(report, Report) and box.is_settled(report, time.monotonic()):
                tally.take(report)
                say_pages(report.pages, console, as_json=as_json, with_notes=True)
                say_error(report, console, as_json=as_json)


@dataclass
class _Seen:
    """What is known of a file in the folder.

    Attributes
    ----------
    stamp : Stamp
    since_s, again_s : float
        When it was first seen like this; not before ``again_s`` is it to be tried.
    state : str
        ``waiting``, ``working``, or ``settled``: nothing to be done until it changes.
    """

    stamp: Stamp
    since_s: float
    again_s: float
    state: str = "waiting"


class DropFolder:
    """Tells which files of a folder are whole and not done yet.

    Times come from the caller's clock; only differences count.
    """

    def __init__(
        self,
        folder: Path,
        to: Destination,
        manifest: Manifest,
        order: Order,
        *,
        settle_s: float,
        patience_s: float,
        force: bool = False,
    ) -> None:
        self._folder, self._to, self._manifest, self._order = folder, to, manifest, order
        self._settle_s, self._patience_s, self._force = settle_s, patience_s, force
        self._seen: dict[Path, _Seen] = {}

    def ready(self, now_s: float) -> list[Job]:
        """The files that have been as they are for long enough; each is given out once."""
        here = {}
        for path in pictures_below(self._folder, self._to.path):
            try:
                here[path] = Stamp.of(path.stat())
            except OSError:  # gone again
                continue
        for path in self._seen.keys() - here.keys():
            if self._seen[path].state != "working":
                del self._seen[path]
        if here.keys() - self._seen.keys():
            self._manifest.refresh()
        jobs = []
        for path, stamp in sorted(here.items()):
            seen = self._seen.get(path)
            if seen is None or (seen.stamp != stamp and seen.state != "working"):
                self._seen[path] = self._first_look(path, stamp, now_s)
            elif seen.state == "waiting" and now_s >= seen.again_s and stamp.size_bytes > 0:
                seen.state = "working"
                jobs.append(self._job(path))
        return jobs

    def is_settled(self, report: Report, now_s: float) -> bool:
        """Take in what became of a file; False when it is to be tried again and nothing is to be said yet."""
        seen = self._seen[Path(report.file)]
        trying_s = now_s - seen.since_s
        if report.code == NOT_WHOLE_YET and trying_s < self._patience_s:
            seen.state = "waiting"
            seen.again_s = now_s + max(self._settle_s, trying_s / 2, 0.1)
            return False
        seen.state = "settled"
        return True

    def _first_look(self, path: Path, stamp: Stamp, now_s: float) -> _Seen:
        done = self._manifest.is_done(path, self._order.fingerprint)
        return _Seen(stamp, now_s, now_s + self._settle_s, "settled" if done and not self._force else "waiting")

    def _job(self, path: Path) -> Job:
        # A scanner that starts to count anew uses old names for new pages: only what a crash left unfinished is
        # written over.
        earlier = self._manifest.outputs_of(path, unfinished_only=True)
        return Job(path, self._to.target(path, path.parent.relative_to(self._folder)), self._force, earlier=earlier)
