"""Nets run here and tell nobody: the runtime's wheels report their use to their maker unless they are told not to."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

LOAD = "import os; from recto import nets; nets.load('orient'); print(os.environ['ORT_DISABLE_TELEMETRY'])"


def test_a_net_leaves_no_id_and_no_queue_of_reports_behind(tmp_path: Path) -> None:
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("ORT_", "XDG_"))}
    done = subprocess.run(
        [sys.executable, "-c", LOAD],
        env={**environ, "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert done.stdout == "1\n"
    assert "telemetry" not in done.stderr.lower()
    assert list(tmp_path.rglob("*")) == []
