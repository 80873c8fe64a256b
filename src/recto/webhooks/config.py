"""Settings of the webhooks room."""

from __future__ import annotations

import ipaddress

from pydantic import BaseModel, ConfigDict, Field, field_validator

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

LONGEST_PAUSE_S = 6 * 3600.0
"""Between two attempts lies at most this."""


class Config(BaseModel):
    """Where messages may go, and how long it is tried."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    webhook_networks: str = Field(
        "", description="Networks, comma separated, that messages may go to although they are not public."
    )
    webhook_http: bool = Field(False, description="Also send to http:// addresses, where anybody may read along.")
    webhook_timeout_s: float = Field(15.0, gt=0, le=300, description="How long a receiver may take to answer.")
    webhook_attempts: int = Field(
        10, ge=1, le=50, description="How often a message is tried; with pauses that grow, the last after 20 hours."
    )
    webhook_first_retry_s: float = Field(
        5.0, gt=0, le=3600, description="The first pause; each is four times the last, up to six hours."
    )
    webhook_disable_after_h: float = Field(
        24.0, gt=0, description="A webhook at which nothing has arrived for so long is disabled."
    )
    webhook_history_h: float = Field(72.0, gt=0, description="Messages are kept for so long, delivered or not.")
    webhook_slots: int = Field(
        8, ge=0, le=256, description="Messages that one worker sends at a time; 0: it sends none."
    )
    webhooks_per_client: int = Field(20, ge=0, description="Webhooks of one client, then 413.")

    @field_validator("webhook_networks")
    @classmethod
    def _readable(cls, text: str) -> str:
        networks_of(text)
        return text

    def networks(self) -> tuple[Network, ...]:
        """The networks that are allowed beside the public ones."""
        return networks_of(self.webhook_networks)

    def pause_s(self, failures: int) -> float:
        """How long to wait after so many failures before this one."""
        return float(min(self.webhook_first_retry_s * 4.0 ** min(failures, 30), LONGEST_PAUSE_S))


def networks_of(text: str) -> tuple[Network, ...]:
    """``10.0.0.0/8, fd00::/8`` as networks.

    Raises
    ------
    ValueError
    """
    return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())
