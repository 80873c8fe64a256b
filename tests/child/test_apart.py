"""What works on strangers' pages has nothing else at hand."""

from __future__ import annotations

from recto.service.slot import Slot
from tests.service import children


async def test_a_child_loads_neither_database_nor_store() -> None:
    slot = Slot(timeout_s=60, memory_mb=1000, tasks_per_child=1)
    try:
        there = ["recto.pipeline", "recto.child"]
        away = ["psycopg", "procrastinate", "obstore", "recto.database", "recto.store", "recto.service", "joserfc"]
        assert await slot.run(children.loaded, [*there, *away]) == there
    finally:
        await slot.close()
