"""``/health/serving`` is for those who share requests out: it asks for no worker, ``/health/ready`` does."""

from __future__ import annotations

import httpx
import pytest

from recto.bootstrap import House
from tests.web.conftest import Asking


@pytest.mark.parametrize(
    ("database", "blobs", "workers", "serving", "ready"),
    [
        (True, True, True, 200, 200),
        (True, True, False, 200, 503),
        (True, False, True, 503, 503),
        (False, True, False, 503, 503),
    ],
)
def test_each_asks_for_its_own_parts(
    asking: Asking,
    monkeypatch: pytest.MonkeyPatch,
    database: bool,
    blobs: bool,
    workers: bool,
    serving: int,
    ready: int,
) -> None:
    async def test(client: httpx.AsyncClient, house: House) -> None:
        async def checks() -> dict[str, bool]:
            return {"database": database, "blobs": blobs, "workers": workers}

        monkeypatch.setattr(house.service, "ready", checks)
        answer = await client.get("/health/serving", headers={"Authorization": ""})
        assert answer.status_code == serving
        assert "workers" not in answer.json()["checks"]
        assert (await client.get("/health/ready")).status_code == ready
        assert (await client.head("/health/serving")).status_code == serving

    asking(test)


def test_a_server_that_stops_is_sent_nothing_more(asking: Asking) -> None:
    async def test(client: httpx.AsyncClient, house: House) -> None:
        house.closing.set()
        assert (await client.get("/health/serving")).status_code == 503
        assert (await client.get("/health/live")).status_code == 200

    asking(test)
