"""``python -m lab.benchmarks.hostile``: bad files and bad requests by kind, and what became of them."""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from lab.benchmarks.machine import machine
from tests.hostile.corpus import bad_files
from tests.hostile.door import SETTINGS, Door, check_log, files_as_requests, hold, smuggle
from tests.hostile.judge import CPU_S, DIED, LATE, MEMORY_MB, REFUSED, WHOLE, fates, faults, table
from tests.hostile.named import bad_requests
from tests.live import LiveServer

Table = Mapping[str, Counter[str]]

PASSED = "taken for an honest one"
_FILE_OUTCOMES = (REFUSED, WHOLE, LATE, DIED)


def main() -> None:
    """Print and keep the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--step", type=int, default=1, help="take every n-th input only")
    parser.add_argument("--out", type=Path, default=Path("bench-results"))
    arguments = parser.parse_args()
    found = list(fates(bad_files()[:: arguments.step]))
    files, wrong = table(found), faults(found)
    door, ready = _doors(arguments.step)
    wrong += door.wrong
    text = "\n\n".join((_files_table(files), _requests_table(door.told), _summary(files, door, wrong, ready=ready)))
    kept = {"files": files, "requests": door.told, "wrong": wrong, "ready": ready, "machine": machine()}
    arguments.out.mkdir(exist_ok=True)
    (arguments.out / "hostile.json").write_text(json.dumps(kept, indent=1))
    (arguments.out / "hostile.md").write_text(text + "\n")
    print(text)


def _doors(step: int) -> tuple[Door, bool]:
    with tempfile.TemporaryDirectory() as folder:
        server = LiveServer(Path(folder) / "home", SETTINGS).start()
        try:
            door = Door(server, server.token())
            hold(door, list(bad_requests())[::step])
            smuggle(door, step)
            hold(door, files_as_requests(16 * step))
            door.close_all()
            door.wrong += check_log(server)
            return door, server.ask("GET", "/health/ready").status == 200
        finally:
            server.stop()


def _files_table(counted: Table) -> str:
    rows = [f"| bad files | {' | '.join(_FILE_OUTCOMES)} | all |", "|---" + "|---:" * (len(_FILE_OUTCOMES) + 1) + "|"]
    for kind, outcomes in [*counted.items(), ("**all**", sum(counted.values(), Counter()))]:
        cells = [outcomes[name] for name in _FILE_OUTCOMES]
        rows.append(f"| {kind} | {' | '.join(f'{cell:,}' for cell in cells)} | {sum(cells):,} |")
    return "\n".join(rows)


def _requests_table(told: Table) -> str:
    names = ("refused", PASSED, "then done", "then ended in Error")
    rows = [f"| bad requests | {' | '.join(names)} | all |", "|---" + "|---:" * (len(names) + 1) + "|"]
    total: Counter[str] = Counter()
    for kind, outcomes in told.items():
        tasks = Counter({name: count for name, count in outcomes.items() if name.startswith("task ")})
        asked = sum(outcomes.values()) - sum(tasks.values())
        row = Counter(
            {
                names[0]: asked - outcomes[PASSED],
                names[1]: outcomes[PASSED],
                names[2]: tasks["task Completed"],
                names[3]: tasks["task Error"],
                "all": asked,
            }
        )
        total += row
        rows.append(f"| {kind} | {' | '.join(f'{row[name]:,}' for name in (*names, 'all'))} |")
    rows.append(f"| **all** | {' | '.join(f'{total[name]:,}' for name in (*names, 'all'))} |")
    return "\n".join(rows)


def _summary(files: Table, door: Door, wrong: list[str], *, ready: bool) -> str:
    count = sum(sum(outcomes.values()) for outcomes in files.values())
    lines = [
        f"{count:,} bad files read by the worker's child function ({CPU_S:g} s of processor and {MEMORY_MB} MB each), ",
        f"{door.asked:,} bad requests to a live server, {len(door.good)} honest pages between them. ",
        f"Not as promised: {len(wrong)}. Ready at the end: {'yes' if ready else 'no'}.",
    ]
    return "".join(lines) + "".join(f"\n- {line}" for line in wrong[:50])


if __name__ == "__main__":
    main()
