"""Pages that carry a number, so that the right result can be told from any other."""

from __future__ import annotations

import io
import zlib

import numpy as np
from numpy.typing import NDArray
from PIL import Image

CELLS = 8
CELL_PX = 8
MARGIN_PX = 8
SIDE_PX = CELLS * CELL_PX + 2 * MARGIN_PX
INK, PAPER = 30, 225
_NUMBER_BITS = 36
_MIX = 0x9E3779B97F4A7C15


def draw(number: int) -> NDArray[np.uint8]:
    """A grey page of ``SIDE_PX`` squared: 64 dark and light cells that say the number and its checksum."""
    word = (number | _checksum(number) << _NUMBER_BITS) ^ _MIX
    bits = np.array([word >> n & 1 for n in range(CELLS * CELLS)], np.uint8).reshape(CELLS, CELLS)
    cells = np.where(bits == 1, np.uint8(INK), np.uint8(PAPER))
    page = np.full((SIDE_PX, SIDE_PX), PAPER, np.uint8)
    inner = slice(MARGIN_PX, MARGIN_PX + CELLS * CELL_PX)
    page[inner, inner] = cells.repeat(CELL_PX, 0).repeat(CELL_PX, 1)
    return page


def number_in(page: NDArray[np.uint8]) -> int | None:
    """The number that a page carries; None when it carries none, as it is turned or damaged."""
    if page.shape != (SIDE_PX, SIDE_PX):
        return None
    inner = slice(MARGIN_PX, MARGIN_PX + CELLS * CELL_PX)
    cells = page[inner, inner].reshape(CELLS, CELL_PX, CELLS, CELL_PX).mean(axis=(1, 3)) < 128
    word = sum(int(bit) << n for n, bit in enumerate(cells.ravel())) ^ _MIX
    number = word & (1 << _NUMBER_BITS) - 1
    return number if word >> _NUMBER_BITS == _checksum(number) else None


def png(number: int) -> bytes:
    """The page as a PNG file."""
    buffer = io.BytesIO()
    Image.fromarray(draw(number)).save(buffer, "PNG")
    return buffer.getvalue()


def tiff(*numbers: int) -> bytes:
    """A file of several pages."""
    pages = [Image.fromarray(draw(number)) for number in numbers]
    buffer = io.BytesIO()
    pages[0].save(buffer, "TIFF", save_all=True, append_images=pages[1:])
    return buffer.getvalue()


def damaged(number: int) -> bytes:
    """A PNG whose header is sound and whose samples are not: accepted, and then an Error."""
    whole = bytearray(png(number))
    middle = whole.index(b"IDAT") + 20
    whole[middle : middle + 30] = bytes(30)
    return bytes(whole)


def binarized(data: bytes) -> int | None:
    """The number of a result that must be black on white."""
    page = np.asarray(Image.open(io.BytesIO(data)).convert("L"))
    return number_in(page) if set(np.unique(page)) <= {0, 255} else None


def turned(data: bytes) -> int | None:
    """The number of a result that must be turned a quarter clockwise."""
    return number_in(np.rot90(np.asarray(Image.open(io.BytesIO(data)).convert("L"))))


def _checksum(number: int) -> int:
    return zlib.crc32(number.to_bytes(8, "little")) & (1 << 64 - _NUMBER_BITS) - 1
