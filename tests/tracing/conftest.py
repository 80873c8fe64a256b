"""The database is a real one."""

from __future__ import annotations

from tests.postgres import database_url, postgres

__all__ = ["database_url", "postgres"]
