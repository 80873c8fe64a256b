"""Bytes to pages, and a page to PNG.

The format is told by content, never by a name. Limits are checked on headers before anything is decoded, and
whatever a decoder throws comes out as an ``InputError`` that names the fault.
"""

from recto.codec.limits import Limits
from recto.codec.png import encode_png
from recto.codec.reader import Header, decode, probe

__all__ = ["Header", "Limits", "decode", "encode_png", "probe"]
