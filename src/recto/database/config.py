"""Settings of the database room."""

from __future__ import annotations

from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict
from pydantic import BaseModel, ConfigDict, Field, field_validator


class Config(BaseModel):
    """Where the database is and how much of it one process may use."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    home: Path = Field(description="The data folder; the embedded PostgreSQL lives in its folder `postgres`.")
    database_url: str | None = Field(
        None, description="A PostgreSQL to use, such as postgresql://user@host/recto; unset: one is started in home."
    )
    database_connections: int = Field(10, ge=2, le=100, description="The most connections that one process opens.")
    database_wait_s: float = Field(
        10.0, gt=0, le=300, description="How long a caller waits for a connection before it is told to come back."
    )
    database_idle_transaction_s: float = Field(
        10.0, gt=0, le=3600, description="The database ends a transaction in which nothing was said for so long."
    )
    database_start_s: float = Field(
        60.0, gt=0, le=3600, description="How long a starting process keeps trying to reach or start the database."
    )

    @field_validator("database_url")
    @classmethod
    def _readable(cls, url: str | None) -> str | None:
        try:
            conninfo_to_dict(url or "")
        except psycopg.Error:  # it repeats what it cannot read, with the password
            raise ValueError("no connection string of PostgreSQL, such as postgresql://user@host/recto") from None
        return url
