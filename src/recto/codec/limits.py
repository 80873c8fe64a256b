"""What a file may ask of this machine, checked before it is decoded."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from recto.errors import LimitError

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b?", re.IGNORECASE)


def bytes_of(said: Any) -> Any:
    """A size as people write it (``500 MB``, ``1.5GiB``, ``104857600``) in bytes; anything but text as it is.

    Raises
    ------
    ValueError
        It is no size.
    """
    if not isinstance(said, str):
        return said
    found = _SIZE.fullmatch(said.strip())
    if found is None:
        raise ValueError(f"{said!r} is no size: say a number of bytes, or 500MB, 2GB, 1.5GiB")
    number, prefix, binary = found.groups()
    return int(float(number) * (1024 if binary else 1000) ** " kmgt".index(prefix.lower() or " "))


class Limits(BaseModel):
    """The most that a file may hold."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    max_bytes: Annotated[int, BeforeValidator(bytes_of)] = Field(
        100 * 1024 * 1024, ge=1, description="Size of the file in bytes, or as 500MB, 2GiB."
    )
    max_megapixels: float = Field(
        200.0,
        gt=0,
        description="Width times height of one page, in millions of pixels; also of a picture inside a PDF.",
    )
    max_frames: int = Field(1000, ge=1, description="Frames or PDF pages in one file.")

    def check_bytes(self, size_bytes: int) -> None:
        """Raise LimitError when a file of ``size_bytes`` is too large."""
        if size_bytes > self.max_bytes:
            raise LimitError("max_bytes", self.max_bytes, size_bytes, f"Send a smaller file or {_raise('max_bytes')}.")

    def check_pixels(self, width_px: int, height_px: int, advice: str = "Send a smaller picture") -> None:
        """Raise LimitError when a page of this size is too large; ``advice`` is what can be done instead of raising."""
        megapixels = width_px * height_px / 1e6
        if megapixels > self.max_megapixels:
            raise LimitError(
                "max_megapixels", self.max_megapixels, megapixels, f"{advice} or {_raise('max_megapixels')}."
            )

    def check_frames(self, frames: int) -> None:
        """Raise LimitError when a file has more than the allowed number of frames."""
        if frames > self.max_frames:
            advice = f"Split the file into smaller ones or {_raise('max_frames')}."
            raise LimitError("max_frames", self.max_frames, frames, advice)


def _raise(limit: str) -> str:
    """What a program calls the limit, and what who runs a service does."""
    return f"raise {limit} (RECTO_{limit.upper()})"
