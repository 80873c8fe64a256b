"""``python -m tests.faults.harness``: load, faults, and the ledger's report in bench-results/."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from tests.faults.harness import ending
from tests.faults.harness.report import Report
from tests.faults.harness.run import Plan, load_and_harm, running


async def _run(plan: Plan, keep: Path | None) -> Report:
    async with running(plan) as on:
        try:
            settled_s = await load_and_harm(on)
            report = await on.prove()
            report.settled_after_s = settled_s
        finally:
            if keep is not None:
                shutil.rmtree(keep, ignore_errors=True)
                keep.mkdir(parents=True)
                for path in (*on.site.folder.glob("*.log"), *on.site.folder.glob("*.jsonl")):
                    shutil.copy(path, keep)
    return report


def main() -> None:
    """Run, print, and fail when a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--per-s", type=float, default=18.0, help="tasks sent a second, at most")
    parser.add_argument("--gap-s", type=float, default=3.5, help="mean time between faults; 0: none")
    parser.add_argument("--apart", action="store_true", help="PostgreSQL and S3 apart, not one machine")
    parser.add_argument("--keep", type=Path, help="a folder for the parts' logs and the ledger")
    given = parser.parse_args()
    plan = Plan(given.seconds, given.seed, given.apart, given.per_s, given.gap_s)
    report = ending.run(_run(plan, given.keep))
    path = report.write("faults-apart" if given.apart else "faults")
    print(path.read_text())
    if report.lost or report.traces:
        sys.exit(f"{len(report.lost)} promises are broken, {len(report.traces)} traces are in the logs: see {path}")


if __name__ == "__main__":
    main()
