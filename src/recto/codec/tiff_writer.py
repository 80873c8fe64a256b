"""Pages to one TIFF, written frame by frame."""

from __future__ import annotations

import io
from types import TracebackType
from typing import BinaryIO

from PIL import Image, TiffImagePlugin

from recto.codec.group4 import group4_tiff
from recto.errors import LimitError
from recto.raster import Kind, Page

MAX_TIFF_BYTES = 2**32 - 2**20
"""Offsets in a TIFF have 32 bits."""

_PREDICTOR, _HORIZONTAL = 317, 2


class TiffWriter:
    """One frame a page: CCITT Group 4 when binary, deflate when grey or colour; nothing is lost.

    Each frame is written when it is added and then forgotten. A DPI that is not known is left out.

    Parameters
    ----------
    file : binary file
        Open for reading and writing, empty.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._frames = TiffImagePlugin.AppendingTiffWriter(file)

    def add(self, page: Page) -> None:
        """Write one more frame.

        Raises
        ------
        LimitError
            The file would outgrow what TIFF can address.
        """
        frame = group4_tiff(page) if page.kind is Kind.BINARY else _deflated(page)
        size = self._file.seek(0, io.SEEK_END) + len(frame)
        if size > MAX_TIFF_BYTES:
            raise LimitError("TIFF bytes", MAX_TIFF_BYTES, size, "Write PNG, or binary pages, or split the file.")
        self._frames.seek(0)
        self._frames.write(frame)
        self._frames.newFrame()

    def close(self) -> None:
        """Finish the file; it stays open."""
        self._frames.close()

    def __enter__(self) -> TiffWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if error is None:
            self.close()


def _deflated(page: Page) -> bytes:
    """One frame with the difference to the sample on the left, packed by deflate, in one strip.

    With one strip the frame holds one offset, which can grow when the frame is moved to its place.
    """
    file = io.BytesIO()
    Image.fromarray(page.samples).save(
        file,
        "TIFF",
        compression="tiff_adobe_deflate",
        tiffinfo={_PREDICTOR: _HORIZONTAL},
        strip_size=page.samples.size,
        dpi=page.dpi,
    )
    return file.getvalue()
