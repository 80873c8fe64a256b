"""What the service tells, as frozen values; members that this version does not know are passed over."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Recipe = str | Sequence[str | Mapping[str, Any]]
"""``"deskew,binarize"``, or a list of names and of mappings with a ``filter`` key."""

Estimates = Mapping[str, Mapping[str, Any]]
"""What was found, by name; each has a ``confidence`` from 0 to 1."""


Grid = tuple[tuple[tuple[float, float], ...], ...]
"""Rows of points ``(x, y)`` of the page that was sent, where evenly spread points of the page that came out lie, from
its upper left to its lower right pixel; two rows of two where nothing was bent."""


@dataclass(frozen=True)
class Looks:
    """A page's size, kind (``binary``, ``grey``, ``colour``) and pixels per inch, where known."""

    width_px: int
    height_px: int
    kind: str
    dpi: tuple[float, float] | None

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Looks:
        dpi = told.get("dpi")
        return cls(told["width_px"], told["height_px"], told["kind"], None if dpi is None else (dpi[0], dpi[1]))


@dataclass(frozen=True)
class Step:
    """What one step of the recipe did; ``changed`` is False when it left the page as it was."""

    filter: str
    changed: bool
    notes: tuple[str, ...]
    elapsed_ms: float

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Step:
        return cls(told["filter"], told["changed"], tuple(told["notes"]), told["elapsed_ms"])


@dataclass(frozen=True)
class Page:
    """One page of a completed task.

    Attributes
    ----------
    number : int
        From 1.
    output, input : Looks or None
        Of the page that came out and of the one that was sent; None when the service does not know.
    estimates : Estimates
    steps : tuple of Step
    grid : Grid or None
        None when nothing was moved.
    """

    number: int
    output: Looks | None
    input: Looks | None
    estimates: Estimates
    steps: tuple[Step, ...]
    grid: Grid | None = None

    def source_point(self, x: float, y: float) -> tuple[float, float]:
        """Where a point of the page that came out lies on the page that was sent.

        Parameters
        ----------
        x, y : float
            In pixels; (0, 0) is the middle of the upper left one.
        """
        if self.grid is None or self.output is None:
            return x, y
        return _between(self.grid, y / max(1, self.output.height_px - 1), x / max(1, self.output.width_px - 1))

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Page:
        return cls(
            told["page"],
            None if told.get("width_px") is None else Looks.of(told),
            None if told.get("input") is None else Looks.of(told["input"]),
            told["estimates"],
            tuple(Step.of(step) for step in told["steps"]),
            _grid(told.get("grid")),
        )


@dataclass(frozen=True)
class Progress:
    """How far a file of several pages is."""

    pages_done: int
    page_count: int


@dataclass(frozen=True)
class Task:
    """A file on its way through a recipe.

    Attributes
    ----------
    state : str
        ``pending``, ``processing``, ``completed``, ``failed`` or ``cancelled``.
    pages : tuple of Page
        Empty until the task is completed.
    batch_id : str or None
        What it belongs to.
    progress : Progress or None
        Of a file of several pages while it is being worked on. An attempt that begins again begins its count again.
    """

    id: str
    name: str | None
    state: str
    recipe: tuple[Mapping[str, Any], ...]
    error: str | None
    submitted_at: datetime
    expires_at: datetime
    pages: tuple[Page, ...]
    batch_id: str | None = None
    progress: Progress | None = None

    @property
    def is_open(self) -> bool:
        """Still to be worked on."""
        return self.state in ("pending", "processing")

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Task:
        return cls(
            told["id"],
            told["name"],
            told["state"],
            tuple(told["recipe"]),
            told["error"],
            datetime.fromisoformat(told["submitted_at"]),
            datetime.fromisoformat(told["expires_at"]),
            tuple(Page.of(page) for page in told["pages"]),
            told.get("batch"),
            _progress(told.get("progress")),
        )


@dataclass(frozen=True)
class ProcessedPage:
    """A page that was waited for."""

    png: bytes
    output: Looks
    input: Looks
    estimates: Estimates
    steps: tuple[Step, ...]
    grid: Grid | None = None

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> ProcessedPage:
        steps = tuple(Step.of(step) for step in told["steps"])
        png = base64.b64decode(told["image"])
        return cls(png, Looks.of(told), Looks.of(told["input"]), told["estimates"], steps, _grid(told.get("grid")))


