from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from recto.filters.binarize import Binarize, BinarizeParams, Ink
from recto.filters.binarize.classical import METHODS
from recto.filters.binarize.levelled import text_size
from recto.filters.binarize.polarity import bright_on_dark
from recto.raster import Dpi, Kind, Page
from tests.pages import photograph, shaded, text_page

Mask = NDArray[np.bool_]
Samples = NDArray[np.uint8]


def worn(page: Samples, *, grain: float = 3.0, seed: int = 0) -> Samples:
    """Grey ink on dull paper with grain."""
    rng = np.random.default_rng(seed)
    return np.clip(page * 0.75 + 30 + rng.normal(0, grain, page.shape), 0, 255).astype(np.uint8)


def ink_of(samples: Samples, **params: object) -> Mask:
    page = Binarize().apply(Page.of(samples), BinarizeParams.model_validate(params)).page
    assert page is not None
    assert page.kind is Kind.BINARY
    return page.samples == 0


def fm(found: Mask, truth: Mask) -> float:
    return 200.0 * np.count_nonzero(found & truth) / (np.count_nonzero(found) + np.count_nonzero(truth))


@pytest.mark.parametrize("text_px", [18, 26, 40])
def test_fast_beats_the_peers_under_shadows(text_px: int) -> None:
    clean = text_page(text_px=text_px, seed=text_px)
    dull = shaded(worn(clean))
    ours = fm(ink_of(dull, method="fast"), clean < 128)
    assert ours > 90
    for peer in ("otsu", "sauvola"):
        assert ours > fm(ink_of(dull, method=peer), clean < 128)


def test_auto_says_what_it_chose() -> None:
    auto = Binarize().apply(Page.of(shaded(worn(text_page()))), BinarizeParams())
    assert "chose" in auto.notes[0]
    assert isinstance(auto.estimates[0], Ink)
    assert 0.05 < auto.estimates[0].ink_share < 0.2
    assert auto.estimates[0].confidence > 0.5


def test_a_drawn_page_keeps_its_strokes_exactly() -> None:
    clean = text_page()
    assert fm(ink_of(clean), clean < 128) > 99


