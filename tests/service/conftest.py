"""The database is a real one, and children can be held."""

from __future__ import annotations

from tests.postgres import database_url, postgres
from tests.service.gate import gate

__all__ = ["database_url", "gate", "postgres"]
