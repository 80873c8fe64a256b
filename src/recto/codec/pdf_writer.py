"""Pages to one PDF, written page by page. Why by hand: docs/decisions/0008-tiff-and-pdf-output.md."""

from __future__ import annotations

from types import TracebackType
from typing import BinaryIO

from recto.codec.group4 import group4_strip
from recto.codec.png import packed_rows
from recto.errors import LimitError
from recto.raster import Dpi, Kind, Page

MAX_PDF_BYTES = 10**10 - 1
"""Offsets in the table of objects have ten digits."""

_POINTS_PER_INCH = 72.0
_MAX_PAGE_POINTS = 14400.0
"""Beyond 200 inches readers need a larger unit (ISO 32000-1, annex C)."""

_CATALOGUE, _PAGES = 1, 2


class PdfWriter:
    """One PDF page a page, its picture kept exactly: CCITT Group 4 when binary, deflate when grey or colour.

    A page is as large as its pixels at its DPI. Each one is written when it is added and then forgotten but for
    the places of its three objects.

    Parameters
    ----------
    file : binary file
        Open for writing, empty.
    assumed_dpi : float
        For pages that do not know their DPI.

    References
    ----------
    ISO 32000-1:2008, Document management — Portable document format — Part 1: PDF 1.7, sections 7.5 and 8.9.
    """

    def __init__(self, file: BinaryIO, assumed_dpi: float = 300.0) -> None:
        self._file = file
        self._assumed = Dpi(assumed_dpi, assumed_dpi)
        self._offsets: dict[int, int] = {}
        self._kids: list[int] = []
        self._next = _PAGES + 1
        self._at = 0
        # Four bytes above 127 tell programs that move files not to take this one for text.
        self._write(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")

    def add(self, page: Page) -> None:
        """Write one more page.

        Raises
        ------
        LimitError
            The file would outgrow what its table of objects can address.
        """
        picture = self._stream(*_picture(page))
        dpi = page.dpi or self._assumed
        width, height = page.width_px / dpi.x * _POINTS_PER_INCH, page.height_px / dpi.y * _POINTS_PER_INCH
        unit = max(1.0, width / _MAX_PAGE_POINTS, height / _MAX_PAGE_POINTS)
        box = f"{width / unit:.4f} {height / unit:.4f}"
        content = self._stream("", f"q {box.replace(' ', ' 0 0 ')} 0 0 cm /P Do Q".encode())
        self._kids.append(
            self._object(
                f"<< /Type /Page /Parent {_PAGES} 0 R /MediaBox [0 0 {box}] /Contents {content} 0 R"
                f" /Resources << /XObject << /P {picture} 0 R >> >>"
                + (f" /UserUnit {unit:.6f}" if unit > 1 else "")
                + " >>"
            )
        )

    def close(self) -> None:
        """Write what binds the pages together; the file stays open."""
        kids = " ".join(f"{kid} 0 R" for kid in self._kids)
        self._object(f"<< /Type /Pages /Count {len(self._kids)} /Kids [{kids}] >>", _PAGES)
        self._object(f"<< /Type /Catalog /Pages {_PAGES} 0 R >>", _CATALOGUE)
        table = self._at
        lines = [b"0000000000 65535 f \n"] + [b"%010d 00000 n \n" % self._offsets[k] for k in range(1, self._next)]
        self._write(b"xref\n0 %d\n" % self._next + b"".join(lines))
        self._write(b"trailer\n<< /Size %d /Root %d 0 R >>\n" % (self._next, _CATALOGUE))
        self._write(b"startxref\n%d\n%%%%EOF\n" % table)

    def __enter__(self) -> PdfWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if error is None:
            self.close()

    def _object(self, body: str, number: int | None = None, stream: bytes | None = None) -> int:
        """Write one object; gives its number."""
        if number is None:
            number, self._next = self._next, self._next + 1
        self._offsets[number] = self._at
        self._write(b"%d 0 obj\n%s\n" % (number, body.encode("ascii")))
        if stream is not None:
            self._write(b"stream\n")
            self._write(stream)
            self._write(b"\nendstream\n")
        self._write(b"endobj\n")
        return number

    def _stream(self, entries: str, data: bytes) -> int:
        return self._object(f"<< {entries} /Length {len(data)} >>", None, data)

    def _write(self, data: bytes) -> None:
        self._at += len(data)
        if self._at > MAX_PDF_BYTES:
            raise LimitError("PDF bytes", MAX_PDF_BYTES, self._at, "Write PNG, or split the file.")
        self._file.write(data)


def _picture(page: Page) -> tuple[str, bytes]:
    """The dictionary entries of the picture and its bytes."""
    width, height = page.width_px, page.height_px
    head = f"/Type /XObject /Subtype /Image /Width {width} /Height {height}"
    if page.kind is Kind.BINARY:
        code = f"/Filter /CCITTFaxDecode /DecodeParms << /K -1 /Columns {width} /Rows {height} >>"
        return f"{head} /ColorSpace /DeviceGray /BitsPerComponent 1 {code}", group4_strip(page)
    channels, space = (3, "/DeviceRGB") if page.kind is Kind.COLOUR else (1, "/DeviceGray")
    # The rows of a PNG, each with its filter's number in front, are what predictor 15 expects.
    code = f"/Filter /FlateDecode /DecodeParms << /Predictor 15 /Colors {channels} /Columns {width} >>"
    return f"{head} /ColorSpace {space} /BitsPerComponent 8 {code}", packed_rows(page)
