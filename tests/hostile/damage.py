"""Files of every format that were cut, flipped, overwritten, joined or made up; seeded, so they are always the same."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import numpy as np

from tests.codec.files import pages_of_every_format
from tests.hostile.case import BadFile

CUTS = 20
FLIPS = 30
RUNS = 10
MAGIC = {
    "JPEG": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00",
    "PNG": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
    "TIFF": b"II\x2a\x00\x08\x00\x00\x00",
    "TIFF, other order": b"MM\x00\x2a\x00\x00\x00\x08",
    "BigTIFF": b"II\x2b\x00\x08\x00\x00\x00\x10\x00\x00\x00\x00\x00\x00\x00",
    "GIF": b"GIF89a\x10\x00\x10\x00\xf7\x00\x00",
    "BMP": b"BM\x00\x10\x00\x00\x00\x00\x00\x006\x00\x00\x00(\x00\x00\x00",
    "WebP": b"RIFF\x00\x04\x00\x00WEBPVP8 ",
    "AVIF": b"\x00\x00\x00\x1cftypavif\x00\x00\x00\x00avifmif1miaf",
    "HEIC": b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00heicmif1",
    "PDF": b"%PDF-1.7\n",
}
STRANGERS = {
    "JPEG 2000": b"\x00\x00\x00\x0cjP  \r\n\x87\n",
    "JPEG 2000 codestream": b"\xff\x4f\xff\x51\x00\x29",
    "JPEG XL": b"\xff\x0a\xfa\x1f",
    "Photoshop": b"8BPS\x00\x01",
    "DjVu": b"AT&TFORM\x00\x00\x10\x00DJVM",
    "ZIP": b"PK\x03\x04\x14\x00",
    "old office": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    "gzip": b"\x1f\x8b\x08\x00" + zlib.compress(bytes(1_000_000)),
    "PostScript": b"%!PS-Adobe-3.0\n(/etc/passwd) (r) file\n",
    "SVG with an entity bomb": b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "' + b"a" * 99 + b'">]><svg>&a;</svg>',
    "SVG that fetches": b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
    "ImageMagick script": b"push graphic-context\nfill 'url(https://example.org/\"|id\")'\npop graphic-context",
    "EPS in DOS": b"\xc5\xd0\xd3\xc6",
    "ELF": b"\x7fELF\x02\x01\x01",
    "Windows program": b"MZ\x90\x00",
    "HTML": b"<html><script>alert(1)</script>",
    "JSON": b'{"image": "x"}',
    "video": b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2",
    "pickle": b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00cposix\nsystem\n",
    "numpy": b"\x93NUMPY\x01\x00v\x00{'descr': '|O'}",
    "FITS": b"SIMPLE  =                    T",
    "PPM": b"P6 99999999 99999999 255\n",
    "TGA": b"\x00\x00\x02" + bytes(9) + b"\xff\xff\xff\xff\x20\x00",
    "ICO": b"\x00\x00\x01\x00\x01\x00",
    "text": b"this is no picture",
    "zeros": bytes(5000),
    "ones": b"\xff" * 5000,
    "spaces": b" " * 5000,
}


def damaged_files() -> Iterator[BadFile]:
    """All kinds of damage, kind by kind."""
    whole = pages_of_every_format()
    rng = np.random.default_rng(8)
    for name, data in whole.items():
        yield from _truncated(name, data)
        yield from _flipped(name, data, rng)
        yield from _overwritten(name, data, rng)
    yield from _spliced(whole, rng)
    yield from _followed(whole, rng)
    yield from _made_up(rng)
    yield from _strangers()


def _truncated(name: str, data: bytes) -> Iterator[BadFile]:
    for cut in sorted({int(length) for length in np.linspace(2, len(data) - 40, CUTS)}):
        yield BadFile("truncated", f"{name}, first {cut} bytes", data[:cut])


def _flipped(name: str, data: bytes, rng: np.random.Generator) -> Iterator[BadFile]:
    for turn in range(FLIPS):
        reach = min(len(data), (64, 400, len(data))[turn % 3])
        bits = rng.integers(0, reach * 8, rng.integers(1, 9))
        flipped = bytearray(data)
        for bit in bits:
            flipped[bit // 8] ^= 1 << int(bit % 8)
        yield BadFile("bits flipped", f"{name}, bits {sorted(map(int, bits))}", bytes(flipped))


def _overwritten(name: str, data: bytes, rng: np.random.Generator) -> Iterator[BadFile]:
    for turn in range(RUNS):
        start = int(rng.integers(0, len(data) if turn % 2 else min(len(data), 200)))
        length = int(rng.integers(1, 80))
        fill = (bytes(length), b"\xff" * length, b"\x7f" * length, rng.bytes(length))[turn % 4]
        yield BadFile("run overwritten", f"{name}, {length} at {start}", data[:start] + fill + data[start + length :])


def _spliced(whole: dict[str, bytes], rng: np.random.Generator) -> Iterator[BadFile]:
    names = list(whole)
    for _ in range(120):
        first, second = rng.choice(names, 2, replace=False)
        at = float(rng.random())
        head, tail = whole[first], whole[second]
        joined = head[: int(at * len(head))] + tail[int(at * len(tail)) :]
        yield BadFile("spliced", f"{first} and {second} at {at:.2f}", joined)


def _followed(whole: dict[str, bytes], rng: np.random.Generator) -> Iterator[BadFile]:
    for name, data in whole.items():
        yield BadFile("junk behind", f"{name} twice", data + data)
        yield BadFile("junk behind", f"{name} and noise", data + rng.bytes(5000))
        yield BadFile("junk before", f"noise and {name}", rng.bytes(10) + data)


def _made_up(rng: np.random.Generator) -> Iterator[BadFile]:
    for name, magic in MAGIC.items():
        for turn in range(14):
            rest = rng.bytes(int(rng.integers(0, 3000)))
            if turn % 2:
                rest = bytes(byte & 3 for byte in rest)  # small numbers get further
            yield BadFile("noise after a signature", f"{name}, {len(rest)} bytes, {turn}", magic + rest)


def _strangers() -> Iterator[BadFile]:
    for name, data in STRANGERS.items():
        yield BadFile("other formats", name, data)
        yield BadFile("other formats", f"{name}, padded", data + bytes(2000))
    for length in range(12):
        yield BadFile("other formats", f"{length} bytes", b"\x89PNG\r\n\x1a\n\x00\x00\x00\x00"[:length])
