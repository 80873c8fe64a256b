"""How a process tells of each page before its file is done: a line in a file of its own, which the parent reads.

Nothing is locked and nobody waits, so a process that is killed in the middle of a page holds nobody up.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from recto.cli.job import Job, Order, Record, Report, run_job


def run_job_told(job: Job, order: Order, told: Path) -> Report:
    """As ``run_job``, with the record of each page appended to ``told`` as soon as it is done."""
    pages = run_job(job, order)
    while True:
        try:
            record = next(pages)
        except StopIteration as end:
            report: Report = end.value
            return report
        with suppress(OSError), open(told, "ab") as file:  # no room: then the report is the first to tell of it
            file.write(json.dumps(record).encode("ascii") + b"\n")


class Told:
    """What was told so far of one file.

    Parameters
    ----------
    path : Path
        Need not be there yet.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read_to = 0
        self._page = 0

    def news(self) -> list[Record]:
        """The pages that were told since the last call; one that is done a second time is not told again."""
        with suppress(FileNotFoundError), open(self.path, "rb") as file:
            file.seek(self._read_to)
            whole, newline, _ = file.read().rpartition(b"\n")
            self._read_to += len(whole) + len(newline)
            return [record for line in whole.splitlines() for record in self._new(line)]
        return []

    def _new(self, line: bytes) -> Iterator[Record]:
        with suppress(ValueError):  # torn by the end of the process
            record = json.loads(line)
            if record["page"] > self._page:
                self._page = record["page"]
                yield record

    def forget(self) -> None:
        """Remove the file."""
        self.path.unlink(missing_ok=True)
