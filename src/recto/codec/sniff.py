"""Which format bytes are in, told by their first bytes and never by a name."""

from __future__ import annotations

from enum import StrEnum

from recto.errors import UnreadableImageError, UnsupportedFormatError


class Format(StrEnum):
    """The formats that can be read."""

    JPEG = "JPEG"
    PNG = "PNG"
    TIFF = "TIFF"
    BMP = "BMP"
    GIF = "GIF"
    WEBP = "WebP"
    AVIF = "AVIF"
    HEIC = "HEIC"
    PDF = "PDF"


_STARTS = (
    (b"\xff\xd8\xff", Format.JPEG),
    (b"\x89PNG\r\n\x1a\n", Format.PNG),
    (b"II\x2a\x00", Format.TIFF),
    (b"MM\x00\x2a", Format.TIFF),
    (b"II\x2b\x00", Format.TIFF),
    (b"MM\x00\x2b", Format.TIFF),
    (b"GIF87a", Format.GIF),
    (b"GIF89a", Format.GIF),
)
_AVIF_BRANDS = (b"avif", b"avis")
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_BMP_HEADER_BYTES = (12, 16, 40, 52, 56, 64, 108, 124)
_PDF_SEARCH_BYTES = 1024

_STRANGERS = (
    (b"\x00\x00\x00\x0cjP  ", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\x00\x00\x00\x0cJXL ", "JPEG XL"),
    (b"8BPS", "Photoshop"),
    (b"AT&TFORM", "DjVu"),
    (b"PK\x03\x04", "a ZIP archive or an office document"),
    (b"\xd0\xcf\x11\xe0", "an old office document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"%!PS", "PostScript"),
    (b"<", "HTML, XML or SVG text"),
    (b"{", "JSON text"),
)


def sniff(data: bytes) -> Format:
    """The format of ``data``.

    Raises
    ------
    UnreadableImageError
        For no bytes at all.
    UnsupportedFormatError
        For bytes that no reader knows; says what they look like.
    """
    if not data:
        raise UnreadableImageError("The file is empty.")
    for start, found in _STARTS:
        if data.startswith(start):
            return found
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return Format.WEBP
    if data[:2] == b"BM" and int.from_bytes(data[14:18], "little") in _BMP_HEADER_BYTES:
        return Format.BMP
    boxed = _box_format(data)
    if boxed is not None:
        return boxed
    if b"%PDF-" in data[:_PDF_SEARCH_BYTES]:
        return Format.PDF
    raise UnsupportedFormatError(f"This is {_looks_like(data)}; what can be read is {', '.join(Format)}.")


def _box_format(data: bytes) -> Format | None:
    """AVIF or HEIC, from the brands of an ISO base media file."""
    if data[4:8] != b"ftyp":
        return None
    end = min(int.from_bytes(data[:4], "big"), len(data), 1024)
    brands = [data[8:12], *(data[k : k + 4] for k in range(16, end - 3, 4))]
    if brands[0] in _AVIF_BRANDS:
        return Format.AVIF
    if brands[0] in _HEIC_BRANDS[:6]:
        return Format.HEIC
    if any(brand in _AVIF_BRANDS for brand in brands):
        return Format.AVIF
    return Format.HEIC if any(brand in _HEIC_BRANDS for brand in brands) else None


def _looks_like(data: bytes) -> str:
    if data[4:8] == b"ftyp":
        return "a video or another ISO media file"
    trimmed = data[:64].lstrip(b"\xef\xbb\xbf \t\r\n")
    for start, name in _STRANGERS:
        if trimmed.startswith(start):
            return name
    return f"no known picture format (it starts with the bytes {data[:8].hex(' ')})"
