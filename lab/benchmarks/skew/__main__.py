"""Measure the skew estimator and its peers: ``python -m lab.benchmarks.skew [--quick] [--peers N]``.

Writes ``bench-results/skew.json`` and ``bench-results/skew.md``. ``--speed`` only says how long an estimate takes.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from lab.benchmarks.skew import peers
from lab.benchmarks.skew.exact import exact_page
from lab.benchmarks.skew.speed import speed
from lab.benchmarks.skew.textless import photographs, textless_page
from recto.filters.deskew import Deskew, DeskewParams
from recto.filters.deskew.estimate import estimate_skew
from recto.raster import AffineMap, Page, resample

Samples = NDArray[np.uint8]
Case = tuple[str, Samples, float]
DATA = Path(os.environ.get("RECTO_DATA", "../shared/data"))
OUT = Path("bench-results")


def exact_cases(count: int, max_angle_deg: float, seed: int) -> Iterator[Case]:
    """Rendered pages; drawn once and kept beside the results, for drawing takes longer than measuring."""
    folder = OUT / "skew-pages"
    folder.mkdir(parents=True, exist_ok=True)
    for k in range(seed, seed + count):
        kept = folder / f"{max_angle_deg:g}-{k}.png"
        told = kept.with_suffix(".json")
        if not told.exists():
            page = exact_page(k, max_angle_deg)
            cv2.imwrite(str(kept), page.samples)
            told.write_text(json.dumps([f"{page.layout}/{page.script}/{page.damage}/{page.dpi}", page.angle_deg]))
        name, angle_deg = json.loads(told.read_text())
        yield name, np.asarray(cv2.imread(str(kept), cv2.IMREAD_GRAYSCALE), dtype=np.uint8), angle_deg


def natural_cases(count: int) -> Iterator[Case]:
    folder = DATA / "skew/gallicorpora_17c"
    if not folder.exists():
        print(f"{folder} is absent: natural pages left out", flush=True)
        return
    with (folder / "angles.csv").open() as table:
        rows = list(csv.DictReader(table))
    for row in rows[:: max(1, len(rows) // count)]:
        grey = cv2.imread(str(folder / "images" / row["image"]), cv2.IMREAD_GRAYSCALE)
        yield row["image"], np.asarray(grey, dtype=np.uint8), float(row["skew_deg_clockwise"])


def turned_scan_cases(count: int, seed: int) -> Iterator[tuple[str, Samples, Samples, float]]:
    """Straight scans as they are, and turned by a known angle: the difference of the two estimates is scored."""
    files = sorted((DATA / "pages").glob("*/images/*"))
    rng = np.random.default_rng(seed)
    for file in files[:: max(1, len(files) // count)] if files else []:
        grey = np.asarray(cv2.imread(str(file), cv2.IMREAD_GRAYSCALE), dtype=np.uint8)
        angle_deg = float(rng.uniform(-15, 15))
        page = Page.of(grey)
        yield file.name, grey, resample(page, AffineMap.turn(page.shape, angle_deg)).samples, angle_deg


def recto_finder(grey: Samples, max_angle_deg: float) -> float:
    return estimate_skew(Page.of(grey), max_angle_deg).angle_deg


def measured(errors_deg: list[float], times_ms: list[float]) -> dict[str, float]:
    """The DISEC measures and their like."""
    sorted_deg = np.sort(np.abs(errors_deg))
    return {
        "pages": len(sorted_deg),
        "AED": float(sorted_deg.mean()),
        "TOP80": float(sorted_deg[: max(1, int(0.8 * len(sorted_deg)))].mean()),
        "CE(0.1)": float((sorted_deg <= 0.1).mean()),
        "CE(0.05)": float((sorted_deg <= 0.05).mean()),
        "worst": float(sorted_deg[-1]),
        "over 1": float((sorted_deg > 1).mean()),
        "ms": float(np.median(times_ms)),
    }


def scored(cases: list[Case], finder: Callable[[Samples, float], float], max_angle_deg: float) -> dict[str, Any]:
    errors, times, worst = [], [], []
    for name, samples, angle_deg in cases:
        started = time.thread_time()
        found_deg = finder(samples, max_angle_deg)
        times.append((time.thread_time() - started) * 1000)
        errors.append(found_deg - angle_deg)
        worst.append((abs(found_deg - angle_deg), name, angle_deg))
    return {**measured(errors, times), "worst pages": sorted(worst, reverse=True)[:6]}


def gate(cases: list[Case], textless: list[tuple[str, Samples]]) -> dict[str, Any]:
    """What the default gate lets through and refuses."""
    filter_, params = Deskew(), DeskewParams()
    wrong = refused = 0
    for _, samples, angle_deg in cases:
        skew = estimate_skew(Page.of(samples), params.max_angle_deg)
        if skew.confidence < params.min_confidence:
            refused += 1
        elif abs(skew.angle_deg - angle_deg) > 0.5:
            wrong += 1
    turned = [(k, filter_.find(Page.of(s), params)) for k, s in textless]
    false = [(k, round(m.estimates[0].as_dict()["angle_deg"], 3)) for k, m in turned if m.backward is not None]
    return {
        "text pages": len(cases),
        "wrong turns": wrong,
        "refused": refused,
        "textless pages": len(textless),
        "false turns": false,
    }


def harm(cases: list[Case]) -> dict[str, Any]:
    """What becomes of straight pages of text: byte for byte the same, or turned after all."""
    filter_, params = Deskew(), DeskewParams()
    moves = [(name, filter_.find(Page.of(samples), params)) for name, samples, _ in cases]
    turned = [(n, round(m.estimates[0].as_dict()["angle_deg"], 3)) for n, m in moves if m.backward is not None]
    return {"straight pages": len(cases), "turned": turned}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="about a minute")
    parser.add_argument("--peers", type=int, default=None, help="pages per set that the peers are shown; 0: none")
    parser.add_argument("--pages", type=int, default=160, help="exact pages turned by ±15°; a third as many by ±45°")
    parser.add_argument("--textless", type=int, default=480)
    parser.add_argument(
        "--straight", type=int, default=160, help="straight pages of text, which must come back as they are"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--speed", action="store_true", help="only the time of an estimate on A4 pages, one thread")
    asked = parser.parse_args()
    os.environ["OMP_THREAD_LIMIT"] = "1"
    cv2.setNumThreads(1)
    if asked.speed:
        print_speed()
        return
    few = asked.quick
    shown = asked.peers if asked.peers is not None else (4 if few else 36)
    pages = 18 if few else asked.pages
    sets = {
        "exact pages, ±15°": (list(exact_cases(pages, 15, asked.seed)), 15.0),
        "exact pages, ±45°": (list(exact_cases(max(1, pages // 3), 45, asked.seed + 10_000)), 45.0),
        "natural pages": (list(natural_cases(10 if few else 50)), 15.0),
    }
    sets = {title: chosen for title, chosen in sets.items() if chosen[0]}
    document: dict[str, Any] = {
        "machine": {"cpu": platform.processor() or platform.machine(), "cores": os.cpu_count()},
        "versions": {"python": platform.python_version(), "numpy": np.__version__, "opencv": cv2.__version__},
        "seed": asked.seed,
        "results": {title: {"recto": scored(cases, recto_finder, reach)} for title, (cases, reach) in sets.items()},
    }
    turned = turned_scans(6 if few else 40, asked.seed)
    if turned is not None:
        document["results"]["scans turned by ±15°"] = {"recto": turned}
    text = [case for title in ("exact pages, ±15°", "natural pages") for case in sets.get(title, ([], 0))[0]]
    textless = list(photographs()) + [textless_page(asked.seed + k) for k in range(30 if few else asked.textless)]
    document["gate"] = gate(text, textless)
    document["harm"] = harm(list(exact_cases(6 if few else asked.straight, 0, asked.seed + 20_000)))
    write(document)
    for name, finder in peers.found().items() if shown else ():
        for title, (cases, reach) in sets.items():
            slow = {"Leptonica sweep": len(cases), "Tesseract --psm 2": min(shown, 10)}
            document["results"][title][name] = scored(cases[: slow.get(name, shown)], finder, reach)
            write(document)
    print(as_markdown(document))


def print_speed() -> None:
    print("| A4 page | pages | ms | slowest page |\n|---|---|---|---|")
    for title, row in speed(rounds=30).items():
        print(f"| {title} | {row['pages']} | {row['ms']:.1f} | {row['slowest']:.1f} |")


def turned_scans(count: int, seed: int) -> dict[str, float] | None:
    """Estimate of the turned scan less that of the straight one, against the turn."""
    errors, times = [], []
    for _, straight, turned, angle_deg in turned_scan_cases(count, seed):
        started = time.thread_time()
        found_deg = recto_finder(turned, 15.0)
        times.append((time.thread_time() - started) * 1000)
        errors.append(found_deg - recto_finder(straight, 15.0) - angle_deg)
    return measured(errors, times) if errors else None


def write(document: dict[str, Any]) -> None:
    """What there is so far: a run that is broken off leaves what it measured."""
    OUT.mkdir(exist_ok=True)
    (OUT / "skew.json").write_text(json.dumps(document, indent=1, ensure_ascii=False))
    (OUT / "skew.md").write_text(as_markdown(document))


def as_markdown(document: dict[str, Any]) -> str:
    lines = []
    for title, methods in document["results"].items():
        lines += [
            f"**{title}**",
            "",
            "| method | pages | AED | TOP80 | CE(0.1°) | CE(0.05°) | worst | over 1° | ms |",
            "|---|---|---|---|---|---|---|---|---|",
        ]
        for name, row in methods.items():
            lines.append(
                f"| {name} | {row['pages']} | {row['AED']:.4f} | {row['TOP80']:.4f} | {row['CE(0.1)']:.1%} "
                f"| {row['CE(0.05)']:.1%} | {row['worst']:.3f} | {row['over 1']:.1%} | {row['ms']:.0f} |"
            )
        lines.append("")
    judged = document["gate"]
    lines.append(
        f"Default gate: of {judged['text pages']} pages of text {judged['wrong turns']} turned wrongly and "
        f"{judged['refused']} refused; of {judged['textless pages']} pages without text "
        f"{len(judged['false turns'])} turned."
    )
    if "harm" in document:
        same = document["harm"]
        lines.append(
            f"Of {same['straight pages']} straight pages of text {len(same['turned'])} were turned: {same['turned']}."
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