def test_pale_text_on_a_drawn_page_is_ink() -> None:
    clean = text_page()
    pale = np.where(np.arange(clean.shape[0])[:, None] < 500, clean, 255 - (255 - clean.astype(int)) // 4)
    found = ink_of(pale.astype(np.uint8))
    assert fm(found[600:], clean[600:] < 128) > 95


def test_a_two_toned_scan_is_cut_half_way() -> None:
    clean = text_page()
    scan = np.where(clean < 128, 12, 244).astype(np.uint8)
    change = Binarize().apply(Page.of(scan), BinarizeParams())
    assert change.page is not None
    assert "two-toned" in change.notes[0]
    assert np.array_equal(change.page.samples == 0, clean < 128)


def test_a_binary_page_is_left() -> None:
    change = Binarize().apply(Page.of(text_page() < 128), BinarizeParams())
    assert change.page is None
    assert change.notes[0].startswith("left as it is")


@pytest.mark.parametrize("method", ["auto", "fast"])
def test_blank_paper_stays_blank_whatever_its_grain(method: str) -> None:
    rng = np.random.default_rng(3)
    for grain in (0, 2, 6, 12):
        paper = np.clip(rng.normal(215, grain, (700, 500)), 0, 255).astype(np.uint8)
        soft = cv2.GaussianBlur(paper, (0, 0), 1.0)
        assert not ink_of(paper, method=method).any()
        assert not ink_of(np.asarray(soft, dtype=np.uint8), method=method).any()


def test_a_lonely_page_number_is_found_on_grainy_paper() -> None:
    clean = np.full((1500, 1100), 255, dtype=np.uint8)
    clean[1400:1440, 500:620] = text_page(160, 240, text_px=28)[60:100, 60:180]
    found = ink_of(worn(clean, grain=6), method="fast")
    assert fm(found, clean < 128) > 80


def test_large_letters_are_filled() -> None:
    for text_px in (150, 400):
        clean = text_page(1200, 1600, text_px=text_px)
        found = ink_of(shaded(worn(clean), darkest=0.5), method="fast")
        assert fm(found, clean < 128) > 97


def test_full_stops_stay() -> None:
    clean = text_page()
    dots = np.zeros(clean.shape, dtype=bool)
    for x in range(80, 700, 40):
        dots[38:41, x : x + 3] = True
    clean = np.where(dots, 0, clean).astype(np.uint8)
    found = ink_of(shaded(worn(clean)), method="fast")
    count, labels = cv2.connectedComponents(dots.astype(np.uint8))
    hit = {int(v) for v in labels[found & dots]}
    assert len(hit) == count - 1


@pytest.mark.parametrize("text_px", [13, 15, 20])
@pytest.mark.parametrize("specks", ["drop", "keep"])
def test_small_soft_print_keeps_its_letters_and_dots(text_px: int, specks: str) -> None:
    """As a book at 110 dpi: thin letters and dots are the first to go."""
    clean = text_page(text_px=text_px).copy()
    dots = np.zeros(clean.shape, dtype=np.uint8)
    side = max(2, text_px // 7)
    for y in range(20, 980, 80):
        for x in range(60, 740, 40):
            clean[y - text_px : y + 2, x - 2 : x + side + 3] = 255
            clean[y - text_px : y - side - 3, x : x + side] = 0
            dots[y - side : y, x : x + side] = 1
    clean[dots > 0] = 0
    soft = cv2.GaussianBlur(clean, (0, 0), 0.7)
    found = ink_of(shaded(worn(np.asarray(soft, dtype=np.uint8), grain=2)), method="fast", specks=specks)
    count, labels = cv2.connectedComponents(dots)
    hit = {int(v) for v in labels[found & (dots > 0)]}
    assert len(hit) >= 0.98 * (count - 1)


def test_a_black_bed_around_the_page_is_gone() -> None:
    clean = text_page(text_px=26)
    framed = worn(clean)
    framed[:, :30] = framed[:25] = 12
    found = ink_of(framed, method="fast")
    assert found[:, :45].mean() < 0.005
    assert found[:40].mean() < 0.005
    inner = np.s_[45:, 45:]
    assert fm(found[inner], clean[inner] < 128) > 90


def test_specks_are_dropped_or_kept() -> None:
    clean = text_page(text_px=30)
    rng = np.random.default_rng(5)
    specks = np.zeros(clean.shape, dtype=bool)
    specks[rng.integers(0, 50, 40), rng.integers(0, 800, 40)] = True
    dirty = worn(np.where(specks, 0, clean).astype(np.uint8), grain=2)
    assert not ink_of(dirty, method="fast")[:50].any()


def test_a_negative_stays_a_negative() -> None:
    clean = text_page()
    dull = worn(255 - clean)
    assert bright_on_dark(dull)
    assert not bright_on_dark(shaded(worn(clean)))
    assert fm(~ink_of(dull, method="fast"), clean < 128) > 85


def test_white_text_in_a_black_box_can_be_read() -> None:
    clean = text_page(text_px=30)
    boxed = clean.copy()
    boxed[300:500, 100:700] = 255 - boxed[300:500, 100:700]
    found = ink_of(worn(boxed), method="fast")
    inside = np.s_[310:490, 110:690]
    assert fm(~found[inside], boxed[inside] >= 128) > 85


def test_soft_agrees_with_hard_and_orders_the_tones() -> None:
    dull = shaded(worn(text_page()))
    soft = Binarize().apply(Page.of(dull), BinarizeParams(method="fast", soft=True)).page
    assert soft is not None
    assert soft.kind is Kind.GREY
    assert np.array_equal(soft.samples < 128, ink_of(dull, method="fast"))
    assert len(np.unique(soft.samples)) > 20


def test_bleed_through_is_not_ink() -> None:
    clean = text_page(text_px=26, seed=1)
    back = cv2.GaussianBlur(text_page(text_px=26, seed=2)[:, ::-1], (0, 0), 2.0)
    page = clean / 255 * (1 - 0.3 * (1 - back / 255.0)) * 255
    found = ink_of(worn(page.astype(np.uint8)), method="fast")
    assert fm(found, clean < 128) > 85


def test_pale_print_beside_black_print_stays_on_clean_paper() -> None:
    clean = text_page(text_px=26)
    half = clean.shape[0] // 2
    pale = clean.astype(float)
    pale[half:] = 255 - (255 - pale[half:]) * 0.35
    found = ink_of(worn(shaded(pale.astype(np.uint8)), grain=0.8), method="fast")
    assert fm(found[half:], clean[half:] < 128) > 80


def test_pictures_dithered_or_kept() -> None:
    page = np.full((1000, 900), 250, dtype=np.uint8)
    page[:500] = text_page(500, 900)
    picture = cv2.cvtColor(photograph(400, 700), cv2.COLOR_RGB2GRAY)
    page[550:950, 100:800] = cv2.normalize(picture, None, 20, 230, cv2.NORM_MINMAX)
    where = np.s_[600:900, 200:700]
    kept = Binarize().apply(Page.of(page), BinarizeParams(pictures="keep")).page
    assert kept is not None
    assert kept.kind is Kind.GREY
    assert np.array_equal(kept.samples[where], page[where])
    dots = ink_of(page, pictures="dither")
    means = cv2.blur(np.where(dots, 0, 255).astype(np.uint8), (41, 41))[where].astype(int)
    assert np.abs(means - cv2.blur(page, (41, 41))[where]).mean() < 12


@pytest.mark.parametrize("method", ["otsu", *METHODS])
def test_every_named_method_finds_plain_text(method: str) -> None:
    clean = text_page(500, 600, text_px=24)
    if method == "niblack":
        pytest.skip("Niblack's method turns the grain of empty paper into ink; that is its nature")
    assert fm(ink_of(worn(clean, grain=1), method=method), clean < 128) > 60


@pytest.mark.parametrize("method", ["auto", "fast", "otsu", *METHODS])
@pytest.mark.parametrize("shape", [(1, 1), (1, 700), (700, 1), (7, 5)])
def test_small_pages_do_no_harm(method: str, shape: tuple[int, int]) -> None:
    samples = np.random.default_rng(1).integers(1, 250, shape).astype(np.uint8)
    assert ink_of(samples, method=method).shape == shape


def test_bands_meet_without_a_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    fast_module = sys.modules["recto.filters.binarize.fast"]
    dull = shaded(worn(text_page(1600, 700)))
    whole = ink_of(dull, method="fast")
    monkeypatch.setattr(fast_module, "_BAND_PX", 300_000)
    assert np.mean(whole != ink_of(dull, method="fast")) < 0.001


def test_resolution_is_kept() -> None:
    change = Binarize().apply(Page.of(shaded(text_page()), Dpi(150, 150)), BinarizeParams())
    assert change.page is not None
    assert change.page.dpi == Dpi(150, 150)


def test_the_height_of_text_is_measured() -> None:
    for text_px in (20, 40, 80):
        found = text_size(worn(text_page(text_px=text_px)))
        assert 0.4 * text_px < found.height_px < text_px
        assert 0.05 * text_px < found.stroke_px < 0.25 * text_px
    assert text_size(np.full((300, 300), 200, dtype=np.uint8)).height_px == 0.0


@pytest.mark.data
def test_real_pages_keep_their_marks() -> None:
    data = Path(os.environ.get("RECTO_DATA", "../shared/data")) / "binarization" / "test" / "dibco2010"
    if not data.is_dir():
        pytest.skip(f"no real pages at {data}; set RECTO_DATA")
    marks = []
    for path in sorted((data / "images").glob("*.png"))[:4]:
        samples = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
        truth = cv2.imread(str(data / "gt" / path.name), cv2.IMREAD_GRAYSCALE) < 128
        marks.append(fm(ink_of(samples, method="fast"), truth))
    assert np.mean(marks) > 88


def test_a_dark_sheet_with_holes_on_a_bright_desk_is_no_negative() -> None:
    clean = text_page(900, 900, text_px=34, seed=4)
    sheet = np.where(clean < 128, 48, 88).astype(np.uint8)
    for y, x in np.random.default_rng(2).integers(60, 840, (40, 2)):
        cv2.ellipse(sheet, (int(x), int(y)), (46, 30), 20, 0, 360, 236, -1, cv2.LINE_AA)
    sheet[:, :90] = 236
    assert not bright_on_dark(sheet)
    assert bright_on_dark(255 - worn(clean))


def test_a_black_border_does_not_widen_the_strokes() -> None:
    page = worn(text_page(900, 900, text_px=34, seed=4))
    framed = page.copy()
    framed[:, :70] = framed[:50] = 10
    assert text_size(framed).stroke_px == pytest.approx(text_size(page).stroke_px, rel=0.1)


def test_a_sheet_before_an_even_wall_is_not_taken_for_a_drawn_page() -> None:
    clean = text_page(900, 700, text_px=34, seed=4)
    wall = np.full((1000, 1500), 255, dtype=np.uint8)
    wall[50:950, 50:750] = worn(np.where(clean < 128, 45, 110).astype(np.uint8), grain=5)
    change = Binarize().apply(Page.of(wall), BinarizeParams())
    assert change.page is not None
    assert any("chose net" in note for note in change.notes)
    assert fm(change.page.samples[80:920, 80:720] == 0, clean[30:870, 30:670] < 128) > 90
