"""Which PNG encoder, at which level, for the three kinds of page: time and bytes on A4 at 300 dpi.

    python -m lab.benchmarks.codec [--repeats N] [--real N]

The pages are drawn here; with ``RECTO_DATA`` some real ones are added. Prints a Markdown table and writes it,
with the figures as JSON, to ``bench-results/``.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import platform
import statistics
import struct
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import PIL
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from recto.codec import decode, encode_png
from recto.raster import Dpi, Kind, Page, luma

A4_300 = (3508, 2480)
LINE = "the page was set in a small type and printed on both sides of thin paper so that ink shows through"
Encoder = Callable[[Page], bytes]


def text_page() -> NDArray[np.uint8]:
    """A page of smooth grey print, shape of A4 at 300 dpi."""
    height, width = A4_300
    rng = np.random.default_rng(1)
    picture = Image.new("L", (width, height), 255)
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(44)
    for y in range(250, height - 250, 66):
        line = " ".join(rng.choice(LINE.split(), 22))
        while draw.textlength(line, font=font) > width - 500:
            line = line.rsplit(" ", 1)[0]
        draw.text((250, y), line, font=font, fill=20)
    return np.asarray(picture)


def drawn_pages() -> dict[str, Page]:
    """Binary, clean grey, scanned grey (noise and shading) and scanned colour."""
    rng = np.random.default_rng(2)
    text = text_page()
    dpi = Dpi(300, 300)
    soft = cv2.GaussianBlur(text, (0, 0), 1.0).astype(np.float32)
    shade = np.linspace(1.0, 0.86, A4_300[1], dtype=np.float32)[None, :]
    grey = np.clip(soft * shade + rng.normal(0, 3, A4_300), 0, 255).astype(np.uint8)
    paper = np.array([1.0, 0.97, 0.9], dtype=np.float32)
    tinted = (soft * shade)[..., None] * paper + rng.normal(0, 3, (*A4_300, 3))
    return {
        "binary text": Page(np.where(text < 128, 0, 255).astype(np.uint8), Kind.BINARY, dpi),
        "clean grey": Page(text, Kind.GREY, dpi),
        "scanned grey": Page(grey, Kind.GREY, dpi),
        "scanned colour": Page(np.clip(tinted, 0, 255).astype(np.uint8), Kind.COLOUR, dpi),
    }


def real_pages(count: int) -> dict[str, Page]:
    """Up to ``count`` real pages of each kind from RECTO_DATA; none when it is absent."""
    root = Path(os.environ.get("RECTO_DATA", "../shared/data"))
    folders = ("pages/unlv_3b", "pages/old_books", "skew/gallicorpora_17c", "dewarp/inv3d_real")
    found: dict[str, Page] = {}
    for folder in folders:
        files = sorted(p for p in (root / folder).rglob("*") if p.suffix in (".tif", ".tiff", ".png", ".jpg"))
        for path in files[:: max(1, len(files) // max(1, count))][:count]:
            page = next(decode(path.read_bytes()))
            found[f"{folder.split('/')[-1]}/{path.name}"] = page
            if page.kind is Kind.COLOUR and "gallicorpora" in folder:
                found[f"{path.name} as grey"] = Page(luma(page), Kind.GREY, page.dpi)
    return found


def with_pillow(level: int, strategy: int = -1) -> Encoder:
    def encode(page: Page) -> bytes:
        picture = Image.fromarray(page.samples)
        if page.kind is Kind.BINARY:
            packed = np.packbits(page.samples, axis=1)
            picture = Image.frombytes("1", (page.width_px, page.height_px), packed.tobytes())
        buffer = io.BytesIO()
        picture.save(buffer, "PNG", compress_level=level, compress_type=strategy, dpi=(300, 300))
        return buffer.getvalue()

    return encode


def with_opencv(*flags: int) -> Encoder:
    def encode(page: Page) -> bytes:
        samples = page.samples
        if page.kind is Kind.COLOUR:
            samples = cv2.cvtColor(samples, cv2.COLOR_RGB2BGR)
        bilevel = (cv2.IMWRITE_PNG_BILEVEL, 1) if page.kind is Kind.BINARY else ()
        _, coded = cv2.imencode(".png", samples, [*flags, *bilevel])
        return coded.tobytes()

    return encode


def by_hand(level: int, row_filter: int, strategy: int = zlib.Z_DEFAULT_STRATEGY) -> Encoder:
    """Rows with one fixed PNG filter (0 none, 1 sub, 2 up), deflated by Python's zlib."""

    def encode(page: Page) -> bytes:
        rows = np.packbits(page.samples, axis=1) if page.kind is Kind.BINARY else page.samples
        rows = rows.reshape(page.height_px, -1)
        step = 3 if page.kind is Kind.COLOUR else 1
        filtered = np.empty((rows.shape[0], rows.shape[1] + 1), np.uint8)
        filtered[:, 0] = row_filter
        filtered[:, 1:] = rows
        if row_filter == 1:
            filtered[:, 1 + step :] -= rows[:, :-step]
        elif row_filter == 2:
            filtered[1:, 1:] -= rows[:-1]
        packer = zlib.compressobj(level, zlib.DEFLATED, 15, 9, strategy)
        body = packer.compress(filtered.data) + packer.flush()
        bits, colour = {Kind.BINARY: (1, 0), Kind.GREY: (8, 0), Kind.COLOUR: (8, 2)}[page.kind]
        head = struct.pack(">IIBBBBB", page.width_px, page.height_px, bits, colour, 0, 0, 0)
        return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")

    return encode


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(body, zlib.crc32(name)))


