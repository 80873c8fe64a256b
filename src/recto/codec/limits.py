"""What a file may ask of this machine, checked before it is decoded."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from recto.errors import LimitError


class Limits(BaseModel):
    """The most that a file may hold."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    max_bytes: int = Field(100 * 1024 * 1024, ge=1, description="Size of the file in bytes.")
    max_megapixels: float = Field(
        200.0,
        gt=0,
        description="Width times height of one page, in millions of pixels; also of a picture inside a PDF.",
    )
    max_frames: int = Field(1000, ge=1, description="Frames or PDF pages in one file.")

    def check_bytes(self, size_bytes: int) -> None:
        """Raise LimitError when a file of ``size_bytes`` is too large."""
        if size_bytes > self.max_bytes:
            raise LimitError("max_bytes", self.max_bytes, size_bytes, "Send a smaller file or raise max_bytes.")

    def check_pixels(self, width_px: int, height_px: int, advice: str = "") -> None:
        """Raise LimitError when a page of this size is too large."""
        megapixels = width_px * height_px / 1e6
        if megapixels > self.max_megapixels:
            raise LimitError(
                "max_megapixels",
                self.max_megapixels,
                megapixels,
                advice or "Send a smaller picture or raise max_megapixels.",
            )

    def check_frames(self, frames: int) -> None:
        """Raise LimitError when a file has more than the allowed number of frames."""
        if frames > self.max_frames:
            raise LimitError(
                "max_frames", self.max_frames, frames, "Split the file into smaller ones or raise max_frames."
            )
