"""Files that the tests make for themselves, and a few corners that show how a picture stands."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

FIXTURES = Path(__file__).parent / "fixtures"

ORIENTATION = 274


def corners(height: int = 48, width: int = 64) -> NDArray[np.uint8]:
    """Light grey with a red, green, blue and dark corner (top left, top right, bottom left, bottom right)."""
    picture = np.full((height, width, 3), 230, np.uint8)
    picture[:16, :16] = (220, 30, 30)
    picture[:16, -16:] = (30, 180, 30)
    picture[-16:, :16] = (30, 30, 220)
    picture[-16:, -16:] = (10, 10, 10)
    return picture


def ramp(height: int = 48, width: int = 64) -> NDArray[np.uint8]:
    """Grey that rises to the right and a little downwards; every quarter turn and mirror of it differs."""
    y, x = np.mgrid[0:height, 0:width]
    return ((x * 3 + y) % 256).astype(np.uint8)


def print_mask(height: int = 61, width: int = 83) -> NDArray[np.bool_]:
    """Strokes of ink (True) that fill less than half of an odd-sized page."""
    mask = np.zeros((height, width), np.bool_)
    mask[8:12, 5:70] = True
    mask[20:50:6, 10:40] = True
    mask[15:55, 60] = True
    return mask


def saved(picture: Image.Image | NDArray[Any], form: str, **options: Any) -> bytes:
    """The picture as a file of Pillow's format ``form``."""
    if isinstance(picture, np.ndarray):
        picture = Image.fromarray(picture)
    buffer = io.BytesIO()
    picture.save(buffer, form, **options)
    return buffer.getvalue()


def stand(picture: NDArray[Any], orientation: int) -> NDArray[Any]:
    """How a picture must be stored to be shown as ``picture`` under an EXIF orientation, written out by hand."""
    return {
        1: picture,
        2: picture[:, ::-1],
        3: picture[::-1, ::-1],
        4: picture[::-1],
        5: np.swapaxes(picture, 0, 1),
        6: np.rot90(picture, 1),
        7: np.swapaxes(picture[::-1, ::-1], 0, 1),
        8: np.rot90(picture, -1),
    }[orientation]


def exif(**tags: Any) -> bytes:
    """EXIF with the given orientation and resolution tags."""
    block = Image.Exif()
    numbers = {"orientation": 274, "x": 282, "y": 283, "unit": 296}
    for name, value in tags.items():
        block[numbers[name]] = value
    return block.tobytes()


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(body, zlib.crc32(name)))


def png(samples: NDArray[Any], *extra: bytes, bits: int | None = None, colour: int | None = None) -> bytes:
    """A PNG written by hand: uint8 or uint16 samples with 1 to 4 channels, ``extra`` chunks before the pixels."""
    channels = 1 if samples.ndim == 2 else samples.shape[2]
    kind = {1: 0, 2: 4, 3: 2, 4: 6}[channels] if colour is None else colour
    depth = bits or samples.dtype.itemsize * 8
    rows = samples.astype(">u2") if samples.dtype == np.uint16 else samples
    packed = b"".join(b"\x00" + row.tobytes() for row in rows)
    width = samples.shape[1] * 8 // depth if depth < 8 else samples.shape[1]
    head = struct.pack(">IIBBBBB", width, samples.shape[0], depth, kind, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + b"".join(extra)
        + chunk(b"IDAT", zlib.compress(packed))
        + chunk(b"IEND", b"")
    )


