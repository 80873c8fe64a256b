"""Many files at once, each in a process of its own, so that a bad one costs only itself."""

from __future__ import annotations

import os
import tempfile
from collections import deque
from collections.abc import Iterator
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from pebble import ProcessExpired, ProcessPool

from recto import codec
from recto.errors import RectoError
from recto.pipeline import Outcome, Plan, plan
from recto.pipeline import run as run_plan

PAGES_PER_PROCESS = 200
"""A process is replaced after so many files, so that memory that a codec keeps comes back."""


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
    """

    source: Path
    target: Path
    force: bool
    refusal: str = ""


@dataclass
class Report:
    """What became of one file: a record per page written, and the error that stopped it."""

    file: str
    pages: list[dict[str, Any]] = field(default_factory=list)
    error: str | None = None


def run_jobs(jobs: list[Job], recipe: str, *, pdf_dpi: int, workers: int) -> Iterator[Report]:
    """Run all jobs, yielding reports in the order of the jobs; never more than a few are under way."""
    if workers == 1:
        for job in jobs:
            yield run_job(job, recipe, pdf_dpi)
        return
    pool = ProcessPool(max_workers=workers, max_tasks=PAGES_PER_PROCESS, context=get_context("spawn"))
    waiting: deque[tuple[Job, Any]] = deque()
    try:
        for job in jobs:
            waiting.append((job, pool.schedule(run_job, args=(job, recipe, pdf_dpi))))
            if len(waiting) >= 4 * workers:
                yield _collected(*waiting.popleft())
        while waiting:
            yield _collected(*waiting.popleft())
    finally:
        pool.stop()
        pool.join()


def _collected(job: Job, future: Any) -> Report:
    try:
        report: Report = future.result()
        return report
    except (ProcessExpired, FutureTimeoutError) as error:
        return Report(str(job.source), error=f"the process that read it died ({error})")


def run_job(job: Job, recipe: str, pdf_dpi: int) -> Report:
    """Read one file, take its pages through the recipe, write them."""
    report = Report(str(job.source))
    try:
        if job.refusal:
            report.error = job.refusal
            return report
        data = job.source.read_bytes()
        checked = plan(recipe)
        frames = codec.probe(data).frames
        targets = [job.target] if frames == 1 else _numbered(job.target, frames)
        standing = [t for t in targets if t.exists()]
        if standing and not job.force:
            report.error = f"{standing[0]} is there already; --force overwrites"
            return report
        for number, (page, target) in enumerate(zip(codec.decode(data, pdf_dpi=pdf_dpi), targets, strict=False), 1):
            report.pages.append(_written(run_plan(page, checked), checked, job.source, number, target))
    except RectoError as error:
        report.error = error.message
    except OSError as error:
        report.error = f"{error.strerror or error}" + (f": {error.filename}" if error.filename else "")
    except MemoryError:
        report.error = "not enough memory for this page"
    return report


def _numbered(target: Path, frames: int) -> list[Path]:
    digits = max(3, len(str(frames)))
    return [target.with_name(f"{target.stem}-{n:0{digits}d}.png") for n in range(1, frames + 1)]


def _written(outcome: Outcome, checked: Plan, source: Path, number: int, target: Path) -> dict[str, Any]:
    write_whole(target, codec.encode_png(outcome.page))
    return {
        "file": str(source),
        "page": number,
        "output": str(target),
        "width_px": outcome.page.width_px,
        "height_px": outcome.page.height_px,
        "kind": str(outcome.page.kind),
        "estimates": {name: e.as_dict() for name, e in outcome.estimates.items()},
        "notes": list(outcome.notes),
        "steps": [
            {"filter": s.filter, "changed": s.changed, "elapsed_ms": round(s.elapsed_ms, 2)} for s in outcome.steps
        ],
    }


def write_whole(target: Path, data: bytes) -> None:
    """Write a file so that it is there whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".recto-", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        mask = os.umask(0)
        os.umask(mask)
        Path(name).chmod(0o666 & ~mask)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
