"""What was found on a page and done to it, in plain values for JSON."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from recto.blueprint import Estimate
from recto.pipeline import Outcome, StepReport
from recto.raster import AffineMap, BackwardMap, Page

MAX_TEXT_CHARS = 4000
_GRID_ROWS, _GRID_COLUMNS = 13, 9


def report_of(page: Page, outcome: Outcome) -> dict[str, Any]:
    """The report of a page that went through a recipe.

    Returns
    -------
    dict
        Size, kind and DPI of the page that came out, the same of the one that was sent under ``input``, ``estimates``
        by name, ``steps``, and ``grid``: where evenly spread points of the page that came out lie on the one that was
        sent, only its corners when nothing was bent; None when nothing was moved.
    """
    return {
        **_looks(outcome.page),
        "input": _looks(page),
        "estimates": plain_estimates(outcome.estimates),
        "steps": [_step(step) for step in outcome.steps],
        "grid": _grid(outcome.backward),
    }


def inspection_of(page: Page, estimates: Mapping[str, Estimate]) -> dict[str, Any]:
    """The report of a page that was only looked at."""
    return {**_looks(page), "estimates": plain_estimates(estimates)}


def plain_estimates(estimates: Mapping[str, Estimate]) -> dict[str, Any]:
    """Name → members, as JSON can hold them."""
    return {name: plain(estimate.as_dict()) for name, estimate in estimates.items()}


def plain(value: Any) -> Any:
    """What JSON and the database can hold: a number that is not finite becomes None, a NUL is replaced."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    elif isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return round(value, 4) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {plain(str(key)): plain(entry) for key, entry in value.items()}
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8").replace("\x00", "�")[:MAX_TEXT_CHARS]
    if isinstance(value, Iterable):
        return [plain(entry) for entry in value]
    return value if value is None or isinstance(value, bool | int) else plain(str(value))


def _looks(page: Page) -> dict[str, Any]:
    return {
        "width_px": page.width_px,
        "height_px": page.height_px,
        "kind": str(page.kind),
        "dpi": None if page.dpi is None else [round(page.dpi.x, 3), round(page.dpi.y, 3)],
    }


def _grid(backward: BackwardMap | None) -> list[list[list[float]]] | None:
    """Rows of points ``[x, y]`` in pixels of the page that was sent."""
    if backward is None:
        return None
    height, width = backward.shape
    # Where straight lines stay straight, the corners say everything.
    rows, columns = (2, 2) if isinstance(backward, AffineMap) else (_GRID_ROWS, _GRID_COLUMNS)
    y, x = np.meshgrid(np.linspace(0, height - 1, rows), np.linspace(0, width - 1, columns), indexing="ij")
    read = backward.read_points(np.stack((x.ravel(), y.ravel()), axis=1))
    if not np.isfinite(read).all():
        return None
    grid: list[list[list[float]]] = np.round(read, 1).reshape(rows, columns, 2).tolist()
    return grid


def _step(step: StepReport) -> dict[str, Any]:
    return {
        "filter": step.filter,
        "changed": step.changed,
        "notes": plain(step.notes),
        "elapsed_ms": round(step.elapsed_ms, 1),
    }
