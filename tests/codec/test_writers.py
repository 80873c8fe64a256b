"""Several pages to one TIFF or PDF: nothing lost, sizes on paper kept, one page in memory at a time."""

from __future__ import annotations

import io
import tracemalloc
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
from PIL import Image
from pypdfium2 import raw as pdfium

from recto.codec import PdfWriter, TiffWriter, decode, tiff_writer
from recto.errors import LimitError
from recto.raster import Dpi, Kind, Page
from tests.codec.files import corners, print_mask, ramp
from tests.pages import photograph, text_page

PAGES = (
    Page(np.where(print_mask(), 0, 255).astype(np.uint8), Kind.BINARY, Dpi(204, 98)),
    Page(text_page(400, 300), Kind.GREY, Dpi(150, 150)),
    Page(photograph(200, 300), Kind.COLOUR, Dpi(600.5, 600.5)),
    Page(ramp(), Kind.GREY),
    Page.of(corners()),
    Page(np.full((1, 1), 0, np.uint8), Kind.BINARY),
    Page(np.full((1, 5000), 255, np.uint8), Kind.BINARY),
    Page(np.full((5000, 1), 0, np.uint8), Kind.BINARY),
    Page(np.full((3, 5), 77, np.uint8), Kind.GREY),
)


def written(writer: type[TiffWriter] | type[PdfWriter], pages: tuple[Page, ...]) -> bytes:
    file = io.BytesIO()
    with writer(file) as out:
        for page in pages:
            out.add(page)
    return file.getvalue()


def test_a_tiff_gives_every_page_back_as_it_was() -> None:
    back = list(decode(written(TiffWriter, PAGES)))
    assert len(back) == len(PAGES)
    for before, after in zip(PAGES, back, strict=True):
        assert after.kind is before.kind
        assert np.array_equal(after.samples, before.samples)
        assert (after.dpi is None) == (before.dpi is None)
        if before.dpi is not None:
            assert after.dpi == pytest.approx(before.dpi, abs=0.01)


def test_a_tiff_holds_group_4_with_white_as_zero_and_deflate() -> None:
    with Image.open(io.BytesIO(written(TiffWriter, PAGES[:3]))) as image:
        found = []
        for k in range(3):
            image.seek(k)
            found.append((image.tag_v2[259], image.tag_v2[262]))  # type: ignore[attr-defined]
    assert found == [(4, 0), (8, 1), (8, 2)]


def test_many_frames_beyond_sixteen_bits_of_offsets() -> None:
    pages = tuple(Page(photograph(60, 90, seed=k)[..., 0].copy(), Kind.GREY) for k in range(24))
    data = written(TiffWriter, pages)
    assert len(data) > 2**16
    assert all(np.array_equal(a.samples, b.samples) for a, b in zip(decode(data), pages, strict=True))


def test_a_tiff_that_outgrows_its_offsets_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiff_writer, "MAX_TIFF_BYTES", 5000)
    with pytest.raises(LimitError, match="Write PNG"):
        written(TiffWriter, PAGES[:3])


def test_a_pdf_holds_every_picture_exactly() -> None:
    document = pypdfium2.PdfDocument(written(PdfWriter, PAGES))
    try:
        assert len(document) == len(PAGES)
        for k, before in enumerate(PAGES):
            page = document[k]
            (picture,) = page.get_objects(filter=(pdfium.FPDF_PAGEOBJ_IMAGE,))
            samples = picture.get_bitmap().to_numpy()
            if before.kind is Kind.COLOUR:
                samples = samples[..., :3][..., ::-1]
            assert np.array_equal(samples.reshape(before.samples.shape), before.samples), k
            assert picture.get_filters() == ["CCITTFaxDecode" if before.kind is Kind.BINARY else "FlateDecode"]
            dpi = before.dpi or Dpi(300, 300)
            inches = (before.width_px / dpi.x, before.height_px / dpi.y)
            assert [v / 72 for v in page.get_size()] == pytest.approx(inches, abs=1e-3)
    finally:
        document.close()


def test_a_pdf_drawn_at_its_own_dpi_is_the_page() -> None:
    page = Page(text_page(400, 300), Kind.GREY, Dpi(150, 150))
    (back,) = decode(written(PdfWriter, (page,)), pdf_dpi=150)
    assert np.abs(back.samples.astype(int) - page.samples).max() <= 1


def test_the_dpi_of_a_page_that_does_not_know_it_can_be_chosen() -> None:
    file = io.BytesIO()
    with PdfWriter(file, assumed_dpi=100) as out:
        out.add(Page(np.full((200, 100), 9, np.uint8), Kind.GREY))
    document = pypdfium2.PdfDocument(file.getvalue())
    assert document[0].get_size() == (72, 144)
    document.close()


def test_a_poster_keeps_its_size_by_a_larger_unit() -> None:
    data = written(PdfWriter, (Page(np.full((30, 9000), 255, np.uint8), Kind.BINARY, Dpi(30, 30)),))
    assert b"/UserUnit 1.5" in data
    assert b"[0 0 14400.0000 48.0000]" in data


@pytest.mark.parametrize("writer", [TiffWriter, PdfWriter])
def test_pages_are_not_kept(writer: type[TiffWriter] | type[PdfWriter], tmp_path: Path) -> None:
    page = Page(photograph(300, 400), Kind.COLOUR)
    with open(tmp_path / "many", "w+b") as file, writer(file) as out:
        out.add(page)
        tracemalloc.start()
        for _ in range(20):
            out.add(page)
        kept, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert (tmp_path / "many").stat().st_size > 2_000_000
    assert kept < 100_000
