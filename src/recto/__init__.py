"""Recto: straight, flat, sharp, black-on-white pages from scans and photos.

``recto.run(source, recipe)`` is the whole library in one call; ``recto.deskew``, ``recto.binarize`` and their
sisters take an array and give an array. See ``recto.library``.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from recto.library import (
        binarize,
        contrast,
        deskew,
        dewarp,
        orient,
        rotate,
        run,
        run_pages,
        upsample,
        whiten,
    )

__version__ = "0.1.0"

__all__ = [
    "__version__",
    "binarize",
    "contrast",
    "deskew",
    "dewarp",
    "orient",
    "rotate",
    "run",
    "run_pages",
    "upsample",
    "whiten",
]


def __getattr__(name: str) -> object:
    """Import the library when it is first asked for, so that a room can be imported without the rooms above."""
    if name in __all__:
        return getattr(importlib.import_module("recto.library"), name)
    raise AttributeError(f"module 'recto' has no attribute {name!r}")


def __dir__() -> list[str]:
    """What there is, for whoever explores it, though it is not imported yet."""
    return sorted({*globals(), *__all__})
