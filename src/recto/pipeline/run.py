"""Run a plan on a page: compose geometry, resample once, keep what was found."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from recto.blueprint import Estimate, GeometryFilter, Move, PixelFilter, ScaleFilter
from recto.errors import LimitError
from recto.pipeline.catalogue import CATALOGUE, filter_named
from recto.pipeline.recipe import Plan, Step, params_of
from recto.raster import AffineMap, BackwardMap, Dpi, Kind, Page, compose, resample

MAX_OUTPUT_MEGAPIXELS = 400.0


@dataclass(frozen=True)
class StepReport:
    """What one step found and did.

    Attributes
    ----------
    filter : str
    changed : bool
        False when the step left the page exactly as it was.
    estimates : tuple of Estimate
    notes : tuple of str
    elapsed_ms : float
        Wall-clock time of the step; the one resampling of a run of geometry steps counts with its last.
    """

    filter: str
    changed: bool
    estimates: tuple[Estimate, ...]
    notes: tuple[str, ...]
    elapsed_ms: float


@dataclass(frozen=True)
class Outcome:
    """The page that came out, and a report per step.

    Attributes
    ----------
    page : Page
        The very object that went in when no step changed it.
    steps : tuple of StepReport
    backward : BackwardMap or None
        From points of ``page`` to points of the page that was sent; None where they are the same.
    """

    page: Page
    steps: tuple[StepReport, ...]
    backward: BackwardMap | None = None

    @property
    def estimates(self) -> dict[str, Estimate]:
        """The last estimate of each name."""
        return {e.name: e for step in self.steps for e in step.estimates}

    @property
    def notes(self) -> tuple[str, ...]:
        """Every note, with its filter before it."""
        return tuple(f"{step.filter}: {note}" for step in self.steps for note in step.notes)


@dataclass
class _Canvas:
    """The page at the start of a run of geometry steps, and the maps that wait to be drawn."""

    base: Page
    waiting: BackwardMap | None = None
    dpi: Dpi | None = None
    fill: tuple[int, ...] | None = None
    drawn: Page | None = field(default=None)

    def page(self) -> Page:
        """The page as it would come out now, always drawn from the base pixels."""
        if self.waiting is None:
            return self.base
        if self.drawn is None:
            self.drawn = resample(self.base, self.waiting, dpi=self.dpi, fill=self.fill)
        return self.drawn

    def move(self, move: Move) -> None:
        assert move.backward is not None
        check_output_size(move.backward.shape)
        self.waiting = move.backward if self.waiting is None else compose(self.waiting, move.backward)
        self.dpi = move.dpi
        self.fill = move.fill if self.fill is None else self.fill
        self.drawn = None

    def replace(self, page: Page) -> None:
        self.base, self.waiting, self.dpi, self.fill, self.drawn = page, None, None, None, None


def run(page: Page, plan: Plan) -> Outcome:
    """Take a page through the steps of a plan.

    Raises
    ------
    LimitError
        A step would give more than ``MAX_OUTPUT_MEGAPIXELS``.
    """
    canvas = _Canvas(page)
    reports: list[StepReport] = []
    whole: BackwardMap | None = None
    for k, step in enumerate(plan.steps):
        started = time.perf_counter()
        before = canvas.page() if _needs_pixels(step) else None
        report, moved = _take(step, canvas, before)
        following = plan.steps[k + 1] if k + 1 < len(plan.steps) else None
        if following is None or not isinstance(following.filter, GeometryFilter):
            canvas.page()
        if moved is not None:
            whole = moved if whole is None else compose(whole, moved)
        elapsed_ms = (time.perf_counter() - started) * 1000
        reports.append(StepReport(step.filter.name, *report, elapsed_ms))
    return Outcome(canvas.page(), tuple(reports), whole)


def inspect(page: Page, overrides: Mapping[str, Mapping[str, Any]] | None = None) -> dict[str, Estimate]:
    """Every estimate of every filter in the catalogue, by its name; applied to nothing.

    Raises
    ------
    UnknownFilterError, ParameterError
        For overrides that do not fit.
    """
    for name in overrides or {}:
        filter_named(name)
    found: dict[str, Estimate] = {}
    for name, entry in CATALOGUE.items():
        params = params_of(name, (overrides or {}).get(name, {}))
        found.update({e.name: e for e in entry.inspect(page, params)})
    return found


def check_output_size(shape: tuple[int, int]) -> None:
    """Refuse a page that would come out absurdly large, before it is made."""
    megapixels = shape[0] * shape[1] / 1e6
    if megapixels > MAX_OUTPUT_MEGAPIXELS:
        raise LimitError("output megapixels", MAX_OUTPUT_MEGAPIXELS, megapixels)


def _needs_pixels(step: Step) -> bool:
    return not isinstance(step.filter, GeometryFilter) or step.filter.looks


_Report = tuple[bool, tuple[Estimate, ...], tuple[str, ...]]


def _take(step: Step, canvas: _Canvas, before: Page | None) -> tuple[_Report, BackwardMap | None]:
    """One step: what it says, and the map from its output back to its input if points moved."""
    chosen = step.filter
    if isinstance(chosen, GeometryFilter):
        move = chosen.find(before if before is not None else _blank_like(canvas), step.params)
        if move.backward is not None:
            canvas.move(move)
        return (move.backward is not None, move.estimates, move.notes), move.backward
    assert before is not None
    assert isinstance(chosen, PixelFilter | ScaleFilter)
    if isinstance(chosen, ScaleFilter):
        check_output_size(chosen.output_shape(before, step.params))
    change = chosen.apply(before, step.params)
    scaled = None
    if change.page is not None:
        if change.page.shape != before.shape:
            scaled = _scaling(before.shape, change.page.shape)
        canvas.replace(change.page)
    return (change.page is not None, change.estimates, change.notes), scaled


def _blank_like(canvas: _Canvas) -> Page:
    """A page of the canvas's shape that costs no memory, for filters that do not look."""
    if canvas.waiting is None:
        return canvas.base
    nothing = np.broadcast_to(np.uint8(255), canvas.waiting.shape)
    return Page(nothing, Kind.GREY, canvas.dpi)


def _scaling(before: tuple[int, int], after: tuple[int, int]) -> BackwardMap:
    """Where the pixels of an enlarged page lie on the smaller one: edges fall on edges."""
    sx, sy = before[1] / after[1], before[0] / after[0]
    return AffineMap(np.array([[sx, 0, sx / 2 - 0.5], [0, sy, sy / 2 - 0.5]]), after)
