"""A binary page as a TIFF of one CCITT Group 4 strip, from which a PDF takes the strip."""

from __future__ import annotations

import io
import struct

from PIL import Image

from recto.raster import Page

_PHOTOMETRIC, _STRIP_OFFSET, _STRIP_BYTES = 262, 273, 279
_WHITE_IS_ZERO = 0
_ENTRY = "<HHII"


def group4_tiff(page: Page) -> bytes:
    """A TIFF of one frame and one strip, white is zero as faxes have it; DPI kept when it is known.

    References
    ----------
    ITU-T Recommendation T.6, Facsimile coding schemes and coding control functions for Group 4, 1988.
    """
    ink = Image.fromarray(page.samples == 0)
    file = io.BytesIO()
    # Ink as ones makes paper the "white" of the code, for which long runs are cheap; libtiff does not care
    # what the bits mean, so the tag is set afterwards: Pillow would turn every pixel over in a Python loop.
    ink.save(file, "TIFF", compression="group4", strip_size=max(page.samples.size, 1), dpi=page.dpi)
    data = bytearray(file.getvalue())
    struct.pack_into("<HHIHH", data, _entries(data)[_PHOTOMETRIC], _PHOTOMETRIC, 3, 1, _WHITE_IS_ZERO, 0)
    return bytes(data)


def group4_strip(page: Page) -> bytes:
    """The Group 4 code alone: white (the zeros) is paper."""
    data = group4_tiff(page)
    entries = _entries(data)
    offset, length = (_value(data, entries[tag]) for tag in (_STRIP_OFFSET, _STRIP_BYTES))
    return data[offset : offset + length]


def _entries(data: bytes | bytearray) -> dict[int, int]:
    """Where the directory entry of each tag stands in a little-endian TIFF."""
    assert data[:4] == b"II*\x00"
    (at,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, at)
    places = range(at + 2, at + 2 + 12 * count, 12)
    return {struct.unpack_from("<H", data, place)[0]: place for place in places}


def _value(data: bytes, place: int) -> int:
    """The one number of an entry."""
    _, kind, count, number = struct.unpack_from(_ENTRY, data, place)
    assert count == 1
    return int(number & 0xFFFF if kind == 3 else number)
