"""Measure ``orient``.

Run ``python -m lab.benchmarks.orient`` (``--quick`` for a sample). Every page is shown in all four turns. *Right* and
*wrong* count answers at or above the default gate; below it a page is *left* as it lies.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import cv2
import numpy as np

from lab.benchmarks.machine import machine
from lab.benchmarks.orient.pages import Grey, few_words_groups, read, real_groups, rendered_groups, skewed, without_text
from recto.filters.orient import Orient, OrientParams
from recto.raster import Page

OUT = Path("bench-results")
Answer = tuple[str, str, int, int, float, float]
"""Group, page, how it lies, the answer, its confidence, milliseconds."""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--quick", action="store_true", help="a sample of each group")
    arguments.add_argument("--only", default="", help="only groups whose name holds this")
    arguments.add_argument("--no-peers", action="store_true")
    chosen = arguments.parse_args()
    cv2.setNumThreads(1)
    answers = [a for group in groups(chosen.quick) if chosen.only in group[0] for a in asked(*group)]
    results: dict[str, Any] = {"machine": machine(), "gate": OrientParams().min_confidence, "answers": answers}
    table = markdown(answers, OrientParams().min_confidence)
    if not chosen.no_peers:
        results["tesseract"] = peers = tesseract(6 if chosen.quick else 60)
        table += "\n\n" + peers_markdown(peers)
    OUT.mkdir(exist_ok=True)
    stem = f"orient-{chosen.only.replace(' ', '-')}" if chosen.only else "orient"
    (OUT / f"{stem}.json").write_text(json.dumps(results, indent=1))
    (OUT / f"{stem}.md").write_text(table + "\n")
    print(table)


def groups(quick: bool) -> Iterable[tuple[str, Iterable[tuple[str, Grey]]]]:
    """Name of the group and its named pages."""
    real = {name: files[:: max(1, len(files) // 6)] if quick else files for name, files in real_groups().items()}
    for name, files in real.items():
        yield name, ((path.name, read(path)) for path in files)
    straight = [path for name, files in real.items() if "straight" in name for path in files]
    for limit in (10.0, 15.0):
        yield (
            f"straight scans, skewed up to {limit:.0f}°",
            ((path.name, skewed(read(path), k, limit)) for k, path in enumerate(straight[:: 1 if quick else 4])),
        )
    for name, pages in rendered_groups(11 if quick else 22):
        yield name, ((f"{k} {kind}", grey) for k, (grey, kind) in enumerate(pages))
    for name, pages in few_words_groups(1 if quick else 6):
        yield name, ((f"{k} {kind}", grey) for k, (grey, kind) in enumerate(pages))
    yield "without text", without_text(2 if quick else 20)


def asked(group: str, pages: Iterable[tuple[str, Grey]]) -> list[Answer]:
    """The answers to every page of a group in its four turns."""
    orient, params = Orient(), OrientParams()
    answers: list[Answer] = []
    for name, upright in pages:
        for turns in range(4):
            page = Page.of(np.ascontiguousarray(np.rot90(upright, -turns)))
            started = time.process_time()
            (found,) = orient.inspect(page, params)
            spent_ms = (time.process_time() - started) * 1000
            answers.append((group, name, 90 * turns, found.angle_deg, float(found.confidence), round(spent_ms, 1)))
    return answers


def markdown(answers: list[Answer], gate: float) -> str:
    """One row per group."""
    grouped: dict[str, list[Answer]] = defaultdict(list)
    for answer in answers:
        grouped[answer[0]].append(answer)
    lines = [
        "| pages | shown | right | left | wrong | right without gate | CPU ms, median |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, rows in grouped.items():
        sure = [row for row in rows if row[4] >= gate]
        median_ms = float(np.median([row[5] for row in rows]))
        if name == "without text":
            moved = sum(row[3] != 0 for row in sure)
            share = 100 * (len(rows) - moved) / len(rows)
            lines.append(f"| {name} | {len(rows)} | – | {share:.2f} % | {moved} turned | – | {median_ms:.0f} |")
            continue
        right = sum(row[2] == row[3] for row in sure)
        plain = sum(row[2] == row[3] for row in rows)
        n = len(rows)
        lines.append(
            f"| {name} | {n} | {100 * right / n:.2f} % | {100 * (n - len(sure)) / n:.2f} % | {len(sure) - right} "
            f"| {100 * plain / n:.2f} % | {median_ms:.0f} |"
        )
    return "\n".join(lines)


def tesseract(count: int) -> dict[str, list[Any]]:
    """Tesseract's OSD and Recto on the same sample of straight scans in four turns."""
    files = [path for name, group in real_groups().items() if "straight" in name for path in group]
    sample = files[:: max(1, len(files) // count)]
    gate = OrientParams().min_confidence
    told: dict[str, list[Any]] = {"tesseract": [], "recto": []}
    with tempfile.TemporaryDirectory() as folder:
        for path in sample:
            upright = read(path)
            for turns in range(4):
                shown = np.ascontiguousarray(np.rot90(upright, -turns))
                file = Path(folder) / "page.png"
                cv2.imwrite(str(file), shown)
                told["tesseract"].append((path.name, 90 * turns, *osd(file)))
            for answer in asked("sample", [(path.name, upright)]):
                angle = answer[3] if answer[4] >= gate else None
                told["recto"].append((path.name, answer[2], angle, answer[5]))
    return told


def osd(file: Path) -> tuple[int | None, float]:
    """Tesseract's answer, None when it gives none, and CPU milliseconds."""
    before = os.times()
    try:
        said = subprocess.run(
            ["tesseract", str(file), "-", "--psm", "0"],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "OMP_THREAD_LIMIT": "1"},
        ).stdout
    except FileNotFoundError:
        return None, 0.0
    after = os.times()
    spent_ms = 1000 * (after.children_user + after.children_system - before.children_user - before.children_system)
    for line in said.splitlines():
        if line.startswith("Orientation in degrees:"):
            return int(line.split(":")[1]) % 360, round(spent_ms, 1)
    return None, round(spent_ms, 1)


def peers_markdown(told: dict[str, list[Any]]) -> str:
    """One row per method."""
    lines = [
        "| straight scans × 4 turns | shown | right | left | wrong | CPU ms, median |",
        "|---|---|---|---|---|---|",
    ]
    for method, rows in told.items():
        if not rows:
            continue
        right = sum(row[2] == row[1] for row in rows)
        left = sum(row[2] is None for row in rows)
        median_ms = float(np.median([row[3] for row in rows]))
        lines.append(
            f"| {method} | {len(rows)} | {100 * right / len(rows):.1f} % | {100 * left / len(rows):.1f} % "
            f"| {len(rows) - right - left} | {median_ms:.0f} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
