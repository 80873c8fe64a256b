"""Settings of the tasks room."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Config(BaseModel):
    """How long tasks live, how often they are tried and how many may wait."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    retention_h: float = Field(
        24.0, gt=0, le=24 * 366, description="Hours after submission until a task and its result are gone."
    )
    max_attempts: int = Field(3, ge=1, le=20, description="How often a task may die before it is given up.")
    heartbeat_s: float = Field(3.0, gt=0, le=60, description="How often a worker says that it is alive.")
    stalled_after_s: float = Field(
        15.0,
        gt=0,
        le=3600,
        description="A worker that was silent for so long is taken for dead; its tasks are retried.",
    )
    sweep_every_s: float = Field(
        5.0, gt=0, le=3600, description="How often a worker looks for tasks of dead workers and for expired tasks."
    )
    expiry_batch: int = Field(500, ge=1, le=10_000, description="How many expired tasks are deleted at a time.")
    max_waiting_tasks: int = Field(20_000, ge=1, description="Open tasks of all clients together, then 503.")
    max_waiting_mb: int = Field(20_000, ge=1, description="Bytes of open tasks of all clients together, then 503.")
    max_waiting_tasks_per_client: int = Field(10_000, ge=1, description="Open tasks of one client, then 429.")
    max_waiting_mb_per_client: int = Field(10_000, ge=1, description="Bytes of open tasks of one client, then 429.")
