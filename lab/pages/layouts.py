"""Layouts: each fills a sheet with one kind of page."""

from __future__ import annotations

from collections.abc import Callable

from PIL import Image

from lab.pages.nontext import NON_TEXT
from lab.pages.sheet import Line, Sheet, union


def _margins(sheet: Sheet) -> tuple[int, int, int, int]:
    """Left, top, right and bottom edges of the type area."""
    side = float(sheet.rng.uniform(0.07, 0.14))
    top = float(sheet.rng.uniform(0.05, 0.1))
    width, height = sheet.width, sheet.height
    return round(width * side), round(height * top), round(width * (1 - side)), round(height * (1 - top))


def _picture(sheet: Sheet, x: int, y: int, width: int, height: int) -> None:
    """A photograph, drawing or chart."""
    if width < 16 or height < 16:
        return
    kind = str(sheet.rng.choice(("photograph", "photograph", "line_art", "chart")))
    small = (max(16, height // 2), max(16, width // 2))
    drawn = Image.fromarray(NON_TEXT[kind](sheet.rng, *small)).resize((width, height), Image.Resampling.BILINEAR)
    if sheet.colour and sheet.rng.random() < 0.7:
        other = Image.fromarray(NON_TEXT["photograph"](sheet.rng, 40, 40)).resize(
            (width, height), Image.Resampling.BICUBIC
        )
        drawn = Image.merge("RGB", (drawn, Image.blend(drawn, other, 0.4), Image.blend(drawn, other, 0.6)))
    sheet.image.paste(drawn.convert(sheet.image.mode), (x, y))


def _heading(sheet: Sheet, x: int, y: int, width: int, scale: float) -> int:
    style = sheet.style(scale, "Bold" if sheet.rng.random() < 0.7 else "Regular", heading=True)
    words = sheet.words_of.title(int(sheet.rng.integers(2, 7)), upper=bool(sheet.rng.random() < 0.3))
    align = "centre" if sheet.rng.random() < 0.5 else "start"
    return sheet.paragraph(x, y, width, words, style, align=align) + round(style.size_px * 0.4)


def _flow(sheet: Sheet, x: int, y: int, width: int, bottom: int, pictures: float = 0.06) -> int:
    """Paragraphs, now and then a heading or a picture, down to ``bottom``."""
    rng = sheet.rng
    style = sheet.style()
    align = "justify" if rng.random() < 0.7 else "start"
    indent = style.size_px * float(rng.uniform(1, 2)) if rng.random() < 0.6 else 0.0
    gap = 0 if indent and rng.random() < 0.7 else round(style.leading_px * rng.uniform(0.3, 1.0))
    while y + style.leading_px * 2 < bottom:
        draw = rng.random()
        if draw < 0.1 and y + style.leading_px * 5 < bottom:
            y = _heading(sheet, x, y + style.leading_px // 2, width, float(rng.uniform(1.0, 1.5)))
            continue
        if draw < 0.1 + pictures:
            tall = min(round(width * rng.uniform(0.3, 0.9)), bottom - y)
            _picture(sheet, x, y, width, tall)
            y += tall + style.leading_px // 2
            continue
        variant = "Italic" if draw > 0.95 else "Regular"
        body = sheet.style(1.0, variant)
        words = sheet.words_of.prose(int(rng.integers(12, 110)))
        y = sheet.paragraph(x, y, width, words, body, bottom=bottom, align=align, indent=indent) + gap
    return y


def _folio(sheet: Sheet, left: int, right: int) -> None:
    """Page number and running head."""
    style = sheet.style(0.85)
    if sheet.rng.random() < 0.6:
        sheet.line(
            left, round(sheet.height * 0.975), right - left, [str(int(sheet.rng.integers(1, 900)))], style, "centre"
        )
    if sheet.rng.random() < 0.4:
        words = sheet.words_of.title(4, upper=bool(sheet.rng.random() < 0.5))
        sheet.line(left, round(sheet.height * 0.035), right - left, words, style, "centre")


def _columns(sheet: Sheet, count: int) -> None:
    rng = sheet.rng
    left, top, right, bottom = _margins(sheet)
    _folio(sheet, left, right)
    y = top
    if rng.random() < 0.6:
        y = _heading(sheet, left, y, right - left, float(rng.uniform(1.5, 2.6)))
        if rng.random() < 0.4:
            sheet.rule(left, y, right, y, float(rng.uniform(0.3, 2)))
            y += sheet.mm(2)
    gutter = sheet.mm(float(rng.uniform(4, 9)))
    width = (right - left - gutter * (count - 1)) // count
    ruled = rng.random() < 0.3
    for k in range(count):
        x = left + k * (width + gutter)
        _flow(sheet, x, y, width, bottom)
        if k and ruled:
            sheet.rule(x - gutter // 2, y, x - gutter // 2, bottom)


def one_column(sheet: Sheet) -> None:
    _columns(sheet, 1)


def two_columns(sheet: Sheet) -> None:
    _columns(sheet, 2)


def three_columns(sheet: Sheet) -> None:
    sheet.body_pt = min(sheet.body_pt, 9.5)
    _columns(sheet, 3)


def book(sheet: Sheet) -> None:
    """A small type area, as of a novel laid on a larger glass."""
    side = round(sheet.width * float(sheet.rng.uniform(0.14, 0.24)))
    top = round(sheet.height * float(sheet.rng.uniform(0.1, 0.2)))
    _folio(sheet, side, sheet.width - side)
    _flow(sheet, side, top, sheet.width - 2 * side, sheet.height - top, pictures=0.01)


def letter(sheet: Sheet) -> None:
    """Sender, address, date, subject, paragraphs, greeting."""
    rng = sheet.rng
    left, top, right, bottom = _margins(sheet)
    style = sheet.style()
    half = (right - left) // 2
    y = top
    for _ in range(int(rng.integers(2, 5))):
        sheet.line(left, y + style.size_px, half, sheet.words_of.title(3) + [sheet.words_of.number()], style)
        y += style.leading_px
    y += style.leading_px
    sheet.line(
        left + half,
        y + style.size_px,
        right - left - half,
        [*sheet.words_of.title(1), sheet.words_of.number()],
        style,
        "end",
    )
    y += style.leading_px * 3
    bold = sheet.style(1.0, "Bold")
    y = sheet.paragraph(left, y, right - left, sheet.words_of.title(6), bold, align="start") + style.leading_px
    for _ in range(int(rng.integers(2, 6))):
        words = sheet.words_of.prose(int(rng.integers(20, 90)))
        y = sheet.paragraph(left, y, right - left, words, style, bottom=bottom, align="start") + style.leading_px
    sheet.line(left, min(y + style.leading_px * 2, bottom), half, sheet.words_of.title(3), style)


def _grid(sheet: Sheet, x: int, y: int, width: int, bottom: int, rows: int) -> int:
    """A table: a column of words and several of numbers; gives its lower edge."""
    rng = sheet.rng
    style, bold = sheet.style(0.95), sheet.style(0.95, "Bold")
    columns = int(rng.integers(3, 7))
    step = round(style.leading_px * rng.uniform(1.05, 1.6))
    weights = rng.uniform(0.6, 1.2, columns)
    weights[0] = 2.2
    edges = x + (width * weights.cumsum() / weights.sum()).round().astype(int)
    starts = [x, *(int(e) for e in edges[:-1])]
    pad = max(2, style.size_px // 3)
    ruled = int(rng.integers(4))
    first = y
    for row in range(rows):
        if y + step > bottom:
            break
        for c, (start, end) in enumerate(zip(starts, edges, strict=True)):
            room = int(end) - start - 2 * pad
            if row == 0:
                cell = sheet.words_of.title(1)
            else:
                cell = sheet.words_of.title(int(rng.integers(1, 4))) if c == 0 else [sheet.words_of.amount()]
            used = bold if row == 0 else style
            while cell and sum(sheet.length(w, used) for w in cell) + sheet.space(used) * len(cell) > room:
                cell = cell[:-1]
            sheet.line(start + pad, y + round(step * 0.7), room, cell, used, "end" if c and row else "start")
        y += step
        if ruled >= 2 or (ruled == 1 and row == 0):
            sheet.rule(x, y, x + width, y)
    if ruled == 3:
        for edge in (*starts, int(edges[-1])):
            sheet.rule(edge, first, edge, y)
        sheet.rule(x, first, x + width, first)
    return y


def table(sheet: Sheet) -> None:
    """A title and one or two tables, with a paragraph between."""
    left, top, right, bottom = _margins(sheet)
    y = _heading(sheet, left, top, right - left, float(sheet.rng.uniform(1.2, 1.9)))
    while y < bottom - sheet.height // 6:
        y = _grid(sheet, left, y, right - left, bottom, int(sheet.rng.integers(6, 40))) + sheet.mm(5)
        words = sheet.words_of.prose(int(sheet.rng.integers(10, 60)))
        y = sheet.paragraph(left, y, right - left, words, sheet.style(), bottom=bottom) + sheet.mm(4)


def invoice(sheet: Sheet) -> None:
    """Letter head, a block of numbers, a table of positions, sums."""
    rng = sheet.rng
    left, top, right, bottom = _margins(sheet)
    style, bold = sheet.style(), sheet.style(1.0, "Bold")
    y = _heading(sheet, left, top, right - left, float(rng.uniform(1.5, 2.8)))
    if rng.random() < 0.5:
        _picture(sheet, right - sheet.mm(30), top, sheet.mm(28), sheet.mm(14))
    third = (right - left) // 3
    for _ in range(int(rng.integers(3, 7))):
        sheet.line(left, y + style.size_px, third * 2, [*sheet.words_of.title(2), sheet.words_of.number()], style)
        sheet.line(
            left + 2 * third,
            y + style.size_px,
            third,
            [*sheet.words_of.title(1), sheet.words_of.number()],
            style,
            "end",
        )
        y += style.leading_px
    y = _grid(sheet, left, y + sheet.mm(8), right - left, bottom - sheet.mm(35), int(rng.integers(4, 26))) + sheet.mm(3)
    for k in range(3):
        used = bold if k == 2 else style
        sheet.line(
            left + 2 * third, y + used.size_px, third, [*sheet.words_of.title(1), sheet.words_of.amount()], used, "end"
        )
        y += used.leading_px
    foot = sheet.style(0.75)
    sheet.paragraph(
        left, bottom - sheet.mm(12), right - left, sheet.words_of.prose(25), foot, align="centre", bottom=bottom
    )


def form(sheet: Sheet) -> None:
    """Labels, empty lines, boxes to tick, some entries."""
    rng = sheet.rng
    left, top, right, bottom = _margins(sheet)
    style, small = sheet.style(0.95), sheet.style(0.75)
    y = _heading(sheet, left, top, right - left, float(rng.uniform(1.2, 2.0)))
    boxed = rng.random() < 0.5
    while y + 3 * style.leading_px < bottom:
        cells = int(rng.integers(1, 4))
        width, tall = (right - left) // cells, round(style.leading_px * rng.uniform(1.6, 2.4))
        for c in range(cells):
            x = left + c * width
            sheet.line(x + 4, y + small.size_px, width - 8, sheet.words_of.title(int(rng.integers(1, 4))), small)
            if rng.random() < 0.6:
                entry = [sheet.words_of.number()] if rng.random() < 0.5 else sheet.words_of.title(2)
                sheet.line(x + 4, y + tall - style.size_px // 3, width - 8, entry, style)
            if boxed:
                sheet.draw.rectangle(
                    (x, y, x + width, y + tall), outline=sheet.style().ink, width=max(1, sheet.dpi // 150)
                )
            else:
                sheet.rule(x + 4, y + tall, x + width - 8, y + tall)
        y += tall
        if rng.random() < 0.2:
            side = style.size_px
            y += side // 2
            sheet.draw.rectangle((left, y, left + side, y + side), outline=style.ink, width=max(1, sheet.dpi // 150))
            words = sheet.words_of.prose(12)[:12]
            sheet.line(left + 2 * side, y + side, right - left - 2 * side, words, style)
            y += round(1.6 * side)


def bullets(sheet: Sheet) -> None:
    """Numbered or bulleted points."""
    rng = sheet.rng
    left, top, right, bottom = _margins(sheet)
    style = sheet.style()
    y = _heading(sheet, left, top, right - left, float(rng.uniform(1.3, 2.2)))
    numbered = rng.random() < 0.5
    inset = round(style.size_px * 2.2)
    n = 1
    while y + 2 * style.leading_px < bottom:
        edge = right - inset if sheet.right_to_left else left
        sheet.line(edge, y + round(style.size_px * 0.9), inset, [f"{n}." if numbered else "-"], style)
        words = sheet.words_of.prose(int(rng.integers(3, 30)))
        start = left if sheet.right_to_left else left + inset
        y = sheet.paragraph(start, y, right - left - inset, words, style, bottom=bottom, align="start")
        y += round(style.leading_px * rng.uniform(0, 0.5))
        n += 1


def contents(sheet: Sheet) -> None:
    """Entries with dot leaders and page numbers."""
    rng = sheet.rng
    left, top, right, bottom = _margins(sheet)
    style = sheet.style()
    y = _heading(sheet, left, top, right - left, float(rng.uniform(1.3, 2.2)))
    dots = "." * 400
    while y + style.leading_px < bottom:
        words = sheet.words_of.title(int(rng.integers(1, 6)))
        number = str(int(rng.integers(1, 600)))
        room = (
            right - left - sum(sheet.length(w, style) + sheet.space(style) for w in words) - sheet.length("0000", style)
        )
        count = int(room / max(sheet.length(dots, style) / 400, 1))
        leader = [dots[:count]] if count > 3 else []
        sheet.line(left, y + style.size_px, right - left, words + leader + [number], style, "justify")
        y += round(style.leading_px * 1.2)


def sparse(sheet: Sheet) -> None:
    """A few lines on an otherwise empty page."""
    rng = sheet.rng
    left, top, right, bottom = _margins(sheet)
    y = int(rng.integers(top, max(top + 1, bottom - sheet.height // 4)))
    for _ in range(int(rng.integers(1, 4))):
        style = sheet.style(float(rng.uniform(0.9, 2.2)), str(rng.choice(("Regular", "Bold", "Italic"))))
        words = sheet.words_of.prose(3)[: int(rng.integers(3, 26))]
        align = str(rng.choice(("centre", "start")))
        y = sheet.paragraph(left, y, right - left, words, style, align=align, bottom=bottom) + style.leading_px


def title(sheet: Sheet) -> None:
    """A title page or a poster: large type, few words."""
    rng = sheet.rng
    left, _, right, bottom = _margins(sheet)
    y = round(sheet.height * float(rng.uniform(0.1, 0.35)))
    for scale in (2.6, 1.6, 1.0, 1.0):
        y = _heading(sheet, left, y, right - left, scale * float(rng.uniform(0.8, 1.3))) + sheet.mm(
            float(rng.uniform(3, 18))
        )
        if y > bottom - sheet.mm(20):
            break
    if rng.random() < 0.4 and y < bottom - sheet.mm(60):
        _picture(sheet, left + (right - left) // 4, y, (right - left) // 2, sheet.mm(45))


def vertical(sheet: Sheet) -> None:
    """Columns of signs read from top to bottom and right to left; other scripts get two columns of text."""
    if sheet.script not in ("chinese", "japanese"):
        two_columns(sheet)
        return
    left, top, right, bottom = _margins(sheet)
    style = sheet.style()
    step = round(style.size_px * 1.04)
    x = right - style.size_px
    signs = "".join(sheet.words_of.prose(2000))
    signs = "".join(s for s in signs if s not in "()ー")
    at = 0
    while x > left and at < len(signs):
        boxes, text = [], ""
        for baseline in range(top + style.size_px, bottom, step):
            sign = signs[at % len(signs)]
            at += 1
            mark = sign in "。、，"
            shift = style.size_px * 0.6 if mark else (style.size_px - sheet.length(sign, style)) / 2
            box = sheet.put(x + shift, baseline - (round(style.size_px * 0.6) if mark else 0), sign, style)
            text += sign
            if box is not None:
                boxes.append(box)
            if mark and sheet.rng.random() < 0.15:
                break
        if boxes:
            sheet.lines.append(Line(text, union(boxes), None))
        x -= style.leading_px


LAYOUTS: dict[str, Callable[[Sheet], None]] = {
    "one_column": one_column,
    "two_columns": two_columns,
    "three_columns": three_columns,
    "book": book,
    "letter": letter,
    "table": table,
    "invoice": invoice,
    "form": form,
    "bullets": bullets,
    "contents": contents,
    "sparse": sparse,
    "title": title,
    "vertical": vertical,
}
