"""All bad files."""

from __future__ import annotations

from tests.hostile.bombs import bombs
from tests.hostile.case import BadFile
from tests.hostile.damage import damaged_files
from tests.hostile.lies import lying_files

EVERYDAY_STEP = 13


def bad_files() -> list[BadFile]:
    """More than two thousand, always the same."""
    return [*damaged_files(), *lying_files(), *bombs()]


def everyday_files() -> list[BadFile]:
    """A tenth of them, of every kind, without those that take their child's whole time."""
    return [*damaged_files(), *lying_files()][::EVERYDAY_STEP]
