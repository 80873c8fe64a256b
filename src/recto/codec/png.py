"""A page to PNG. Filter, strategy and level are chosen by measurement: docs/decisions/0003-png-encoder.md."""

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

from recto.raster import Dpi, Kind, Page

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_BITS_AND_COLOUR = {Kind.BINARY: (1, 0), Kind.GREY: (8, 0), Kind.COLOUR: (8, 2)}
_UP = 2
_LEVEL, _WINDOW_BITS, _MEMORY = 1, 15, 9
_METRES_PER_INCH = 0.0254
_FLAT_SHARE = 0.5
_SAMPLED_ROWS = 64


def encode_png(page: Page) -> bytes:
    """The page as PNG: 1 bit a pixel when binary, 8 bits when grey, 24 when colour; DPI as pHYs.

    The same page gives the same bytes. A DPI that is not known is left out.

    References
    ----------
    W3C Recommendation, Portable Network Graphics (PNG) Specification (Third Edition), 2025.
    """
    bits, colour = _BITS_AND_COLOUR[page.kind]
    head = struct.pack(">IIBBBBB", page.width_px, page.height_px, bits, colour, 0, 0, 0)
    parts = [_SIGNATURE, _chunk(b"IHDR", head)]
    if page.dpi is not None:
        parts.append(_chunk(b"pHYs", _pixels_per_metre(page.dpi)))
    return b"".join((*parts, _chunk(b"IDAT", packed_rows(page)), _chunk(b"IEND", b"")))


def packed_rows(page: Page) -> bytes:
    """The pixels as they stand in a PNG, and in a PDF with predictor 15: filtered rows, deflated."""
    strategy = zlib.Z_DEFAULT_STRATEGY if page.kind is not Kind.BINARY and _is_flat(page) else zlib.Z_RLE
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _WINDOW_BITS, _MEMORY, strategy)
    return packer.compress(_filtered_rows(page).data) + packer.flush()


def _filtered_rows(page: Page) -> NDArray[np.uint8]:
    """Packed rows, each less the one above it modulo 256, with the number of that filter in front."""
    rows = np.packbits(page.samples, axis=1) if page.kind is Kind.BINARY else page.samples
    rows = rows.reshape(page.height_px, -1)
    filtered = np.empty((rows.shape[0], rows.shape[1] + 1), dtype=np.uint8)
    filtered[:, 0] = _UP
    filtered[0, 1:] = rows[0]
    np.subtract(rows[1:], rows[:-1], out=filtered[1:, 1:])
    return filtered


def _is_flat(page: Page) -> bool:
    """True when most samples equal the one above, as on a cleaned or drawn page.

    There strings repeat, and the whole of deflate packs twice as tight as run lengths alone in the same time.
    On the noise of a scan it is slower and packs no better.
    """
    rows = np.linspace(0, max(page.height_px - 2, 0), _SAMPLED_ROWS).astype(np.intp)
    below = np.minimum(rows + 1, page.height_px - 1)
    return float((page.samples[rows] == page.samples[below]).mean()) > _FLAT_SHARE


def _pixels_per_metre(dpi: Dpi) -> bytes:
    x, y = (min(max(round(value / _METRES_PER_INCH), 1), 2**31 - 1) for value in dpi)
    return struct.pack(">IIB", x, y, 1)


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(body, zlib.crc32(name)))
