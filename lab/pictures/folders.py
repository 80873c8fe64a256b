"""Draw ``docs/pictures/folders.png``: the same pages as they went in and as two programs gave them back.

Run ``python -m lab.pictures.folders`` after ``python -m lab.benchmarks.folders``, which leaves a row of pages of each
run in ``bench-results``; name its file without the number, such as ``folders-A6-200-100``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from lab.benchmarks.folders.__main__ import OUT

TARGET = Path("docs/pictures/folders.png")
ROWS = {0: "as they went in", 1: "recto run -r deskew,whiten", 4: "OCRmyPDF --deskew --clean-final"}
MAX_BYTES = 300_000
TITLE_PX = 26


def main(name: str) -> None:
    rows = []
    for number, title in ROWS.items():
        row = Image.open(OUT / f"{name}-{number}.png").convert("L")
        head = Image.new("L", (row.width, TITLE_PX), 255)
        ImageDraw.Draw(head).text((6, 4), title, fill=0, font=ImageFont.load_default(16))
        rows += [np.asarray(head), np.asarray(row)]
    sheet = Image.fromarray(np.vstack(rows))
    for scale in (1.0, 0.8, 0.7, 0.6):
        small = sheet.resize((round(sheet.width * scale), round(sheet.height * scale)), Image.Resampling.LANCZOS)
        small.quantize(16, dither=Image.Dither.NONE).save(TARGET, optimize=True)
        if TARGET.stat().st_size < MAX_BYTES:
            print(TARGET, small.size, TARGET.stat().st_size)
            return
    raise ValueError(f"{TARGET} does not fit into {MAX_BYTES} bytes")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "folders-A6-200-100")