@dataclass(frozen=True)
class Inspection:
    """What every filter finds on a page."""

    looks: Looks
    estimates: Estimates

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Inspection:
        return cls(Looks.of(told), told["estimates"])


@dataclass(frozen=True)
class Batch:
    """Several files as one piece of work.

    Attributes
    ----------
    state : str
        ``open`` for more files, ``processing`` once closed, ``completed`` when all are done, whatever has failed.
    tasks : mapping
        How many there are, by state.
    page_count : int
        Of the completed tasks.
    pages_done : int
        With those that are done in files of several pages that are still being worked on.
    """

    id: str
    name: str | None
    state: str
    recipe: tuple[Mapping[str, Any], ...]
    tasks: Mapping[str, int]
    page_count: int
    submitted_at: datetime
    expires_at: datetime
    pages_done: int = 0

    @property
    def is_open(self) -> bool:
        """More files may come, or some are still to be worked on."""
        return self.state != "completed"

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Batch:
        return cls(
            told["id"],
            told["name"],
            told["state"],
            tuple(told["recipe"]),
            told["tasks"],
            told["page_count"],
            datetime.fromisoformat(told["submitted_at"]),
            datetime.fromisoformat(told["expires_at"]),
            told.get("pages_done", told["page_count"]),
        )


@dataclass(frozen=True)
class Webhook:
    """A receiver of messages.

    Attributes
    ----------
    every_task : bool
        It is told of all batches and all tasks in lists, not only of those that name it.
    enabled : bool
        If not, ``disabled_why`` says why.
    failing_since : datetime or None
        Nothing has arrived since then, although it was tried.
    secret : str or None
        Told only when it is registered.
    """

    id: str
    url: str
    every_task: bool
    enabled: bool
    disabled_why: str | None
    failing_since: datetime | None
    created_at: datetime
    secret: str | None

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Webhook:
        return cls(
            told["id"],
            told["url"],
            told["tasks"] == "all",
            told["state"] == "enabled",
            told["disabled_why"],
            _moment(told["failing_since"]),
            datetime.fromisoformat(told["created_at"]),
            told.get("secret"),
        )


@dataclass(frozen=True)
class Delivery:
    """A message about a task or a batch; ``state`` is ``pending``, ``delivered`` or ``failed``: given up."""

    id: str
    task_id: str | None
    type: str
    state: str
    attempts: int
    answered_status: int | None
    error: str | None
    created_at: datetime
    tried_at: datetime | None
    next_at: datetime | None
    batch_id: str | None = None

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Delivery:
        return cls(
            told["id"],
            told["task"],
            told["type"],
            told["state"],
            told["attempts"],
            told["answered_status"],
            told["error"],
            datetime.fromisoformat(told["created_at"]),
            _moment(told["tried_at"]),
            _moment(told["next_at"]),
            told.get("batch"),
        )


@dataclass(frozen=True)
class Filter:
    """A filter; ``parameters`` is the JSON schema of each, ``kind`` is ``pixel``, ``geometry`` or ``scale``."""

    name: str
    summary: str
    kind: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True)
class Preset:
    """A recipe with a name."""

    name: str
    recipe: tuple[Mapping[str, Any], ...]


def _progress(told: Mapping[str, int] | None) -> Progress | None:
    return None if told is None else Progress(told["pages_done"], told["page_count"])


def _moment(told: str | None) -> datetime | None:
    return None if told is None else datetime.fromisoformat(told)


def _grid(told: Any) -> Grid | None:
    return None if told is None else tuple(tuple((x, y) for x, y in row) for row in told)


def _between(grid: Grid, down: float, along: float) -> tuple[float, float]:
    """The point at two shares of a grid, linear within each cell."""
    rows, columns = len(grid) - 1, len(grid[0]) - 1
    r, c = min(max(int(down * rows), 0), rows - 1), min(max(int(along * columns), 0), columns - 1)
    v, u = down * rows - r, along * columns - c
    shares = ((r, c, (1 - v) * (1 - u)), (r, c + 1, (1 - v) * u), (r + 1, c, v * (1 - u)), (r + 1, c + 1, v * u))
    corners = [(grid[row][column], share) for row, column, share in shares]
    return sum(x * share for (x, _), share in corners), sum(y * share for (_, y), share in corners)
