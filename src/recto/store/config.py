"""Settings of the store room."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class Config(BaseModel):
    """Where blobs are kept."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    home: Path = Field(description="The data folder; blobs live in its folder `blobs` unless `blobs` says otherwise.")
    blobs: str | None = Field(
        None,
        description="A folder, or s3://bucket/prefix with credentials and endpoint in the usual AWS_… variables.",
    )
