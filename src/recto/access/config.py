"""Settings of the access room."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Config(BaseModel):
    """How tokens are made and how wrong secrets are slowed down."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    issuer: str = Field("recto", min_length=1, description="The issuer and audience written into tokens.")
    token_lifetime_s: int = Field(3600, ge=10, le=86400, description="How long an access token is good for.")
    session_lifetime_s: int = Field(
        43200, ge=60, le=30 * 86400, description="How long a session of the web page is good for."
    )
    client_cache_s: float = Field(
        5.0, ge=0, le=300, description="How long a server trusts that a client is not disabled before it asks again."
    )
    wrong_secrets_max: int = Field(
        10, ge=1, description="Wrong secrets for one client id from one address within the window, then 429."
    )
    wrong_secrets_window_s: float = Field(60.0, gt=0, description="The window in which wrong secrets are counted.")
