"""Async tests run on asyncio; the database is a real one."""

from __future__ import annotations

import pytest

from tests.postgres import database_url, own_home, postgres

__all__ = ["database_url", "own_home", "postgres"]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
