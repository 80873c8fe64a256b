"""PDF pages, rendered with PDFium."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pypdfium2
import pypdfium2.raw as pdfium

from recto.codec import normalise
from recto.codec.faults import reading
from recto.codec.limits import Limits
from recto.codec.sniff import Format
from recto.errors import UnreadableImageError
from recto.raster import Dpi, Page

_POINTS_PER_INCH = 72.0
_TAIL_BYTES = 4096
_NESTED_FORMS = 5
_PAGES_AN_OPENING = 32
"""PDFium keeps what it has read of each page until the document is closed: a long one would be held twice."""

_one_at_a_time = threading.RLock()
"""PDFium has state that all documents share and may not be entered by two threads."""


class PdfFile:
    """An opened PDF; no page is rendered yet.

    Attributes
    ----------
    frames : int
        Number of pages.
    shape : tuple of int
        ``(H, W)`` of the first page in pixels at the DPI asked for.

    Raises
    ------
    UnreadableImageError, LimitError
    """

    def __init__(self, data: bytes, limits: Limits, dpi: float) -> None:
        self._data = data
        self._limits = limits
        self._dpi = dpi
        if b"%%EOF" not in data.rstrip(b"\x00\r\n\t ")[-_TAIL_BYTES:]:
            # PDFium would rebuild what it finds, and pages would be missing without a word.
            raise UnreadableImageError("The PDF is truncated: it has no end mark.")
        with reading(Format.PDF), _one_at_a_time:
            self._document = _open(data)
            try:
                self.frames = len(self._document)
                if self.frames < 1:
                    raise UnreadableImageError("The PDF has no page.")
                limits.check_frames(self.frames)
                self.shape = self._measure(0)
            except BaseException:
                self._document.close()
                raise

    def close(self) -> None:
        """Give PDFium's memory back. Safe to call twice."""
        with _one_at_a_time:
            self._document.close()

    def pages(self) -> Iterator[Page]:
        """Every page, rendered when it is asked for; closes the document at the end."""
        try:
            for number in range(self.frames):
                what = f"{Format.PDF} (page {number + 1} of {self.frames})"
                with reading(what), _one_at_a_time:
                    if number and number % _PAGES_AN_OPENING == 0:
                        self._document.close()
                        self._document = _open(self._data)
                    samples = self._render(number)
                yield Page(*normalise.without_colour(samples), Dpi(self._dpi, self._dpi))
        finally:
            self.close()

    def _measure(self, number: int) -> tuple[int, int]:
        """``(H, W)`` of a page as it would be rendered; raises LimitError when that is too large."""
        width, height = self._document.get_page_size(number)
        scale = self._dpi / _POINTS_PER_INCH
        if not (math.isfinite(width * height) and width > 0 and height > 0):
            raise UnreadableImageError(f"Page {number + 1} of the PDF has no size.")
        shape = math.ceil(height * scale), math.ceil(width * scale)
        self._limits.check_pixels(shape[1], shape[0], f"Page {number + 1} at {self._dpi:g} DPI: lower pdf_dpi")
        return shape

    def _render(self, number: int) -> normalise.Samples:
        self._measure(number)
        page = self._document[number]
        try:
            self._check_pictures(page, number)
            bitmap = page.render(scale=self._dpi / _POINTS_PER_INCH, rev_byteorder=True)
            try:
                return np.array(bitmap.to_numpy()[..., :3], dtype=np.uint8)
            finally:
                bitmap.close()
        finally:
            page.close()

    def _check_pictures(self, page: Any, number: int) -> None:
        """A picture inside the page is decoded whole, however small it is shown."""
        pictures = page.get_objects(filter=(pdfium.FPDF_PAGEOBJ_IMAGE,), max_depth=_NESTED_FORMS)
        for picture in pictures:
            width, height = picture.get_px_size()
            self._limits.check_pixels(width, height, f"It is a picture on page {number + 1}: make it smaller")


def _open(data: bytes) -> Any:
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as fault:
        if fault.err_code == pdfium.FPDF_ERR_PASSWORD:
            raise UnreadableImageError(
                "The PDF is encrypted and opens only with a password: save it without one and send it again."
            ) from fault
        if fault.err_code == pdfium.FPDF_ERR_SECURITY:
            raise UnreadableImageError("The PDF is encrypted in a way that cannot be read.") from fault
        raise UnreadableImageError("The PDF is damaged: its structure cannot be read.") from fault
    document.init_forms()
    return document