def tiff(
    samples: NDArray[Any],
    *,
    order: str = "<",
    tags: dict[int, int] | None = None,
    drop: tuple[int, ...] = (),
    strips: int = 1,
) -> bytes:
    """An uncompressed TIFF written by hand, in one strip unless ``strips`` says how many equal ones.

    ``samples`` has any numeric dtype and 1, 3 or 4 channels; for one bit pass packed bytes and set the tags
    256 and 258. ``tags`` overrides single numbers, ``drop`` leaves tags out.
    """
    height, width = samples.shape[:2]
    channels = 1 if samples.ndim == 2 else samples.shape[2]
    body = samples.astype(samples.dtype.newbyteorder(order)).tobytes()
    kind = {"u": 1, "i": 2, "f": 3}[samples.dtype.kind]
    values: dict[int, tuple[int, ...]] = {
        256: (width,),
        257: (height,),
        258: (samples.dtype.itemsize * 8,) * channels,
        259: (1,),
        262: ({1: 1, 2: 1, 3: 2, 4: 5}[channels],),
        273: tuple(8 + k * len(body) // strips for k in range(strips)),
        277: (channels,),
        278: (height,),
        279: (len(body) // strips,) * strips,
        339: (kind,) * channels,
    }
    values.update({tag: (value,) for tag, value in (tags or {}).items()})
    for tag in drop:
        del values[tag]
    start = 8 + len(body) + len(body) % 2
    late = start + 2 + 12 * len(values) + 4
    entries, extra = b"", b""
    for tag, numbers in sorted(values.items()):
        code, letter = (4, "I") if tag in (256, 257, 273, 278, 279) else (3, "H")
        packed = struct.pack(f"{order}{len(numbers)}{letter}", *numbers)
        if len(packed) > 4:
            packed, extra = struct.pack(order + "I", late + len(extra)), extra + packed
        entries += struct.pack(order + "HHI", tag, code, len(numbers)) + packed.ljust(4, b"\x00")
    mark = b"II" if order == "<" else b"MM"
    head = mark + struct.pack(order + "HI", 42, start)
    directory = struct.pack(order + "H", len(values)) + entries + struct.pack(order + "I", 0)
    return head + body + b"\x00" * (len(body) % 2) + directory + extra


def pdf(*contents: str, size: str = "0 0 144 72", extra: str = "", rotate: int = 0) -> bytes:
    """A PDF written by hand, one page per content stream; ``extra`` goes into the trailer."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", ""]
    kids = []
    for content in contents:
        kids.append(f"{len(objects) + 1} 0 R")
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [{size}] /Rotate {rotate} /Contents {len(objects) + 2} 0 R >>"
        )
        objects.append(f"<< /Length {len(content)} >>\nstream\n{content}\nendstream")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    out, places = "%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n"
    xref = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n"
    out += "".join(f"{place:010d} 00000 n \n" for place in places)
    out += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R {extra} >>\nstartxref\n{xref}\n%%EOF\n"
    return out.encode("latin-1")


def pages_of_every_format() -> dict[str, bytes]:
    """One sound file of each format and flavour, at least some kilobytes where the format allows."""
    rng = np.random.default_rng(5)
    noise = rng.integers(0, 256, (90, 120, 3), dtype=np.uint8)
    mask = Image.fromarray(~(rng.random((200, 300)) < 0.3))
    second = Image.fromarray(255 - noise)
    return {
        "JPEG": saved(noise, "JPEG"),
        "progressive JPEG": saved(noise, "JPEG", progressive=True),
        "PNG": saved(noise, "PNG"),
        "16-bit PNG": png(rng.integers(0, 65536, (40, 50, 3)).astype(np.uint16)),
        "APNG": saved(noise, "PNG", save_all=True, append_images=[second]),
        "TIFF": saved(noise, "TIFF"),
        "LZW TIFF": saved(noise, "TIFF", compression="tiff_lzw"),
        "G4 TIFF": saved(mask, "TIFF", compression="group4"),
        "multi-frame TIFF": saved(noise, "TIFF", save_all=True, append_images=[second]),
        "BMP": saved(noise, "BMP"),
        "GIF": saved(noise, "GIF"),
        "animated GIF": saved(noise, "GIF", save_all=True, append_images=[second]),
        "WebP": saved(noise, "WEBP", lossless=True),
        "animated WebP": saved(noise, "WEBP", save_all=True, append_images=[second], lossless=True),
        "AVIF": saved(noise, "AVIF"),
        "HEIC": (FIXTURES / "corners.heic").read_bytes(),
        "two-picture HEIC": (FIXTURES / "two.heic").read_bytes(),
        "PDF": pdf("0 0 1 rg 10 10 50 30 re f" + " " * 2000, "1 0 0 rg 10 10 50 30 re f"),
    }
