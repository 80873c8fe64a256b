"""The whole house: each filter on an A4 page, the HTTP round trip, the queue, and memory.

Run it with ``make bench``; it writes ``bench-results/house.json`` and ``house.md``.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from lab.benchmarks.house.filters import measure_codec, measure_filters
from lab.benchmarks.house.service import measure_service
from lab.benchmarks.machine import machine

RESULTS = Path("bench-results")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer runs")
    quick = parser.parse_args().quick
    runs = 2 if quick else 7
    found = {
        "machine": machine(),
        "filters": measure_filters(runs),
        "codec": measure_codec(runs),
        "service": measure_service(tasks=40 if quick else 200),
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "house.json").write_text(json.dumps(found, indent=2) + "\n")
    table = markdown(found)
    (RESULTS / "house.md").write_text(table)
    print(table)


def markdown(found: dict) -> str:
    """The figures as tables."""
    where = found["machine"]
    lines = [
        f"{where['cpu']}, {where['cores']} cores, load {where['load_1min']}; Python {where['python']}, "
        + ", ".join(f"{k} {v}" for k, v in where["versions"].items()),
        "",
        "ms per A4 page at 300 dpi, one thread, median (interquartile range); MB: peak above the start of the process",
        "",
        "| filter | binary | grey | colour | MB |",
        "|---|---|---|---|---|",
    ]
    for name, row in found["filters"].items():
        cells = [f"{row[kind]['median_ms']} ({row[kind]['iqr_ms']})" for kind in ("binary", "grey", "colour")]
        lines.append(f"| {name} | {' | '.join(cells)} | {row['peak_mb']} |")
    for name, row in found["codec"].items():
        cells = [f"{row[kind]['median_ms']} ({row[kind]['iqr_ms']})" for kind in ("binary", "grey", "colour")]
        lines.append(f"| {name} | {' | '.join(cells)} | |")
    lines += ["", "| service | |", "|---|---|"]
    lines += [f"| {k} | {v} |" for k, v in found["service"].items()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
