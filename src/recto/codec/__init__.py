"""Bytes to pages, and pages to PNG, TIFF and PDF.

The format is told by content, never by a name. Limits are checked on headers before anything is decoded, and
whatever a decoder throws comes out as an ``InputError`` that names the fault.
"""

from recto.codec.limits import Limits, bytes_of
from recto.codec.pdf_writer import PdfWriter
from recto.codec.png import encode_png
from recto.codec.reader import Header, decode, probe
from recto.codec.sniff import sniff
from recto.codec.tiff_writer import TiffWriter

__all__ = ["Header", "Limits", "PdfWriter", "TiffWriter", "bytes_of", "decode", "encode_png", "probe", "sniff"]
