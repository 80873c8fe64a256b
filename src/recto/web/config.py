"""Settings of the web room."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class Config(BaseModel):
    """How the service speaks HTTP."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    long_poll_s: float = Field(
        25.0, ge=0, le=58, description="How long a result GET waits for an open task; 0 answers at once."
    )
    prefer_wait_max_s: float = Field(
        55.0, ge=0, le=58, description="The longest wait that a client can ask for with `Prefer: wait=n`."
    )
    max_body_mb: float = Field(
        144.0, gt=0, description="Largest request body, in millions of bytes; base64 makes a file a third larger."
    )
    max_bodies_mb: float = Field(
        1024.0, gt=0, description="All request bodies in memory at once, in millions of bytes; then 503."
    )
    body_timeout_s: float = Field(120.0, gt=0, description="How long a client may take to send its body.")
    decode_slots: int = Field(
        2, ge=1, le=64, description="Large bodies and results that are decoded or encoded at once."
    )
    upscale_factor: int = Field(2, ge=2, le=4, description="By how much UpscaleImage enlarges: 2, 3 or 4.")
    notes_in_messages: bool = Field(
        False, description="Also put notes on a finished page into `error.messages`; some clients then see a failure."
    )
    bare_paths: bool = Field(False, description="Also serve the operations right below `/`, as in `/BinarizeImage`.")
    sync_wait_s: float = Field(
        30.0, gt=0, le=58, description="How long `/v1/pages` and `/v1/inspect` may take, then 503."
    )
    sync_max_mb: float = Field(20.0, gt=0, description="Largest file for these two, in millions of bytes.")
    sync_max_megapixels: float = Field(50.0, gt=0, description="Largest page for these two, in millions of pixels.")
    event_streams_per_client: int = Field(50, ge=1, description="Open event streams of one client, then 503.")
    event_keepalive_s: float = Field(
        15.0, gt=0, le=3600, description="A quiet event stream says after so long that it lives."
    )
    metrics: Literal["off", "local", "token"] = Field(
        "local",
        description="Who reads `/metrics`: nobody (off), this machine without a proxy (local), "
        "or who knows `metrics_token` (token).",
    )
    metrics_token: SecretStr | None = Field(
        None, min_length=16, description="The bearer token for `/metrics`, 16 characters or more."
    )
    local_session: bool = Field(
        True,
        description="Open the web page without a sign-in on the machine itself; false behind a proxy on that machine.",
    )
