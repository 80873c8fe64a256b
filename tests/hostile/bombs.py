"""Small files that would unfold to a great deal, or keep a reader busy for ever."""

from __future__ import annotations

import functools
import io
import struct
import zlib
from collections.abc import Iterator

import numpy as np
from PIL import Image

from tests.codec.files import chunk, corners, pdf, png, saved, tiff
from tests.hostile.case import BadFile


def bombs() -> Iterator[BadFile]:
    """All formats."""
    for name, data in (*_pngs(), *_tiffs(), *_gifs(), *_others(), *_pdfs()):
        yield BadFile("bombs", name, data)


def _pngs() -> Iterator[tuple[str, bytes]]:
    def blank(width: int, height: int, *extra: bytes) -> bytes:
        pixels = zlib.compress(bytes((1 + -(-width // 8)) * height), 9)
        head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
        return b"\x89PNG\r\n\x1a\n" + head + b"".join(extra) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")

    yield "PNG of 30,000 x 30,000 in few bytes", blank(30_000, 30_000)
    yield "PNG one pixel high and 100 million wide", blank(100_000_000, 1)
    big = zlib.compress(bytes(20_000_000), 9)
    yield "PNG with 300 texts of 20 MB", png(corners(), *[chunk(b"zTXt", b"a\x00\x00" + big)] * 300)
    yield "PNG with a profile of 20 MB", png(corners(), chunk(b"iCCP", b"a\x00\x00" + big))
    yield "PNG with 200,000 empty chunks", png(corners(), *[chunk(b"abCd", b"")] * 200_000)
    yield "PNG whose pixels go on for 20 MB", png(corners()).replace(b"IEND", b"IENd") + chunk(b"IDAT", big)
    frame = struct.pack(">IIIIIHHBB", 0, 64, 48, 0, 0, 1, 1, 0, 0)
    many = [chunk(b"acTL", struct.pack(">II", 100_000, 0)), *[chunk(b"fcTL", frame)] * 10_000]
    yield "APNG of 100,000 frames", png(corners(), *many)


def raw_tiff(directories: list[list[tuple[int, int, int, int]]], body: bytes = b"", *, ring: bool = False) -> bytes:
    """A TIFF of directories as given: tag, kind, count and value or place; the body stands at 8."""
    at = 8 + len(body)
    out = [b"II\x2a\x00" + struct.pack("<I", at), body]
    for number, entries in enumerate(directories, 1):
        at += 2 + 12 * len(entries) + 4
        last = number == len(directories)
        out.append(struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in entries))
        out.append(struct.pack("<I", (8 + len(body) if ring else 0) if last else at))
    return b"".join(out)


def _tiffs() -> Iterator[tuple[str, bytes]]:
    page = [(256, 4, 1, 64), (257, 4, 1, 48), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (277, 3, 1, 1)]
    place = [(273, 4, 1, 8), (278, 4, 1, 48), (279, 4, 1, 64 * 48)]
    body = bytes(64 * 48)
    yield "TIFF of a billion strips", raw_tiff([[*page, (273, 4, 10**9, 8), (279, 4, 10**9, 8)]], body)
    yield (
        "TIFF of a billion strips in 4 bytes each, all there",
        raw_tiff([[*page, (273, 1, 9_000_000, 8), (278, 4, 1, 48), (279, 1, 9_000_000, 8)]], bytes(9_000_000)),
    )
    wide = bytes(4_000_000)
    every = [(tag, 1, 3_900_000, 8) for tag in range(256, 340)]
    yield "TIFF whose every tag is the whole file", raw_tiff([every], wide)
    unknown = [(tag, 7, 3_900_000, 8) for tag in range(40_000, 40_900)]
    yield "TIFF with 900 unknown tags that are the whole file", raw_tiff([[*page, *place, *unknown]], wide)
    yield "TIFF with 60,000 tags", raw_tiff([[*page, *place, *[(50_000, 3, 1, 1)] * 60_000]], body)
    yield "TIFF of 5,000 frames", raw_tiff([[*page, *place]] * 5000, body)
    yield "TIFF in a ring", raw_tiff([[*page, *place]] * 3, body, ring=True)
    shifted = b"II\x2a\x00\x08\x00\x00\x00" + struct.pack("<H", 0) * 4 + bytes(400)
    yield "TIFF of nothing but directories", shifted
    large = [(256, 4, 1, 60_000), (257, 4, 1, 60_000), *page[2:], *place]
    yield "TIFF of 60,000 x 60,000", raw_tiff([large], body)
    yield "TIFF whose 1,000,000 strips are all the whole file", tiff_of_strips(1_000_000)
    fax = Image.new("1", (4000, 4000), 1)
    frames = saved(fax, "TIFF", compression="group4", save_all=True, append_images=[fax] * 60)
    yield "TIFF of 61 frames of 16 megapixels in few bytes", frames
    lzw = bytearray(saved(Image.new("L", (3000, 3000)), "TIFF", compression="tiff_lzw"))
    yield (
        "TIFF, LZW of 9 megapixels in few bytes, claimed to be 16 bits",
        bytes(lzw).replace(struct.pack("<HHIH", 258, 3, 1, 8), struct.pack("<HHIH", 258, 3, 1, 16)),
    )


def tiff_of_strips(count: int) -> bytes:
    """One float page of many strips that lie all in one place."""
    lists = 8
    body = np.full(count, lists, "<u4").tobytes() + np.full(count, 4 * count, "<u4").tobytes()
    page = [(256, 4, 1, 4), (257, 4, 1, count), (258, 3, 1, 16), (259, 3, 1, 1), (262, 3, 1, 0), (277, 3, 1, 1)]
    strips = [(273, 4, count, lists), (278, 4, 1, 1), (279, 4, count, lists + 4 * count)]
    return raw_tiff([[*page, *strips]], body)


def _gifs() -> Iterator[tuple[str, bytes]]:
    one = saved(Image.new("L", (1, 1)), "GIF")
    start = one.index(b",", 13 + 3 * 2 ** ((one[10] & 7) + 1))
    frame = one[start:-1]
    yield "GIF of 20,000 frames", one[:start] + frame * 20_000 + b";"
    large = bytearray(one[:start] + frame * 40 + b";")
    large[6:10] = struct.pack("<HH", 4400, 4400)
    yield "GIF of 40 frames of 19 megapixels in 1 kB", bytes(large)
    large[6:10] = struct.pack("<HH", 65_535, 65_535)
    yield "GIF of 4,295 megapixels", bytes(large)
    yield "GIF of a million empty blocks", one[:start] + b"!\xf9\x00" * 1_000_000 + one[start:]
    yield (
        "GIF with a comment of a million pieces",
        one[:start] + b"!\xfe" + b"\x01a" * 1_000_000 + b"\x00" + one[start:],
    )


def _others() -> Iterator[tuple[str, bytes]]:
    jpeg = saved(corners(), "JPEG", progressive=True)
    scan = jpeg.rindex(b"\xff\xda")
    yield "JPEG of 5,000 scans", jpeg[:-2] + jpeg[scan:-2] * 5000 + b"\xff\xd9"
    large = bytearray(saved(Image.new("L", (4400, 4400)), "JPEG", progressive=True))
    last = bytes(large).rindex(b"\xff\xda")
    yield "JPEG of 19 megapixels and 400 scans", bytes(large[:-2]) + bytes(large[last:-2])[:40] * 400 + b"\xff\xd9"
    yield (
        "JPEG of 100,000 fill bytes before each of 50 comments",
        (jpeg[:2] + (b"\xff" * 100_000 + b"\xfe\x00\x02") * 50 + jpeg[2:]),
    )
    exif = b"Exif\x00\x00II*\x00\x08\x00\x00\x00" + struct.pack("<H", 5000)
    exif += b"".join(struct.pack("<HHII", tag, 7, 60_000, 8) for tag in range(5000))
    segment = b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif
    yield "JPEG whose EXIF is 5,000 times itself", jpeg[:2] + segment + jpeg[2:]
    dots = Image.new("RGB", (4000, 4000))
    file = io.BytesIO()
    dots.save(file, "WEBP", save_all=True, append_images=[Image.new("RGB", (4000, 4000), (k, 0, 0)) for k in (9, 99)])
    yield "WebP of three frames of 16 megapixels", file.getvalue()
    yield "BMP of runs, 20 megapixels in few bytes", _bmp_of_runs(4400, 4400)
    yield "AVIF of 16 megapixels in few bytes", saved(Image.new("L", (4000, 4000)), "AVIF", speed=10)


def _bmp_of_runs(width: int, height: int) -> bytes:
    rows = (b"\xff\x00" * (width // 255) + bytes((width % 255, 0)) + b"\x00\x00") * height + b"\x00\x01"
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 1, len(rows), 0, 0, 256, 0)
    start = 14 + 40 + 1024
    return b"BM" + struct.pack("<IHHI", start + len(rows), 0, 0, start) + head + bytes(1024) + rows


def _pdfs() -> Iterator[tuple[str, bytes]]:
    yield "PDF of 2,000 pages", pdf(*["0 0 9 9 re f"] * 2000)
    yield "PDF page of 400,000 strokes", pdf("0 0 m 99 99 l S " * 400_000)
    yield "PDF page of 100,000 saved states", pdf("q " * 100_000 + "0 0 9 9 re f")
    yield "PDF page of deep brackets", pdf("[" * 200_000)
    yield "PDF page with a name of 1 MB", pdf("/" + "a" * 1_000_000 + " gs")
    yield "PDF dictionary nested 100,000 deep", pdf("f", extra="/Info " + "<< /A " * 100_000)
    yield "PDF array nested 100,000 deep", pdf("f", extra="/ID " + "[" * 100_000)
    yield "PDF forms that draw each other, 10 to the 9th times", _nested_forms(9)
    yield "PDF form that draws itself", _nested_forms(1, itself=True)
    yield "PDF picture of 100,000 x 100,000", _with_picture("/Width 100000 /Height 100000", b"\x00" * 10)
    packed = bytes(50_000_000)
    for _ in range(4):
        packed = zlib.compress(packed, 9)
    flate = " ".join(["/FlateDecode"] * 4)
    yield "PDF page of 50 MB packed four times", _with_stream(f"/Filter [{flate}]", packed)
    yield "PDF stream with 1,000 filters", _with_stream("/Filter [" + "/FlateDecode " * 1000 + "]", packed)
    yield (
        "PDF picture of 16 megapixels in few bytes",
        _with_picture("/Width 4000 /Height 4000 /Filter /FlateDecode", zlib.compress(bytes(16_000_000), 9)),
    )
    yield "PDF in a PDF", pdf("f", extra="/Info << /File (" + pdf("f").decode("latin-1").replace("(", "") + ") >>")


def _numbered(objects: list[bytes]) -> bytes:
    out, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    xref = b"xref\n0 %d\n0000000000 65535 f \n%b" % (len(objects) + 1, table)
    return out + xref + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(out))


def _stream(head: str, data: bytes) -> bytes:
    return f"<< {head} /Length {len(data)} >>\nstream\n".encode() + data + b"\nendstream"


def _page_of(resources: str, content: bytes, *more: bytes, filters: str = "") -> bytes:
    return _numbered(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            f"<< /Parent 2 0 R /MediaBox [0 0 144 72] /Contents 4 0 R /Resources << {resources} >> >>".encode(),
            _stream(filters, content),
            *more,
        ]
    )


def _with_stream(filters: str, data: bytes) -> bytes:
    return _page_of("", data, filters=filters)


def _with_picture(head: str, data: bytes) -> bytes:
    picture = _stream(f"/Type /XObject /Subtype /Image /ColorSpace /DeviceGray /BitsPerComponent 8 {head}", data)
    return _page_of("/XObject << /P 5 0 R >>", b"144 0 0 72 0 0 cm /P Do", picture)


def _nested_forms(depth: int, *, itself: bool = False) -> bytes:
    forms = []
    for level in range(depth):
        number = 5 + level
        inner = number if itself else number + 1
        head = f"/Type /XObject /Subtype /Form /BBox [0 0 144 72] /Resources << /XObject << /F {inner} 0 R >> >>"
        content = b"/F Do " * 10 if itself or level + 1 < depth else b"0 0 9 9 re f"
        forms.append(_stream(head, content))
    return _page_of("/XObject << /F 5 0 R >>", b"/F Do " * 10, *forms)


@functools.cache
def _by_name() -> dict[str, bytes]:
    return {bomb.name: bomb.data for bomb in bombs()}


def one_file_of(name: str) -> bytes:
    """A bomb by its name."""
    return _by_name()[name]


__all__ = ["bombs", "one_file_of", "raw_tiff", "tiff", "tiff_of_strips"]
