"""Settings of the service room."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class Config(BaseModel):
    """What a task may cost, and how workers behave."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    worker_slots: int | None = Field(
        None, ge=0, le=256, description="Pages that one worker takes at a time; unset: one per core; 0: no worker."
    )
    task_timeout_s: float = Field(300.0, gt=0, description="The wall-clock time that one attempt may take.")
    task_memory_mb: int = Field(4096, ge=128, description="The memory that the process of one attempt may use.")
    tasks_per_child: int = Field(200, ge=1, description="A child process is replaced after so many tasks.")
    drain_s: float = Field(30.0, ge=0, description="How long a stopping worker lets running tasks finish.")
    poll_s: float = Field(5.0, gt=0, le=300, description="How often an idle worker looks without being called.")
    store_patience_s: float = Field(
        300.0, ge=0, description="How long a worker keeps a page in hand while the blob store does not answer."
    )
    progress_every_s: float = Field(
        1.0, gt=0, le=60, description="How often, at most, a worker tells how many pages of a file are done."
    )
    orphans_every_s: float = Field(900.0, gt=0, description="How often blobs that no task wants are looked for.")
    orphan_after_s: float = Field(3600.0, gt=0, description="How old a blob that no task wants must be to be deleted.")
    min_free_mb: int = Field(512, ge=0, description="New pages are refused while the blobs' disk has less free.")

    check_on_submit: bool = Field(
        True,
        description="Look at a file's header before accepting it, so that what is no picture is refused with 400; "
        "without it, its task ends in Error.",
    )
    check_children: int = Field(
        2, ge=1, le=64, description="The most processes of one server that look at headers; started as needed."
    )
    check_timeout_s: float = Field(
        5.0, gt=0, le=300, description="How long a look at a header may take, then the file is accepted unseen."
    )
    check_memory_mb: int = Field(
        1024,
        ge=64,
        description="The memory that a look at a header may use, beside the file; what needs more is refused.",
    )

    keep_failed_inputs: bool = Field(
        False,
        description="Keep what was sent for a task that ended in Error, so that `recto tasks retry` can try it again.",
    )
    alive_file: Path | None = Field(
        None, description="A file that a worker touches as long as it lives, for a probe of its own machine."
    )

    @property
    def slots(self) -> int:
        """Pages that one worker takes at a time."""
        if self.worker_slots is not None:
            return self.worker_slots
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
