"""The reading half of the door: what a file is, and its pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from recto.codec.limits import Limits
from recto.codec.pictures import PictureFile
from recto.codec.sniff import Format, sniff
from recto.raster import Page

if TYPE_CHECKING:
    from recto.codec.heic import HeicFile
    from recto.codec.pdf import PdfFile

DEFAULT_PDF_DPI = 300.0
_DEFAULT_LIMITS = Limits()


@dataclass(frozen=True)
class Header:
    """What a file says about itself.

    Attributes
    ----------
    format : str
        ``JPEG``, ``PNG``, ``TIFF``, ``BMP``, ``GIF``, ``WebP``, ``AVIF``, ``HEIC`` or ``PDF``.
    width_px, height_px : int
        Size of the first page as ``decode`` gives it, orientation applied.
    frames : int
        Frames or PDF pages, at least 1.
    """

    format: str
    width_px: int
    height_px: int
    frames: int


def probe(data: bytes, limits: Limits = _DEFAULT_LIMITS, *, pdf_dpi: float = DEFAULT_PDF_DPI) -> Header:
    """Read the header and hold it against the limits; nothing is decoded.

    A file that passes can still prove damaged when it is decoded.

    Parameters
    ----------
    data : bytes
        A whole file.
    limits : Limits
    pdf_dpi : float
        The DPI at which PDF pages would be rendered.

    Raises
    ------
    UnsupportedFormatError
        Bytes that no reader knows.
    UnreadableImageError
        Empty, truncated or damaged bytes.
    LimitError
        Too many bytes, pixels or frames.
    """
    form, file = _open(data, limits, pdf_dpi)
    if form is Format.PDF:
        cast("PdfFile", file).close()
    return Header(str(form), file.shape[1], file.shape[0], file.frames)


def decode(data: bytes, limits: Limits = _DEFAULT_LIMITS, *, pdf_dpi: float = DEFAULT_PDF_DPI) -> Iterator[Page]:
    """Every frame or PDF page, one at a time, each decoded when it is asked for.

    Pages stand upright (EXIF orientation applied), alpha is laid on white, colours are sRGB, sixteen bits are
    scaled to eight, and the DPI is None when the file states none that can be believed.

    Parameters
    ----------
    data, limits, pdf_dpi
        As in ``probe``; PDF pages carry ``pdf_dpi`` as their resolution.

    Yields
    ------
    Page

    Raises
    ------
    UnsupportedFormatError, UnreadableImageError, LimitError
        As ``probe``, with the first page; and for a damaged frame when it is reached.
    """
    _, file = _open(data, limits, pdf_dpi)
    yield from file.pages()


def _open(data: bytes, limits: Limits, pdf_dpi: float) -> tuple[Format, PictureFile | HeicFile | PdfFile]:
    limits.check_bytes(len(data))
    whole = bytes(data)
    form = sniff(whole)
    if form is Format.PDF:
        from recto.codec.pdf import PdfFile  # PDFium's bindings are slow to import, and few files need them

        return form, PdfFile(whole, limits, pdf_dpi)
    if form is Format.HEIC:
        from recto.codec.heic import HeicFile  # likewise

        return form, HeicFile(whole, limits)
    return form, PictureFile(whole, form, limits)
