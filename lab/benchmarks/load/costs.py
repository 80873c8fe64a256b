"""Memory and processor time of real processes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable

import psutil

from tests.faults.harness.parts import Part
from tests.faults.harness.site import Site


def rss_mb(pids: Iterable[int]) -> float:
    """Resident memory of all of them together."""
    total = 0
    for pid in pids:
        with contextlib.suppress(psutil.Error):
            total += psutil.Process(pid).memory_info().rss
    return total / 1e6


def pid_of(part: Part) -> int:
    assert part.process is not None
    return part.process.pid


def cpu_s(site: Site) -> dict[str, float]:
    """Seconds of processor time so far: servers, workers, their children, PostgreSQL."""
    found = {"server": 0.0, "worker": 0.0, "children": 0.0, "postgres": 0.0}
    for part in site.keeper.parts:
        times = psutil.Process(pid_of(part)).cpu_times()
        found[part.name.partition("-")[0]] += times.user + times.system
        found["children"] += times.children_user + times.children_system
        for child in part.children():
            found["children"] += _own(child)
    postmaster = site.postmaster()
    assert postmaster is not None
    times = postmaster.cpu_times()
    found["postgres"] = times.user + times.system + times.children_user + times.children_system
    found["postgres"] += sum(_own(child) for child in postmaster.children())
    return found


def _own(process: psutil.Process) -> float:
    with contextlib.suppress(psutil.Error):
        times = process.cpu_times()
        return float(times.user + times.system)
    return 0.0
