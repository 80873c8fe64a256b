"""One file: read it, take its pages through the recipe, write them. Runs in a process of its own."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from recto import codec
from recto.cli import manifest
from recto.cli.abreast import abreast
from recto.cli.outputs import Form, numbered, part_of, whole_file
from recto.cli.thumbnail import thumbnail
from recto.errors import InputError, LimitError, RectoError
from recto.pipeline import Outcome, plan
from recto.pipeline import run as run_plan
from recto.raster import Page

Record = dict[str, Any]
"""What is said of one page that is done, as ``--json`` prints it."""

Pictures = list[tuple[bytes, bytes]]
"""JPEG of pages before and after."""


@dataclass(frozen=True)
class Order:
    """What is to be done with every file of a run.

    Attributes
    ----------
    recipe : str
        Checked, as JSON with every parameter written out.
    form : Form
    pdf_dpi : int
        Pixels per inch at which PDF pages are drawn.
    assumed_dpi : int
        Sizes the PDF pages of pictures that do not know their DPI.
    folder : Path or None
        The folder with the manifest; None keeps none.
    with_pictures : bool
        Make a small picture of each page before and after.
    limits : Limits
        What a file may hold; more is refused.
    threads : int
        Pages of one file that are worked on at once.
    """

    recipe: str
    form: Form = Form.PNG
    pdf_dpi: int = 300
    assumed_dpi: int = 300
    folder: Path | None = None
    with_pictures: bool = False
    limits: codec.Limits = field(default_factory=codec.Limits)
    threads: int = 1

    @property
    def fingerprint(self) -> str:
        """The same for everything that gives the same pages in the same form."""
        said = (self.recipe, self.form, self.pdf_dpi, self.assumed_dpi if self.form is Form.PDF else None)
        return hashlib.sha256(repr(said).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Job:
    """One file to read and where its pages go.

    Attributes
    ----------
    source, target : Path
    force : bool
        Overwrite what is there.
    refusal : str
        Why it must not be run, or empty.
    earlier : tuple of Made
        Outputs of earlier runs, which may be overwritten.
    """

    source: Path
    target: Path
    force: bool
    refusal: str = ""
    earlier: tuple[manifest.Made, ...] = ()


@dataclass
class Report:
    """What became of one file: a record per page written, and the error that stopped it.

    Attributes
    ----------
    file : str
    pages : list of dict
    error, code : str or None
        For people and for programs.
    pictures : list of pairs of bytes
        JPEG of each page before and after, when they were asked for.
    """

    file: str
    pages: list[Record] = field(default_factory=list)
    error: str | None = None
    code: str | None = None
    pictures: Pictures = field(default_factory=list)

    def fail(self, error: str, code: str) -> Report:
        self.error, self.code = error, code
        return self

    def fail_with(self, error: OSError) -> Report:
        """What the system refused."""
        return self.fail(f"{error.strerror or error}" + (f": {error.filename}" if error.filename else ""), "os-error")

    def ended(self, form: Form) -> Report:
        """Nothing more is to come: a document is there whole or not at all."""
        if self.error is not None and form is not Form.PNG:
            self.pages.clear()
            self.pictures.clear()
        return self


Event = Record | Report
"""A page that is done, or at last what became of its file."""


class StandingError(InputError):
    """An output is there and was not written by an earlier run."""

    code = "output-exists"


def run_job(job: Job, order: Order) -> Generator[Record, None, Report]:
    """Read one file, take its pages through the recipe, write them; every fault is in the report.

    Yields
    ------
    dict
        The record of each page as soon as it is done; the report that is returned has them all.
    """
    report = Report(str(job.source))
    if job.refusal:
        return report.fail(job.refusal, "refused")
    try:
        yield from _take(job, order, report)
    except RectoError as error:
        report.fail(said_here(error), error.code)
    except OSError as error:
        report.fail_with(error)
    except MemoryError:
        report.fail("not enough memory for this page", "out-of-memory")
    except Exception as error:
        report.fail(f"a fault of recto itself, please report it: {type(error).__name__}: {error}", "internal")
    return report.ended(order.form)


def said_here(error: RectoError) -> str:
    """Its message, with what raises a limit on the command line."""
    if not isinstance(error, LimitError):
        return error.message
    advice = re.sub(r"\b(max_bytes|max_megapixels|max_frames|pdf_dpi)\b", _as_option, error.advice)
    advice = re.sub(r" \(RECTO_\w+\)", "", advice).replace("Send ", "Take ")
    return LimitError(error.limit, error.allowed, error.found, advice).message


def _as_option(name: re.Match[str]) -> str:
    return "--" + name[0].replace("_", "-")


def _take(job: Job, order: Order, report: Report) -> Iterator[Record]:
    stamp, data = read_source(job.source, order.limits)
    frames = codec.probe(data, order.limits, pdf_dpi=order.pdf_dpi).frames
    with noted(job, order, stamp, frames) as targets:
        pages = codec.decode(data, order.limits, pdf_dpi=order.pdf_dpi)
        if order.form is Form.PNG:
            yield from _write_pictures(pages, targets, job, order, report)
        else:
            yield from _write_document(pages, frames, targets[0][1], job, order, report)


def read_source(source: Path, limits: codec.Limits) -> tuple[manifest.Stamp, bytes]:
    """The file as it stands there now.

    Raises
    ------
    LimitError
        It is too large, which is seen before it is read.
    OSError
    """
    with open(source, "rb") as file:
        found = os.fstat(file.fileno())
        limits.check_bytes(found.st_size)
        return manifest.Stamp.of(found), file.read()


@contextmanager
def noted(job: Job, order: Order, stamp: manifest.Stamp, pages: int) -> Iterator[list[tuple[Path, bool]]]:
    """Where so many pages go, and whether each may overwrite; the manifest is told of the beginning and a good end.

    Raises
    ------
    StandingError
    """
    targets = numbered(job.target, pages) if order.form is Form.PNG else [job.target]
    overwrite = [_may_overwrite(target, job, order) for target in targets]
    if order.folder is not None:
        manifest.append_begun(order.folder, job.source, targets)
    yield list(zip(targets, overwrite, strict=True))
    if order.folder is not None:
        manifest.append_done(order.folder, job.source, stamp, order.fingerprint, targets)


def _may_overwrite(target: Path, job: Job, order: Order) -> bool:
    """Whether what stands there may go; raises StandingError when something stands there that may not."""
    if job.force:
        return True
    if not os.path.lexists(target):
        return False
    if order.folder is not None and manifest.is_ours(order.folder, target, job.earlier):
        return True
    raise StandingError(f"{target} is there already; --force overwrites")


def _write_pictures(
    pages: Iterator[Page], targets: list[tuple[Path, bool]], job: Job, order: Order, report: Report
) -> Iterator[Record]:
    checked = plan(order.recipe)

    def done(page: Page) -> tuple[Outcome, Pictures, bytes]:
        outcome = run_plan(page, checked)
        return outcome, _pictures(page, outcome, order), codec.encode_png(outcome.page)

    made = closing(abreast(done, pages, min(order.threads, len(targets))))
    with made as outcomes:
        for number, ((outcome, pictures, png), (target, overwrite)) in enumerate(
            zip(outcomes, targets, strict=True), 1
        ):
            with whole_file(target, part_of(job.target), overwrite=overwrite) as file:
                file.write(png)
            yield _tell(report, outcome, pictures, (number, len(targets)), target, order)


def _write_document(
    pages: Iterator[Page], frames: int, overwrite: bool, job: Job, order: Order, report: Report
) -> Iterator[Record]:
    checked = plan(order.recipe)

    def done(page: Page) -> tuple[Outcome, Pictures]:
        outcome = run_plan(page, checked)
        return outcome, _pictures(page, outcome, order)

    with (
        whole_file(job.target, part_of(job.target), overwrite=overwrite) as file,
        document(file, order) as out,
        closing(abreast(done, pages, min(order.threads, frames))) as outcomes,
    ):
        for number, (outcome, pictures) in enumerate(outcomes, 1):
            out.add(outcome.page)
            yield _tell(report, outcome, pictures, (number, frames), job.target, order)


def _pictures(before: Page, outcome: Outcome, order: Order) -> Pictures:
    return [(thumbnail(before), thumbnail(outcome.page))] if order.with_pictures else []


def document(file: BinaryIO, order: Order) -> codec.PdfWriter | codec.TiffWriter:
    """What takes the pages of a file that holds them all."""
    return codec.PdfWriter(file, order.assumed_dpi) if order.form is Form.PDF else codec.TiffWriter(file)


def _tell(
    report: Report, outcome: Outcome, pictures: Pictures, number: tuple[int, int], target: Path, order: Order
) -> Record:
    after = outcome.page
    dpi = None if after.dpi is None else (after.dpi.x, after.dpi.y)
    looks = Looks(after.width_px, after.height_px, str(after.kind), dpi)
    estimates = {name: e.as_dict() for name, e in outcome.estimates.items()}
    steps = [(s.filter, s.changed, s.elapsed_ms) for s in outcome.steps]
    report.pictures += pictures
    return tell(report, order, number, target, looks, estimates, outcome.notes, steps)


class Looks(NamedTuple):
    """Of a page that was written."""

    width_px: int
    height_px: int
    kind: str
    dpi: tuple[float, float] | None


def tell(
    report: Report,
    order: Order,
    number: tuple[int, int],
    target: Path,
    looks: Looks,
    estimates: Mapping[str, Any],
    notes: Iterable[str],
    steps: Iterable[tuple[str, bool, float]],
) -> Record:
    """Add the record of a page that was written.

    ``number`` is that of the page, from 1, and how many there are; a step is a filter's name, whether it changed the
    page, and milliseconds.
    """
    said = list(notes)
    if order.form is Form.PDF and looks.dpi is None:
        said.append(f"pdf: resolution unknown, page sized at {order.assumed_dpi} DPI (--assume-dpi)")
    record = {
        "file": report.file,
        "page": number[0],
        "pages": number[1],
        "output": str(target),
        "width_px": looks.width_px,
        "height_px": looks.height_px,
        "kind": looks.kind,
        "dpi": None if looks.dpi is None else [round(side, 3) for side in looks.dpi],
        "estimates": dict(estimates),
        "notes": said,
        "steps": [
            {"filter": name, "changed": changed, "elapsed_ms": round(elapsed_ms, 2)}
            for name, changed, elapsed_ms in steps
        ],
    }
    report.pages.append(record)
    return record
