"""Pages of text that are turned by a known angle, exactly, and then damaged as scans, photos and faxes are.

A page is drawn straight at ``OVER`` times its size, turned once about its centre by the known angle and shrunk by
area, so that the only error of the turn is that of one cubic interpolation at two or three times the resolution.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Samples = NDArray[np.uint8]

LAYOUTS = ("column", "two columns", "newspaper", "letter", "table", "form", "contents", "invoice", "picture", "verse")
DAMAGES = ("clean", "scan", "photo", "border", "fax", "low contrast", "bleed-through", "noise", "inverse")
SCRIPTS = (
    "latin", "latin", "latin", "latin", "cyrillic", "greek", "arabic", "hebrew", "devanagari", "chinese", "vertical",
)  # fmt: skip

_FONTS = Path("/usr/share/fonts")
_FACES = {
    "latin": (
        "truetype/liberation/LiberationSerif-Regular.ttf",
        "truetype/liberation/LiberationSans-Regular.ttf",
        "truetype/liberation/LiberationSerif-Italic.ttf",
        "truetype/liberation/LiberationMono-Regular.ttf",
        "truetype/dejavu/DejaVuSans.ttf",
    ),
    "cyrillic": ("truetype/liberation/LiberationSerif-Regular.ttf", "truetype/dejavu/DejaVuSans.ttf"),
    "greek": ("truetype/liberation/LiberationSerif-Regular.ttf", "truetype/dejavu/DejaVuSans.ttf"),
    "arabic": ("truetype/noto/NotoNaskhArabic-Regular.ttf",),
    "hebrew": ("truetype/noto/NotoSansHebrew-Regular.ttf",),
    "devanagari": ("truetype/noto/NotoSansDevanagari-Regular.ttf",),
    "chinese": ("opentype/noto/NotoSerifCJK-Regular.ttc",),
    "vertical": ("opentype/noto/NotoSerifCJK-Regular.ttc",),
}
_LETTERS = {
    "latin": "eeeeeeettttaaaaooooiiinnnssshhhrrrdddlllcccuuummwwffggyyppbbvkjxqz",
    "cyrillic": "ооооеееааииннттссррввллккммддппууяыьгзбчйхжшюцщэф",
    "greek": "ααααοοοιιιεεεττσσννηηυυρρππκκλλμμωωγδθφχβξζψ",
    "arabic": "ااااللليييمممنننوووتتررببسعهدكفقحجشصطخ",
    "hebrew": "וווייייהההללאאאתתמרבשנדחקפעצכגזטס",
    "devanagari": "कखगघचछजटडणतथदधनपफबभमयरलवशसह",
}


@dataclass(frozen=True)
class ExactPage:
    """A page and the angle, in degrees, by which it was turned clockwise."""

    samples: Samples
    angle_deg: float
    layout: str
    script: str
    damage: str
    dpi: int


def exact_page(seed: int, max_angle_deg: float = 15.0, damage: str | None = None, dpi: int | None = None) -> ExactPage:
    """The page of that seed: layout, script, size, angle and damage all follow from it."""
    rng = np.random.default_rng(seed)
    layout = str(rng.choice(LAYOUTS))
    script = str(rng.choice(SCRIPTS))
    chosen = str(rng.choice(DAMAGES)) if damage is None else damage
    at_dpi = int(rng.choice((100, 150, 200, 300))) if dpi is None else dpi
    angle_deg = float(rng.uniform(-max_angle_deg, max_angle_deg))
    over = 2 if at_dpi >= 200 else 3
    straight = draw_straight(rng, layout, script, at_dpi * over)
    expand = bool(rng.random() < 0.5) or max_angle_deg > 20
    turned = turn(straight, angle_deg, over, expand, 0 if chosen == "border" else 255)
    return ExactPage(damaged(turned, chosen, rng, at_dpi), angle_deg, layout, script, chosen, at_dpi)


def turn(straight: Samples, angle_deg: float, over: int, expand: bool, fill: int) -> Samples:
    """Turn clockwise about the centre, then shrink by area ``over`` times."""
    height, width = straight.shape
    cos, sin = np.cos(np.deg2rad(angle_deg)), np.sin(np.deg2rad(angle_deg))
    out_h, out_w = height, width
    if expand:
        out_h, out_w = (int(height * cos + width * abs(sin)), int(width * cos + height * abs(sin)))
    out_h, out_w = out_h // over * over, out_w // over * over
    linear = np.array([[cos, sin], [-sin, cos]])
    offset = np.array([(width - 1) / 2, (height - 1) / 2]) - linear @ np.array([(out_w - 1) / 2, (out_h - 1) / 2])
    matrix = np.column_stack((linear, offset))
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    drawn = cv2.warpAffine(straight, matrix, (out_w, out_h), flags=flags, borderValue=(fill,))
    return np.asarray(cv2.resize(drawn, (out_w // over, out_h // over), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def draw_straight(rng: np.random.Generator, layout: str, script: str, dpi: int) -> Samples:
    """A straight page, A4 or a book page, black on white, at ``dpi``."""
    inches = (8.27, 11.69) if rng.random() < 0.7 else (5.5, 8.5)
    width, height = int(inches[0] * dpi), int(inches[1] * dpi)
    image = Image.new("L", (width, height), 255)
    pen = _Pen(image, rng, script, float(rng.uniform(8, 13)), dpi)
    margin = int(rng.uniform(0.5, 1.0) * dpi)
    box = (margin, margin, width - margin, height - margin)
    _LAYOUT[layout](pen, box)
    return np.asarray(image)


class _Pen:
    """Draws words of one script at one size."""

    def __init__(self, image: Image.Image, rng: np.random.Generator, script: str, points: float, dpi: int) -> None:
        self.draw = ImageDraw.Draw(image)
        self.image, self.rng, self.script, self.dpi = image, rng, script, dpi
        self.em = points * dpi / 72
        self.face = str(_FONTS / str(rng.choice(_FACES[script])))
        self.font = ImageFont.truetype(self.face, self.em)
        self.pitch = self.em * float(rng.uniform(1.15, 1.6))

    def word(self) -> str:
        count = int(self.rng.integers(2, 11))
        if self.script in ("chinese", "vertical"):
            return "".join(chr(int(c)) for c in self.rng.integers(0x4E00, 0x7000, count * 2))
        letters = self.rng.choice(list(_LETTERS[self.script]), count)
        word = "".join(str(c) for c in letters)
        return word.capitalize() if self.rng.random() < 0.12 else word

    def line(self, x: float, y: float, right: float, font: ImageFont.FreeTypeFont | None = None) -> None:
        """Words from ``x`` until ``right``."""
        font = font or self.font
        while True:
            word = self.word() + ("" if self.script == "chinese" else " ")
            length = font.getlength(word)
            if x + length > right:
                return
            self.draw.text((x, y), word, font=font, fill=0)
            x += length

    def paragraphs(self, box: tuple[float, float, float, float], ragged: float = 0.12) -> None:
        left, y, right, bottom = box
        if self.script == "vertical":
            self._columns(box)
            return
        while y + self.pitch < bottom:
            for k in range(int(self.rng.integers(3, 12))):
                if y + self.pitch >= bottom:
                    break
                end = right - (right - left) * float(self.rng.uniform(0, ragged))
                self.line(left + (self.em * 2 if k == 0 else 0), y, end)
                y += self.pitch
            end = left + (right - left) * float(self.rng.uniform(0.2, 0.9))
            if y + self.pitch < bottom:
                self.line(left, y, end)
            y += self.pitch * (1.5 if self.rng.random() < 0.4 else 1.0)

    def _columns(self, box: tuple[float, float, float, float]) -> None:
        """Chinese from top to bottom, right to left."""
        left, top, right, bottom = box
        x = right - self.em
        while x > left:
            y = top
            end = bottom - (bottom - top) * (float(self.rng.uniform(0, 0.8)) if self.rng.random() < 0.25 else 0)
            while y + self.em < end:
                self.draw.text((x, y), chr(int(self.rng.integers(0x4E00, 0x7000))), font=self.font, fill=0)
                y += self.em * 1.05
            x -= self.pitch * 1.2

    def heading(self, x: float, y: float, right: float, scale: float = 1.8) -> float:
        font = ImageFont.truetype(self.face, self.em * scale)
        self.line(x, y, right, font)
        return y + self.em * scale * 1.5


def _column(pen: _Pen, box: tuple[int, int, int, int]) -> None:
    y = pen.heading(box[0], box[1], box[2]) if pen.rng.random() < 0.5 else box[1]
    pen.paragraphs((box[0], y, box[2], box[3]))


def _two_columns(pen: _Pen, box: tuple[int, int, int, int], count: int = 2) -> None:
    y = pen.heading(box[0], box[1], box[2], 2.2)
    gap = pen.em * 1.6
    width = (box[2] - box[0] - gap * (count - 1)) / count
    for k in range(count):
        left = box[0] + k * (width + gap)
        shift = float(pen.rng.uniform(0, pen.pitch))
        pen.paragraphs((left, y + shift, left + width, box[3]), 0.03)


def _newspaper(pen: _Pen, box: tuple[int, int, int, int]) -> None:
    _two_columns(pen, box, int(pen.rng.integers(3, 5)))
    x = (box[0] + box[2]) // 2
    pen.draw.line((x, box[1] + pen.em * 4, x, box[3]), fill=0, width=max(1, pen.dpi // 150))


def _letter(pen: _Pen, box: tuple[int, int, int, int]) -> None:
    left, top, right, bottom = box
    for k in range(4):
        pen.line(left + (right - left) * 0.6, top + k * pen.pitch, right)
    y = top + 7 * pen.pitch
    pen.paragraphs((left, y, right, min(bottom, y + pen.pitch * int(pen.rng.integers(8, 22)))))


def _table(pen: _Pen, box: tuple[int, int, int, int]) -> None:
    left, top, right, bottom = box
    columns = int(pen.rng.integers(3, 7))
    height = pen.pitch * float(pen.rng.uniform(1.1, 1.6))
    rows = int((bottom - top) / height)
    width = max(1, pen.dpi // 150)
    xs = np.linspace(left, right, columns + 1)
    for r in range(rows + 1):
        if pen.rng.random() < 0.8:
            pen.draw.line((left, top + r * height, right, top + r * height), fill=0, width=width)
    for x in xs:
        pen.draw.line((x, top, x, top + rows * height), fill=0, width=width)
    for r in range(rows):
        for c in range(columns):
            if pen.rng.random() < 0.8:
                pen.line(xs[c] + pen.em * 0.3, top + r * height + pen.em * 0.1, xs[c + 1] - pen.em * 0.2)


def _form(pen: _Pen, box: tuple[int, int, int, int]) -> None:
    left, y, right, bottom = box
    while y + pen.pitch * 2.5 < bottom:
        middle = left + (right - left) * float(pen.rng.uniform(0.2, 0.45))
        pen.line(left, y, middle)
        pen.draw.rectangle((middle, y, right, int(y + pen.pitch * 1.4)), outline=0, width=max(1, pen.dpi // 150))
        if pen.rng.random() < 0.5:
            pen.line(middle + pen.em, y + pen.em * 0.2, right - pen.em)
        y = int(y + pen.pitch * float(pen.rng.uniform(1.8, 3.0)))


def _contents(pen: _Pen, box: tuple[int, int, int, int]) -> None:
    y = pen.heading(*box[:3])
    while y + pen.pitch < box[3]:
        middle = box[0] + (box[2] - box[0]) * float(pen.rng.uniform(0.25, 0.8))
        pen.line(box[0], y, middle)
        pen.draw.text((middle, y), "." * int((box[2] - middle) / pen.font.getlength(".") - 4), font=pen.font, fill=0)
        pen.draw.text((box[2] - pen.em * 1.5, y), str(int(pen.rng.integers(1, 300))), font=pen.font, fill=0)
        y += pen.pitch * 1.2


def _invoice(pen: _Pen, box: tuple[int, int, int, int]) -> None:
    left, top, right, bottom = box
    y = pen.heading(left, top, (left + right) / 2, 2.5)
    for k in range(4):
        pen.line(left, y + k * pen.pitch, left + (right - left) * 0.35)
        pen.line(left + (right - left) * 0.65, y + k * pen.pitch, right)
    y += 7 * pen.pitch
    pen.draw.line((left, y, right, y), fill=0, width=max(2, pen.dpi // 80))
    for _ in range(int(pen.rng.integers(4, 14))):
        pen.line(left, y, left + (right - left) * 0.5)
        for x in (0.6, 0.75, 0.9):
            pen.draw.text((left + (right - left) * x, y), f"{pen.rng.uniform(1, 999):.2f}", font=pen.font, fill=0)
        y += pen.pitch * 1.3
    pen.line(left, bottom - pen.pitch, right)


def _picture(pen: _Pen, box: tuple[int, int, int, int]) -> None:
    left, top, right, bottom = box
    size = ((right - left), int((bottom - top) * float(pen.rng.uniform(0.25, 0.5))))
    small = pen.rng.normal(size=(23, 17)).astype(np.float32)
    smooth = cv2.resize(small, size, interpolation=cv2.INTER_CUBIC)
    detail = cv2.resize(pen.rng.normal(size=(230, 170)).astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
    picture = np.clip(120 + 45 * smooth + 20 * detail, 0, 255).astype(np.uint8)
    pen.image.paste(Image.fromarray(picture), (left, top))
    pen.paragraphs((left, top + size[1] + pen.pitch, right, bottom))


def _verse(pen: _Pen, box: tuple[int, int, int, int]) -> None:
    pen.paragraphs(box, 0.6)


_LAYOUT = {
    "column": _column,
    "two columns": _two_columns,
    "newspaper": _newspaper,
    "letter": _letter,
    "table": _table,
    "form": _form,
    "contents": _contents,
    "invoice": _invoice,
    "picture": _picture,
    "verse": _verse,
}


def damaged(page: Samples, damage: str, rng: np.random.Generator, dpi: int) -> Samples:
    """The grey page after one of ``DAMAGES``."""
    grey = page.astype(np.float32)
    height, width = page.shape
    fine = dpi / 150
    if damage == "scan":
        grey = cv2.GaussianBlur(grey, (0, 0), 0.5 * fine + 0.3) * 0.85 + 25 + _field(rng, page.shape, 8)
        grey += rng.normal(0, 5, page.shape)
    elif damage == "photo":
        light = 0.65 + 0.2 * _field(rng, page.shape, 1) + 0.35 * np.linspace(-1, 1, width)[None, :]
        grey = cv2.GaussianBlur(grey, (0, 0), 0.7 * fine + 0.3) * np.clip(light, 0.2, 1.2)
        grey += rng.normal(0, 7, page.shape)
        grey = _jpeg(grey, 60)
    elif damage == "border":
        band = int(rng.uniform(0.02, 0.06) * width)
        grey[:, : band if rng.random() < 0.7 else 0] = 10
        grey[height - int(rng.uniform(0, 0.04) * height) - 1 :] = 10
        grey += rng.normal(0, 4, page.shape)
    elif damage == "fax":
        level = 128 + 25 * rng.standard_normal()
        grey = np.where(cv2.GaussianBlur(grey, (0, 0), 0.4) + rng.normal(0, 18, page.shape) > level, 255.0, 0.0)
    elif damage == "low contrast":
        grey = 135 + (grey - 128) * 0.12 + rng.normal(0, 2.5, page.shape)
    elif damage == "bleed-through":
        behind = turn(page[:, ::-1].copy(), float(rng.uniform(-1.5, 1.5)), 1, False, 255)
        grey = np.minimum(grey, 255 - 0.35 * (255 - cv2.GaussianBlur(behind.astype(np.float32), (0, 0), fine)))
        grey += rng.normal(0, 4, page.shape)
    elif damage == "noise":
        grey = grey * 0.8 + 20 + rng.normal(0, 40, page.shape)
        salt = rng.random(page.shape)
        grey[salt < 0.03], grey[salt > 0.97] = 0, 255
    elif damage == "inverse":
        grey = 235 - grey * 0.85 + rng.normal(0, 3, page.shape)
    return np.clip(np.rint(grey), 0, 255).astype(np.uint8)


def _field(rng: np.random.Generator, shape: tuple[int, int], scale: float) -> NDArray[np.float32]:
    """A smooth random field of standard deviation ``scale``."""
    small = rng.normal(0, scale, (5, 4)).astype(np.float32)
    return np.asarray(cv2.resize(small, shape[::-1], interpolation=cv2.INTER_CUBIC), dtype=np.float32)


def _jpeg(grey: NDArray[np.float32], quality: int) -> NDArray[np.float32]:
    done, coded = cv2.imencode(".jpg", np.clip(grey, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE), dtype=np.float32)
