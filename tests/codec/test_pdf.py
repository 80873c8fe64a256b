"""PDF pages at the DPI that is asked for."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from recto.codec import Limits, PdfWriter, decode, probe
from recto.errors import LimitError, UnreadableImageError
from recto.raster import Dpi, Kind, Page
from tests.codec.files import corners, pdf, ramp, saved


def test_pages_are_rendered_at_the_dpi() -> None:
    data = pdf("0 g 36 36 36 36 re f")
    assert probe(data).format == "PDF"
    for dpi in (72, 100, 300):
        (page,) = decode(data, pdf_dpi=dpi)
        assert page.shape == (dpi, 2 * dpi)
        assert page.dpi == (dpi, dpi)
        ink = page.samples < 128
        assert ink[: dpi // 2 - 1, dpi // 2 + 1 : dpi - 1].all()
        assert ink.sum() == pytest.approx(dpi * dpi / 4, rel=0.05)
        assert (probe(data, pdf_dpi=dpi).height_px, probe(data, pdf_dpi=dpi).width_px) == page.shape


def test_grey_pages_are_grey_and_coloured_ones_coloured() -> None:
    grey, colour, blank = decode(pdf("0.5 g 0 0 72 72 re f", "1 0 0 rg 0 0 72 72 re f", ""), pdf_dpi=72)
    assert [page.kind for page in (grey, colour, blank)] == [Kind.GREY, Kind.COLOUR, Kind.GREY]
    assert tuple(colour.samples[36, 36]) == (255, 0, 0)
    assert grey.samples[36, 36] == pytest.approx(128, abs=1)
    assert (blank.samples == 255).all()


def test_turned_pages_stand_upright() -> None:
    (page,) = decode(pdf("0 g 0 36 36 36 re f", rotate=90), pdf_dpi=72)
    assert page.shape == (144, 72)
    assert (page.samples[2:34, 38:70] == 0).all()


def test_scans_in_a_pdf() -> None:
    first, second = Image.fromarray(ramp(400, 300)), Image.fromarray(corners(400, 300))
    data = saved(first, "PDF", resolution=100, save_all=True, append_images=[second])
    grey, colour = decode(data, pdf_dpi=100)
    assert grey.kind is Kind.GREY
    assert colour.kind is Kind.COLOUR
    assert np.abs(colour.samples.astype(int) - corners(400, 300)).mean() < 3


def test_a_page_too_large_at_this_dpi_says_what_to_do() -> None:
    data = pdf("", "", size="0 0 720 720")
    with pytest.raises(LimitError, match="lower pdf_dpi or raise max_megapixels"):
        list(decode(data, Limits(max_megapixels=5)))
    assert len(list(decode(data, Limits(max_megapixels=5), pdf_dpi=200))) == 2


def test_a_picture_inside_counts_too() -> None:
    data = saved(Image.new("1", (2000, 2000), 1), "PDF", resolution=2000)
    with pytest.raises(LimitError, match="picture on page 1"):
        list(decode(data, Limits(max_megapixels=1), pdf_dpi=72))


def test_an_encrypted_pdf_says_that_it_is() -> None:
    code = "00" * 32
    lock = f"/ID [<{code}> <{code}>] /Encrypt << /Filter /Standard /V 1 /R 2 /O <{code}> /U <{code}> /P -4 >>"
    with pytest.raises(UnreadableImageError, match="encrypted"):
        probe(pdf("0 g 0 0 9 9 re f", extra=lock))


def test_garbage_and_half_files() -> None:
    with pytest.raises(UnreadableImageError, match="end mark"):
        probe(b"%PDF-1.7\n" + bytes(500))
    with pytest.raises(UnreadableImageError, match="damaged"):
        probe(b"%PDF-1.7\n" + bytes(500) + b"%%EOF")
    assert probe(b"junk before\n" + pdf("")).frames == 1


def test_several_threads_at_once() -> None:
    """PDFium itself may not be entered twice."""
    data = pdf(*["0 g 10 10 50 50 re f"] * 5)
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(len(list(decode(data))))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [5, 5, 5, 5]


def test_a_long_pdf_is_not_held_twice(tmp_path: Path) -> None:
    """Each page is its own, and what PDFium has read of pages that are done goes."""
    rng = np.random.default_rng(5)
    tones = [int(tone) for tone in rng.integers(0, 256, 160)]
    long = tmp_path / "long.pdf"
    with long.open("wb") as file, PdfWriter(file) as writer:
        for tone in tones:
            grain = rng.integers(0, 256, (300, 400), dtype=np.uint8)
            grain[:100] = tone
            writer.add(Page.of(grain, Dpi(100, 100)))
    data = long.read_bytes()
    assert len(data) > 12e6

    process, held = psutil.Process(), []
    for page, tone in zip(decode(data, pdf_dpi=100), tones, strict=True):
        assert page.samples[50, 200] == tone
        held.append(process.memory_info().rss)
    assert held[-1] - held[40] < len(data) / 4