def encoders() -> dict[str, Encoder]:
    level, strategy, filters = cv2.IMWRITE_PNG_COMPRESSION, cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_FILTER
    rle, huffman = cv2.IMWRITE_PNG_STRATEGY_RLE, cv2.IMWRITE_PNG_STRATEGY_HUFFMAN_ONLY
    default = cv2.IMWRITE_PNG_STRATEGY_DEFAULT
    sub, up, fast = cv2.IMWRITE_PNG_FILTER_SUB, cv2.IMWRITE_PNG_FILTER_UP, cv2.IMWRITE_PNG_FAST_FILTERS
    return {
        "recto.encode_png": encode_png,
        "Pillow, level 1": with_pillow(1),
        "OpenCV, defaults": with_opencv(),
        "OpenCV, level 1, sub, default": with_opencv(level, 1, strategy, default, filters, sub),
        "OpenCV, level 1, sub, RLE": with_opencv(level, 1, strategy, rle, filters, sub),
        "OpenCV, level 1, up, RLE": with_opencv(level, 1, strategy, rle, filters, up),
        "OpenCV, level 1, up, default": with_opencv(level, 1, strategy, default, filters, up),
        "OpenCV, level 1, sub, Huffman": with_opencv(level, 1, strategy, huffman, filters, sub),
        "by hand, none, level 1": by_hand(1, 0),
        "by hand, none, level 6": by_hand(6, 0),
        "by hand, up, level 1": by_hand(1, 2),
        "by hand, sub, level 1": by_hand(1, 1),
        "by hand, up, RLE": by_hand(1, 2, zlib.Z_RLE),
        "by hand, sub, RLE": by_hand(1, 1, zlib.Z_RLE),
        "Pillow, level 1, RLE": with_pillow(1, 3),
        "Pillow, level 1, Huffman only": with_pillow(1, 2),
        "Pillow, level 3": with_pillow(3),
        "Pillow, level 6": with_pillow(6),
        "OpenCV, level 3, fast filters": with_opencv(level, 3, strategy, default, filters, fast),
    }


def measure(encode: Encoder, page: Page, repeats: int) -> tuple[float, float, int]:
    """Median and interquartile range in milliseconds after one warm-up, and bytes.

    Processor time: the encoders run in one thread, and wall time on a busy machine measures its neighbours.
    """
    coded = encode(page)
    back = next(decode(coded))
    assert np.array_equal(back.samples, page.samples)
    times = []
    for _ in range(repeats):
        started = time.process_time()
        encode(page)
        times.append((time.process_time() - started) * 1000)
    low, _, high = statistics.quantiles(times, n=4)
    return statistics.median(times), high - low, len(coded)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--real", type=int, default=2, help="real pages per folder of RECTO_DATA")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    pages = {**drawn_pages(), **real_pages(options.real)}
    results = []
    for name, encode in encoders().items():
        for title, page in pages.items():
            ms, spread, size = measure(encode, page, options.repeats)
            print(f"{name}: {title}: {ms:.1f} ms, {size} bytes", file=sys.stderr)
            results.append(
                {"encoder": name, "page": title, "kind": page.kind, "ms": ms, "iqr_ms": spread, "bytes": size}
            )
    table = _table(results, [*drawn_pages()])
    versions = {"python": platform.python_version(), "pillow": PIL.__version__, "opencv": cv2.__version__}
    versions |= {"zlib": zlib.ZLIB_RUNTIME_VERSION, "machine": platform.machine(), "cpus": str(os.cpu_count())}
    folder = Path("bench-results")
    folder.mkdir(exist_ok=True)
    (folder / "codec.json").write_text(json.dumps({"versions": versions, "results": results}, indent=1))
    (folder / "codec.md").write_text(table)
    print(table)


def _table(results: list[dict[str, object]], drawn: list[str]) -> str:
    """One row per encoder; ms and KB per drawn page, and the sums over the real pages of each kind."""
    kinds = ("binary", "grey", "colour")
    names = list(dict.fromkeys(str(r["encoder"]) for r in results))
    columns = [*drawn, *(f"real {kind}" for kind in kinds)]
    lines = ["| encoder | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for name in names:
        cells = []
        for column in columns:
            mine = [r for r in results if r["encoder"] == name]
            if column in drawn:
                mine = [r for r in mine if r["page"] == column]
            else:
                mine = [r for r in mine if r["page"] not in drawn and column == f"real {r['kind']}"]
            ms, size = sum(float(str(r["ms"])) for r in mine), sum(int(str(r["bytes"])) for r in mine)
            cells.append(f"{ms:.0f} ms, {size / 1000:.0f} KB" if mine else "—")
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
