"""``python -m lab.benchmarks.load``: what a server bears, and how throughput grows with workers."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from lab.benchmarks.load.bearing import bear
from lab.benchmarks.load.scaling import scale_up
from lab.benchmarks.machine import machine
from tests.faults.harness import ending

_PARTS = {"bearing": bear, "scaling": scale_up}


def main() -> None:
    """Measure, print, and write bench-results/load-<part>.json and .md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=_PARTS, help="one part; both otherwise")
    parser.add_argument("--scale", type=float, default=1.0, help="so much of the full load, such as 0.1")
    given = parser.parse_args()
    for name, part in _PARTS.items():
        if given.only in (None, name):
            _write(name, given.scale, ending.run(part(given.scale)))


def _write(name: str, scale: float, found: dict[str, float]) -> None:
    about = machine()
    head = f"{about['cpu']}, {about['cores']} cores, load {about['load_1min']}; {scale:g} of the full load\n\n"
    table = "| what | figure |\n|---|---|\n" + "".join(f"| {what} | {value:.1f} |\n" for what, value in found.items())
    results = Path("bench-results")
    results.mkdir(exist_ok=True)
    (results / f"load-{name}.json").write_text(
        json.dumps({"machine": about, "scale": scale, "results": found}, indent=1)
    )
    (results / f"load-{name}.md").write_text(head + table)
    print(head + table)


if __name__ == "__main__":
    main()
