"""``python -m lab.chores.audit``: known vulnerabilities of what the lock file names, by pip-audit.

Ends with 1 when there are some, with 0 when there are none, and with 0 and a sentence where the data cannot be had.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

LOCK = Path("requirements/serve.txt")
WITHIN_S = 300


def main() -> int:
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(LOCK), "--no-deps", "--disable-pip"]
    command += ["--format", "json", "--progress-spinner", "off"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=WITHIN_S, check=False)
        told: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (OSError, ValueError, KeyError, subprocess.TimeoutExpired) as error:
        print(f"Nothing was audited: pip-audit cannot be had or cannot reach its data ({type(error).__name__}).")
        return 0
    looked_at = [one for one in told if "vulns" in one]
    found = [(one["name"], one["version"], fault["id"]) for one in looked_at for fault in one["vulns"]]
    for name, version, fault in found:
        print(f"{name} {version}: {fault}")
    if not looked_at:
        print(f"Nothing was audited: the data on none of {len(told)} packages can be reached from here.")
    else:
        print(f"{len(looked_at)} of {len(told)} packages audited, {len(found)} vulnerabilities known.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
