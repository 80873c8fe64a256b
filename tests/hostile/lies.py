"""Headers that lie: absurd sizes, counts and kinds in otherwise sound files, and files that are two things at once."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import numpy as np

from tests.codec.files import chunk, corners, pages_of_every_format, pdf, png, saved, tiff
from tests.hostile.case import BadFile

ABSURD = (0, 1, 7, 0x7FFF, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


def lying_files() -> Iterator[BadFile]:
    """All formats."""
    yield from _pngs()
    yield from _tiffs()
    yield from _bmps()
    yield from _gifs()
    yield from _jpegs()
    yield from _webps()
    yield from _boxes()
    yield from _pdfs()
    yield from _polyglots()


def _pngs() -> Iterator[BadFile]:
    samples = corners()
    body = zlib.compress(b"".join(b"\x00" + row.tobytes() for row in samples))

    def made(head: tuple[int, ...], *extra: bytes, pixels: bytes = body) -> bytes:
        parts = [chunk(b"IHDR", struct.pack(">IIBBBBB", *head)), *extra, chunk(b"IDAT", pixels), chunk(b"IEND", b"")]
        return b"\x89PNG\r\n\x1a\n" + b"".join(parts)

    for size in ABSURD:
        yield BadFile("absurd sizes", f"PNG width {size}", made((size, 48, 8, 0, 0, 0, 0)))
        yield BadFile("absurd sizes", f"PNG height {size}", made((64, size, 8, 0, 0, 0, 0)))
    for bits in (0, 1, 3, 16, 255):
        for colour in (0, 1, 2, 3, 4, 6, 7):
            yield BadFile("lying headers", f"PNG {bits} bits, colour {colour}", made((64, 48, bits, colour, 0, 0, 0)))
    for place in (4, 5, 6):
        head = [64, 48, 8, 0, 0, 0, 0]
        head[place] = 9
        yield BadFile("lying headers", f"PNG method {place}", made(tuple(head)))
    for frames in ABSURD:
        control = chunk(b"acTL", struct.pack(">II", frames, 0))
        yield BadFile("lying headers", f"APNG of {frames} frames", made((64, 48, 8, 0, 0, 0, 0), control))
    for name, pixels in {"none": b"", "half": body[:30], "noise": b"\x78\x9c" + b"\xa5" * 99}.items():
        yield BadFile("lying headers", f"PNG, pixels: {name}", made((64, 48, 8, 0, 0, 0, 0), pixels=pixels))
    yield BadFile("lying headers", "PNG, bad sums", made((64, 48, 8, 0, 0, 0, 0)).replace(b"IDAT", b"IDAt"))
    yield BadFile("lying headers", "PNG, palette of nothing", made((64, 48, 8, 3, 0, 0, 0), chunk(b"PLTE", b"")))


def _tiffs() -> Iterator[BadFile]:
    tags = (256, 257, 258, 259, 262, 273, 274, 277, 278, 279, 284, 317, 322, 323, 324, 325, 339, 530)
    for order in "<>":
        for tag in tags:
            for value in ABSURD:
                if tag not in (256, 257, 273, 278, 279) and value > 0xFFFF:
                    continue
                kind = "absurd sizes" if tag in (256, 257) else "lying headers"
                yield BadFile(
                    kind, f"TIFF {order} tag {tag} is {value}", tiff(corners(), order=order, tags={tag: value})
                )
    for tag in (256, 257, 258, 262, 273, 277, 279):
        yield BadFile("lying headers", f"TIFF without tag {tag}", tiff(corners(), drop=(tag,)))
    for compression in (2, 3, 4, 5, 6, 7, 8, 32773, 32946, 34676, 34712, 34925, 50000, 50001):
        data = tiff(corners(), tags={259: compression})
        yield BadFile("lying headers", f"TIFF, raw but said to be {compression}", data)


def _bmps() -> Iterator[BadFile]:
    data = saved(corners(), "BMP")
    for place, form in ((10, "<I"), (18, "<I"), (22, "<I"), (26, "<H"), (28, "<H"), (30, "<I"), (46, "<I")):
        for value in ABSURD:
            lying = bytearray(data)
            struct.pack_into(form, lying, place, value & (0xFFFF if form == "<H" else 0xFFFFFFFF))
            kind = "absurd sizes" if place in (18, 22) else "lying headers"
            yield BadFile(kind, f"BMP, {value} at {place}", bytes(lying))


def _gifs() -> Iterator[BadFile]:
    data = saved(corners(), "GIF")
    frame = data.index(b",", 13 + 3 * 2 ** ((data[10] & 7) + 1))
    for place in (6, 8, frame + 1, frame + 3, frame + 5, frame + 7):
        for value in (0, 1, 0x7FFF, 0xFFFF):
            lying = bytearray(data)
            struct.pack_into("<H", lying, place, value)
            yield BadFile("absurd sizes", f"GIF, {value} at {place}", bytes(lying))
    for bits in (0, 1, 9, 12, 255):
        lying = bytearray(data)
        lying[frame + 10] = bits
        yield BadFile("lying headers", f"GIF, codes of {bits} bits", bytes(lying))


def _jpegs() -> Iterator[BadFile]:
    data = saved(corners(), "JPEG")
    start = data.index(b"\xff\xc0")
    for name, place, form, values in (
        ("height", start + 5, ">H", (0, 1, 0x7FFF, 0xFFFF)),
        ("width", start + 7, ">H", (0, 1, 0x7FFF, 0xFFFF)),
        ("bits", start + 4, ">B", (0, 1, 12, 16, 255)),
        ("channels", start + 9, ">B", (0, 2, 4, 5, 255)),
        ("sampling", start + 11, ">B", (0x00, 0x44, 0xF1, 0xFF)),
        ("table", start + 12, ">B", (4, 255)),
        ("segment length", start + 2, ">H", (0, 1, 2, 0xFFFF)),
        ("kind of frame", start + 1, ">B", (0xC1, 0xC2, 0xC3, 0xC5, 0xC9, 0xCB, 0xCF)),
    ):
        for value in values:
            lying = bytearray(data)
            struct.pack_into(form, lying, place, value)
            yield BadFile(
                "absurd sizes" if name in ("height", "width") else "lying headers", f"JPEG {name} {value}", bytes(lying)
            )
    scan = data.index(b"\xff\xda")
    yield BadFile("lying headers", "JPEG without tables", data[:2] + data[start:])
    yield BadFile("lying headers", "JPEG without a frame", data[:start] + data[scan:])
    yield BadFile("lying headers", "JPEG, two frames", data[:scan] + data[start:])


def _webps() -> Iterator[BadFile]:
    data = saved(corners(), "WEBP", lossless=True)
    for value in ABSURD:
        yield BadFile("lying headers", f"WebP, file of {value} bytes", data[:4] + struct.pack("<I", value) + data[8:])
        yield BadFile(
            "lying headers", f"WebP, chunk of {value} bytes", data[:16] + struct.pack("<I", value) + data[20:]
        )
    for width, height in ((0, 0), (16383, 16383), (1 << 24, 1), ((1 << 24) - 1, (1 << 24) - 1), (5000, 5000)):
        canvas = (max(width - 1, 0) & 0xFFFFFF).to_bytes(3, "little") + (max(height - 1, 0) & 0xFFFFFF).to_bytes(
            3, "little"
        )
        extended = b"VP8X" + struct.pack("<I", 10) + b"\x00\x00\x00\x00" + canvas + data[12:]
        whole = b"RIFF" + struct.pack("<I", len(extended) + 4) + b"WEBP" + extended
        yield BadFile("absurd sizes", f"WebP canvas {width} x {height}", whole)


def _boxes() -> Iterator[BadFile]:
    for name, data in pages_of_every_format().items():
        if name not in ("AVIF", "HEIC", "two-picture HEIC"):
            continue
        for box in (b"ftyp", b"meta", b"iloc", b"iinf", b"iprp", b"ipco", b"ispe", b"ipma", b"pitm", b"hdlr", b"mdat"):
            at = data.find(box)
            if at < 4:
                continue
            for value in (0, 1, 7, 0x7FFFFFFF, 0xFFFFFFFF):
                lying = data[: at - 4] + struct.pack(">I", value) + data[at:]
                yield BadFile("lying headers", f"{name}, box {box.decode()} of {value} bytes", lying)
            if box == b"ispe":
                for width, height in ((0, 0), (1, 0xFFFFFFFF), (0xFFFFFFFF, 0xFFFFFFFF), (30_000, 30_000)):
                    lying = data[: at + 8] + struct.pack(">II", width, height) + data[at + 16 :]
                    yield BadFile("absurd sizes", f"{name}, {width} x {height}", lying)


def _pdfs() -> Iterator[BadFile]:
    for size in (
        "0 0 0 0",
        "0 0 -9 -9",
        "0 0 1e9 1e9",
        "0 0 9" + "9" * 400 + " 1",
        "a b c d",
        "0 0",
        "nan nan inf inf",
        "[[[[",
        "0 0 1e-30 1e-30",
        "0 0 14400 14400",
    ):
        yield BadFile("absurd sizes", f"PDF page of {size[:30]}", pdf("0 0 1 rg 0 0 9 9 re f", size=size))
    sound = pdf("0 0 1 rg 0 0 9 9 re f", "1 0 0 rg 0 0 9 9 re f")
    for name, old, new in (
        ("no pages", b"/Count 2", b"/Count 0"),
        ("too many pages", b"/Count 2", b"/Count 999999999"),
        ("fewer than none", b"/Count 2", b"/Count -2"),
        ("kids in a ring", b"/Kids [3 0 R 5 0 R]", b"/Kids [2 0 R 2 0 R]"),
        ("kids that are not there", b"/Kids [3 0 R 5 0 R]", b"/Kids [99 0 R 98 0 R]"),
        ("kids that are the catalogue", b"/Kids [3 0 R 5 0 R]", b"/Kids [1 0 R 1 0 R]"),
        ("no root", b"/Root 1 0 R", b"/Root 9 0 R"),
        ("root is a page", b"/Root 1 0 R", b"/Root 3 0 R"),
        ("xref at nowhere", b"startxref\n", b"startxref\n9999"),
        ("xref at a negative", b"startxref\n", b"startxref\n-"),
        ("stream of negative length", b"/Length ", b"/Length -"),
        ("stream of absurd length", b"/Length ", b"/Length 99999999"),
        ("previous xref is itself", b"/Root 1 0 R", b"/Root 1 0 R /Prev 0"),
        ("absurd size", b"/Size 7", b"/Size 2147483647"),
        ("encrypted by nobody", b"/Root 1 0 R", b"/Root 1 0 R /Encrypt 3 0 R"),
        ("unknown filter", b"/Length ", b"/Filter /Nothing /Length "),
        ("raw but said to be JPEG 2000", b"/Length ", b"/Filter /JPXDecode /Length "),
        ("raw but said to be JBIG2", b"/Length ", b"/Filter /JBIG2Decode /Length "),
        ("rotated by 45", b"/Rotate 0", b"/Rotate 45"),
        ("runs a script", b"/Catalog", b"/Catalog /OpenAction << /S /JavaScript /JS (app.alert(1)) >>"),
        ("starts a program", b"/Catalog", b"/Catalog /OpenAction << /S /Launch /F (/bin/sh) >>"),
        ("no header", b"%PDF-1.4", b"%PDX-1.4"),
        ("version 9", b"%PDF-1.4", b"%PDF-9.9"),
    ):  # fmt: skip
        assert old in sound, name
        yield BadFile("lying headers", f"PDF, {name}", sound.replace(old, new))


def _polyglots() -> Iterator[BadFile]:
    whole = pages_of_every_format()
    document, script = whole["PDF"], b"<script>alert(1)</script><?php system($_GET[0]); ?>"
    archive = b"PK\x05\x06" + bytes(18)
    for name in ("JPEG", "PNG", "GIF", "BMP", "TIFF", "WebP", "AVIF", "HEIC"):
        data = whole[name]
        yield BadFile("polyglots", f"{name} and then a PDF", data + document)
        yield BadFile("polyglots", f"{name} and then a ZIP", data + archive)
        yield BadFile("polyglots", f"{name} and then a script", data + script)
        yield BadFile("polyglots", f"PDF behind the head of a {name}", data[:200] + document)
        yield BadFile("polyglots", f"{name} inside a PDF's head", b"%PDF-1.4\n%" + data + document)
    yield BadFile("polyglots", "script and then a PDF", script + document)
    comment = png(np.zeros((4, 4), np.uint8), chunk(b"tEXt", b"Comment\x00" + script))
    yield BadFile("polyglots", "PNG with a script for a comment", comment)
    yield BadFile("polyglots", "GIF that is a script", b"GIF89a=1;" + script + bytes(50))
