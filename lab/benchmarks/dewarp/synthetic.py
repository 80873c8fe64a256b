"""Measure the map itself: ``python -m lab.benchmarks.dewarp.synthetic [--pages 48]``.

Simulated photos of bent pages, of which every point is known. ``map``: mean distance on the paper between where the
filter reads a point of the page and where that point is, in per cent of the page's width. ``level``: mean slope of
what should be a level row, in per cent. ``missed``: pages without a map, or with one that is off by a fifth of the
page; the other columns leave them out; ``within 1 %`` and its sisters count pages by ``map``. Needs fonts, and no real
photo. Writes ``bench-results/dewarp-synthetic.md``.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from lab.pages import render_page
from lab.training.dewarp.paper import KINDS, Floats
from lab.training.dewarp.samples import Scene, Simulator
from recto.filters.dewarp.camera import homography, project
from recto.filters.dewarp.coarse import WORK_LONG_PX, find_outline, sheet_of
from recto.filters.dewarp.coarse_net import coarse_map
from recto.filters.dewarp.filter import Dewarp, DewarpParams
from recto.raster import GridMap, Page

Samples = NDArray[np.uint8]

OUT = Path("bench-results/dewarp-synthetic.md")
SEED = 77
"""Not the seed of any training."""
LONG_PX = 1400
GRID = (25, 19)


class Known(NamedTuple):
    """A photo, and its kind of bend."""

    scene: Scene
    kind: str


def photos(simulator: Simulator, count: int) -> list[Known]:
    """Pages of text at a readable size, bent in all kinds."""
    made = []
    number = 0
    while len(made) < count:
        rng = np.random.default_rng((SEED, 5, number))
        number += 1
        shape = (LONG_PX, round(LONG_PX * float(rng.choice((0.75, 0.8, 0.9)))))
        points, aspect, kind = simulator.sheet(rng, shape)
        if kind != KINDS[len(made) % len(KINDS)]:
            continue
        layout = str(rng.choice(("invoice", "form", "table", "letter", "one_column", "two_columns")))
        drawn = render_page(rng, dpi=150, size_mm=(210, 210 * aspect), layout=layout, colour=True).colour
        view = simulator.camera(points, aspect, rng, shape)
        made.append(Known(simulator.scene(points, aspect, view, rng, drawn), kind))
    return made


def errors(scene: Scene, grid: Floats | None) -> tuple[float, float] | None:
    """Mean distance and mean slope of rows, in per cent of the page's width; None when the map is far off."""
    if grid is None:
        return None
    rows, columns = GRID
    v, u = np.meshgrid((np.arange(rows) + 0.5) / rows, (np.arange(columns) + 0.5) / columns, indexing="ij")
    page = np.stack((u.ravel(), v.ravel()), axis=1)
    truth = scene.view.seen(page)
    height, width = scene.view.shape
    seen = (truth >= 0).all(axis=1) & (truth <= (width - 1, height - 1)).all(axis=1)
    found = GridMap(grid, (1001, 1001)).read_points(page * 1000)
    step = 1e-3
    across = (scene.view.seen(page + (step, 0)) - truth) / step
    down = (scene.view.seen(page + (0, step)) - truth) / step
    size = across[:, 0] * down[:, 1] - across[:, 1] * down[:, 0]
    off = found - truth
    x = (off[:, 0] * down[:, 1] - off[:, 1] * down[:, 0]) / size
    y = (across[:, 0] * off[:, 1] - across[:, 1] * off[:, 0]) / size * scene.aspect
    distance = float(np.hypot(x, y)[seen].mean())
    rows_off = y.reshape(rows, columns)
    slope = np.abs(np.diff(rows_off, axis=1) * columns)[(seen.reshape(rows, columns)[:, 1:])]
    return None if distance > 0.2 else (100 * distance, 100 * float(slope.mean()))


def outline(photo: Samples) -> Floats | None:
    """The classical start: the outline's sides, without lines."""
    factor = max(1.0, max(photo.shape[:2]) / WORK_LONG_PX)
    size = (round(photo.shape[1] / factor), round(photo.shape[0] / factor))
    found = find_outline(np.asarray(cv2.resize(photo, size, interpolation=cv2.INTER_AREA), dtype=np.uint8))
    return None if found is None else sheet_of(found.scaled(factor), photo.shape[:2]).grid


def four_corners(photo: Samples) -> Floats | None:
    """One projective map from the outline's corners."""
    grid = outline(photo)
    if grid is None:
        return None
    unit = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    v, u = np.meshgrid(np.linspace(0, 1, GRID[0]), np.linspace(0, 1, GRID[1]), indexing="ij")
    return project(homography(unit, grid[[0, 0, -1, -1], [0, -1, -1, 0]]), np.stack((u, v), axis=2))


def net(photo: Samples) -> Floats | None:
    """Both looks of the net."""
    found = coarse_map(photo)
    return None if found is None else found.grid


def net_on_outline(photo: Samples) -> Floats | None:
    """A near look of the net at what the outline's corners cut out; both looks where there is no outline."""
    grid = outline(photo)
    found = coarse_map(photo, None if grid is None else grid[[0, 0, -1, -1], [0, -1, -1, 0]])
    return None if found is None else found.grid


def whole_filter(photo: Samples) -> Floats | None:
    """The filter as it is."""
    backward = Dewarp().find(Page.of(photo), DewarpParams()).backward
    return backward.control_points if isinstance(backward, GridMap) else None


METHODS: dict[str, Callable[[Samples], Floats | None]] = {
    "corners": four_corners,
    "sides": outline,
    "net": net,
    "net-on-corners": net_on_outline,
    "filter": whole_filter,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m lab.benchmarks.dewarp.synthetic")
    parser.add_argument("--pages", type=int, default=48)
    parser.add_argument("--folder", type=Path, default=Path("lab/runs/dewarp"), help="where the simulator's banks are")
    parser.add_argument("--methods", default=",".join(METHODS))
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    known = photos(Simulator.of(asked.folder, SEED, pages=6, bends=160, tables=40), asked.pages)
    lines = [
        "| method | bend | pages | missed | within 1 % | within 2 % | over 5 % | map | level |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name in asked.methods.split(","):
        found = [(k.kind, errors(k.scene, METHODS[name](k.scene.photo))) for k in known]
        for kind in (*KINDS, "all"):
            some = [e for k, e in found if kind in (k, "all")]
            told = [e for e in some if e is not None]
            off = np.array([e[0] for e in told])
            cells = [len(some), len(some) - len(told), (off <= 1).sum(), (off <= 2).sum(), (off > 5).sum()]
            means = [f"{np.mean([e[i] for e in told]):.2f}" for i in range(2)] if told else ["–", "–"]
            lines.append(f"| {' | '.join([name, kind, *map(str, cells), *means])} |")
        print("\n".join(lines[-1:]), flush=True)
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
