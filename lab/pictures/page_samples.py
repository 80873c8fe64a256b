"""Draw the samples of the web page: one page of each kind that people bring.

Run ``python -m lab.pictures.page_samples``; it writes ``src/recto/web/page/static/samples``.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from lab.pages import damage, render_page

Samples = NDArray[np.uint8]
FOLDER = Path("src/recto/web/page/static/samples")
MAX_BYTES = 150_000


def turned(page: Samples, angle_deg: float, paper: int) -> Samples:
    """The page turned clockwise inside its own frame."""
    height, width = page.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), -angle_deg, 1.0)
    fill = (paper,) * 3
    return np.asarray(cv2.warpAffine(page, turn, (width, height), flags=cv2.INTER_CUBIC, borderValue=fill), np.uint8)


def lit(page: Samples, light: NDArray[np.float64], tint: tuple[float, float, float]) -> Samples:
    """Colour of paper and light: samples times a field, and one factor per channel."""
    colour = page if page.ndim == 3 else np.repeat(page[..., None], 3, axis=2)
    return np.clip(colour * light[..., None] * np.array(tint), 0, 255).astype(np.uint8)


def grained(page: Samples, rng: np.random.Generator, sigma: float) -> Samples:
    """The noise of a sensor, a little blurred."""
    grain = cv2.GaussianBlur(rng.normal(0, sigma * 2, page.shape[:2]), (0, 0), 0.8)
    return np.clip(page + (grain if page.ndim == 2 else grain[..., None]), 0, 255).astype(np.uint8)


def gradient(shape: tuple[int, int], across: float, down: float, least: float) -> NDArray[np.float64]:
    """Light that falls off from the upper left."""
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]] / max(shape)
    return np.asarray(np.clip(1.0 - across * x - down * y, least, 1.0))


def scan(rng: np.random.Generator) -> Samples:
    """A letter that lay crooked on the glass: greyish paper, some dust."""
    page = render_page(rng, layout="letter", dpi=120, body_pt=11).grey
    toned = np.asarray(page * (205 / 255) + 30, np.uint8)
    return grained(cv2.GaussianBlur(turned(toned, 2.6, 235), (0, 0), 0.5).astype(np.uint8), rng, 2.0)


def phone_photo(rng: np.random.Generator) -> Samples:
    """A sheet on a table, seen from the side, bent a little, in the light of one lamp."""
    sheet = render_page(rng, layout="two_columns", dpi=130, body_pt=11, colour=True)
    paper = sheet.colour if sheet.colour is not None else np.repeat(sheet.grey[..., None], 3, axis=2)
    height, width = 1480, 1110
    corners = np.array([(165, 120), (930, 175), (1030, 1370), (70, 1310)], np.float32)
    h, w = paper.shape[:2]
    plane = cv2.getPerspectiveTransform(np.array([(0, 0), (w, 0), (w, h), (0, h)], np.float32), corners)
    inverse = np.linalg.inv(plane)
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    bend = 16 * np.sin(np.pi * np.clip((x - 70) / 960, 0, 1)) + 6 * np.sin(2 * np.pi * np.clip((x - 70) / 960, 0, 1))
    u, v, s = (inverse @ np.stack([x.ravel(), (y + bend).ravel(), np.ones(x.size)])).reshape(3, height, width)
    u, v = u / s, v / s
    there = (u >= 0) & (u < w) & (v >= 0) & (v < h)
    drawn = cv2.remap(
        paper, u.astype(np.float32), v.astype(np.float32), cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE
    )
    wood = 96 + 14 * np.sin(y / 37 + 2.2 * np.sin(x / 210)) + 5 * np.sin(y / 5.3 + x / 90)
    table = wood[..., None] * np.array([1.0, 0.76, 0.52])
    shade = cv2.GaussianBlur(there.astype(np.float64), (0, 0), 14)
    scene = np.where(there[..., None], drawn * np.array([0.94, 0.90, 0.82]), table * (1 - 0.45 * shade[..., None]))
    light = gradient((height, width), 0.30, 0.42, 0.35) * (1 - 0.10 * np.cos(bend / 7))
    photo = cv2.GaussianBlur(np.clip(scene * light[..., None] * 1.06, 0, 255).astype(np.uint8), (0, 0), 0.7)
    return grained(np.asarray(photo, np.uint8), rng, 2.5)


def old_book(rng: np.random.Generator) -> Samples:
    """A browned page: the other side shows through, stains, dark towards the spine."""
    front = render_page(rng, layout="book", dpi=110, size_mm=(148, 210), body_pt=10.5).grey
    back = render_page(rng, layout="book", dpi=110, size_mm=(148, 210), body_pt=10.5).grey[:, ::-1]
    through = 255 - 0.16 * (255.0 - cv2.GaussianBlur(back, (0, 0), 2.0))
    page = np.minimum(62 + cv2.GaussianBlur(front, (0, 0), 0.7) * (193 / 255), through)
    stains = cv2.resize(rng.normal(0, 1, (7, 5)), page.shape[::-1], interpolation=cv2.INTER_CUBIC)
    spine = 1 - 0.45 * np.exp(-np.arange(page.shape[1]) / 60)[None, :]
    light = (1 - 0.06 * np.clip(stains, -1, 2)) * spine
    browned = lit(page.astype(np.uint8), light, (0.93, 0.84, 0.66))
    return grained(turned(browned, -1.4, 120), rng, 2.5)


def fax(rng: np.random.Generator) -> Samples:
    """A fax: two tones, coarse, crooked, with specks."""
    page = render_page(rng, layout="invoice", dpi=204, body_pt=11).grey
    return damage(turned(page, 1.3, 255), rng, "fax", 204)


def receipt(rng: np.random.Generator) -> Samples:
    """A long pale slip from a thermal printer, crooked on a dark counter."""
    slip = render_page(rng, layout="table", dpi=140, size_mm=(80, 190), body_pt=7.5).grey
    faded = np.asarray(118 + slip * (128 / 255), np.uint8)
    canvas = np.full((slip.shape[0] + 160, slip.shape[1] + 180), 62, np.uint8)
    canvas[80 : 80 + slip.shape[0], 90 : 90 + slip.shape[1]] = faded
    canvas = turned(canvas, -3.4, 62)
    return grained(lit(canvas, gradient(canvas.shape[:2], 0.2, 0.25, 0.5), (0.97, 0.98, 1.0)), rng, 3.0)


def encoded(name: str, page: Samples) -> bytes:
    """JPEG as good as fits into the limit; PNG for two-toned pages."""
    out = page if page.ndim == 2 else page[..., ::-1]
    if name.endswith(".png"):
        options = [[cv2.IMWRITE_PNG_BILEVEL, 1, cv2.IMWRITE_PNG_COMPRESSION, 9]]
    else:
        options = [[cv2.IMWRITE_JPEG_QUALITY, quality] for quality in (88, 82, 75, 68, 60, 50, 40)]
    for option in options:
        content = cv2.imencode(Path(name).suffix, out, option)[1].tobytes()
        if len(content) <= MAX_BYTES:
            return content
    raise ValueError(f"{name} does not fit into {MAX_BYTES} bytes")


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    makers = {"scan.jpg": scan, "photo.jpg": phone_photo, "book.jpg": old_book, "fax.png": fax, "receipt.jpg": receipt}
    for number, (name, make) in enumerate(makers.items()):
        page = make(np.random.default_rng((9, number)))
        content = encoded(name, page)
        (FOLDER / name).write_bytes(content)
        print(name, page.shape, len(content))


if __name__ == "__main__":
    main()
