"""Enlarging: exact in size, better than interpolation on text, harmless elsewhere."""

from __future__ import annotations

import json
import shutil
import tracemalloc

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from lab.benchmarks.upsample.measures import made_wrong
from lab.benchmarks.upsample.scripts import changed
from lab.metrics.ocr import read_text
from recto import nets
from recto.filters.upsample import TextSize, Upsample, UpsampleParams, detail, enlarge, two_tone, undecided
from recto.raster import Dpi, Kind, Page
from tests.pages import WORDS, photograph, text_page

Samples = NDArray[np.uint8]

LARGE = text_page(720, 600, text_px=26, seed=5)


def smaller(samples: Samples, factor: int) -> Samples:
    height, width = samples.shape[0] // factor, samples.shape[1] // factor
    return np.asarray(cv2.resize(samples, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def psnr(drawn: Samples, sharp: Samples) -> float:
    error = np.mean((drawn.astype(np.float64) - sharp) ** 2)
    return float(10 * np.log10(255**2 / max(error, 1e-9)))


def up(samples: Samples, dpi: Dpi | None = None, **params: object) -> Page:
    page = Upsample().apply(Page.of(samples, dpi), UpsampleParams.model_validate(params)).page
    assert page is not None
    return page


@pytest.mark.parametrize("inverse", [False, True])
@pytest.mark.parametrize(("factor", "text_px", "least_db"), [(2, 26, 4.5), (3, 26, 3.0), (4, 38, 3.0), (4, 26, 0.5)])
def test_text_comes_nearer_to_the_sharp_page_than_by_interpolation(
    factor: int, text_px: int, least_db: float, inverse: bool
) -> None:
    """The last is print of 3.5 px of x-height, of which little more is drawn than interpolation shows."""
    sharp = np.where((text_page(720, 600, text_px=text_px, seed=5) < 128) != inverse, 0, 255).astype(np.uint8)
    small = smaller(sharp, factor)

    gained = psnr(up(small, scale=factor).samples, sharp) - psnr(
        up(small, scale=factor, method="bicubic").samples, sharp
    )

    assert gained > least_db


@pytest.mark.parametrize("method", ["auto", "net", "lanczos", "bicubic"])
@pytest.mark.parametrize("scale", [2.0, 1.5, 2.7, 4.0])
def test_shape_and_dpi_are_multiplied_exactly(scale: float, method: str) -> None:
    small = smaller(LARGE, 4)[:101, :77]
    page = up(small, Dpi(100.0, 90.0), scale=scale, method=method)

    assert page.shape == (round(101 * scale), round(77 * scale))
    assert page.dpi == Dpi(100.0 * scale, 90.0 * scale)


@settings(max_examples=25, derandomize=True)
@given(height=st.integers(1, 40), width=st.integers(1, 40), scale=st.floats(1.0, 4.0), value=st.integers(0, 255))
def test_even_paper_stays_even(height: int, width: int, scale: float, value: int) -> None:
    page = Page.of(np.full((height, width), value, np.uint8))
    params = UpsampleParams(scale=scale)
    after = Upsample().apply(page, params).page

    shape = Upsample().output_shape(page, params)
    assert shape == (round(height * scale), round(width * scale))
    if after is None:
        assert shape == page.shape
    else:
        assert after.shape == shape
        assert after.samples.min() == after.samples.max() == value


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (900, 1), (2, 3), (35, 33)])
def test_small_and_thin_pages_of_noise(shape: tuple[int, int]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    for scale in (2.0, 3.3):
        assert up(noise, scale=scale).shape == (round(shape[0] * scale), round(shape[1] * scale))


def test_a_blank_page_doubles_when_told_to() -> None:
    page = up(np.full((30, 20, 3), (200, 150, 90), np.uint8), scale=2)

    assert page.shape == (60, 40)
    assert (page.samples == (200, 150, 90)).all()


def test_small_text_is_brought_to_about_300_dpi() -> None:
    small = text_page(600, 500, text_px=18)
    page = Page.of(small, Dpi(150.0, 150.0))
    change = Upsample().apply(page, UpsampleParams())

    assert change.page is not None
    assert change.page.dpi == Dpi(300.0, 300.0)
    assert Upsample().output_shape(page, UpsampleParams()) == change.page.shape == (1200, 1000)
    assert isinstance(change.estimates[0], TextSize)


def test_without_a_resolution_the_text_tells() -> None:
    change = Upsample().apply(Page.of(text_page(600, 500, text_px=18)), UpsampleParams())

    assert change.page is not None
    assert change.page.dpi is None
    assert 1.5 <= change.page.height_px / 600 <= 2.5


def test_a_resolution_that_the_text_belies_is_not_believed() -> None:
    large = Page.of(text_page(900, 900, text_px=44), Dpi(72.0, 72.0))
    change = Upsample().apply(large, UpsampleParams())

    assert change.page is None
    assert change.notes[-1].startswith("left as it is: ")


@pytest.mark.parametrize("samples", [np.full((300, 200), 255, np.uint8), photograph(200, 300)], ids=["blank", "photo"])
def test_a_page_without_text_is_left_alone_unless_told(samples: Samples) -> None:
    page = Page.of(samples, Dpi(100.0, 100.0))
    change = Upsample().apply(page, UpsampleParams())

    assert change.page is None
    assert change.notes[-1].startswith("left as it is: ")
    assert Upsample().output_shape(page, UpsampleParams()) == page.shape


def test_large_text_is_left_alone() -> None:
    change = Upsample().apply(Page.of(text_page(900, 900, text_px=42), Dpi(300.0, 300.0)), UpsampleParams())

    assert change.page is None
    assert "large enough" in change.notes[-1]


def test_a_target_resolution_is_met() -> None:
    page = Page.of(text_page(500, 400, text_px=18), Dpi(150.0, 150.0))
    change = Upsample().apply(page, UpsampleParams(dpi=390.0))

    assert change.page is not None
    assert change.page.dpi == pytest.approx((390.0, 390.0))
    assert change.page.shape == (1300, 1040)


@pytest.mark.parametrize("text_px", [12, 18, 30, 48])
def test_the_size_of_text_is_found(text_px: int) -> None:
    sharp = text_page(60 + 24 * text_px, 1000, text_px=text_px)
    (found,) = Upsample().inspect(Page.of(sharp), UpsampleParams())

    assert isinstance(found, TextSize)
    assert found.x_height_px == pytest.approx(0.53 * text_px, rel=0.2, abs=1.2)
    assert found.confidence > 0.5


def test_a_binary_page_comes_out_grey_or_binary() -> None:
    small = np.where(smaller(LARGE, 2) < 128, 0, 255).astype(np.uint8)

    assert up(small, scale=2).kind is Kind.GREY
    kept = up(small, scale=2, keep_kind=True)
    assert kept.kind is Kind.BINARY
    assert set(np.unique(kept.samples)) == {0, 255}


def with_a_picture_below(text: Samples) -> Samples:
    """The first lines of ``text`` and 200 rows of a picture in blocks, whose edges are as steep as those of print."""
    tones = np.random.default_rng(3).integers(0, 256, (25, text.shape[1] // 8 + 1))
    blocks = np.kron(tones, np.ones((8, 8)))[:, : text.shape[1]]
    return np.vstack([text[:120], blocks.astype(np.uint8)])


@pytest.mark.parametrize("mixed", [False, True], ids=["text", "text and picture"])
def test_tiles_leave_no_seam(mixed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    for scale in (2.0, 2.7, 4.0):
        small = smaller(LARGE, 4 if scale == 4.0 else 2)
        if mixed:
            small = with_a_picture_below(small)
        whole = up(small, scale=scale).samples
        with monkeypatch.context() as patched:
            patched.setattr(detail, "_TILE_PX", 1 << 13)
            patched.setattr(enlarge, "_BAND_ROWS", (64, 64))
            patched.setattr(enlarge, "_BAND_OUTPUT_PX", 1)
            tiled = up(small, scale=scale).samples
        # Sums in another order may fall on the other side of a half.
        assert np.abs(whole.astype(int) - tiled).max() <= 1


@settings(max_examples=40, derandomize=True)
@given(st.integers(0, 2**32 - 1), st.integers(1, 400), st.integers(1, 400), st.floats(0.0, 0.01))
def test_tiles_cover_what_is_active_once(seed: int, height: int, width: int, share: float) -> None:
    active = np.random.default_rng(seed).random((height, width)) < share
    covered = np.zeros((height, width), int)
    for top, bottom, left, right in detail.tiles(active):
        assert top % 2 == left % 2 == 0
        covered[top:bottom, left:right] += 1

    assert covered.max() <= 1
    assert (covered[active] == 1).all()


def test_the_net_is_trusted_with_letters_and_less_with_strokes_as_dense_as_pixels() -> None:
    grey = smaller(np.where(text_page(720, 600, text_px=40, seed=5) < 128, 0, 255).astype(np.uint8), 4)
    hatched = np.where(np.random.default_rng(0).random((180, 150)) < 0.5, 60, 200).astype(np.uint8)
    for page, least, most in ((grey, 0.9, 1.0), (hatched, 0.25, 0.5)):
        drawn = cv2.resize(page, None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC).astype(np.float32)
        if page is grey:
            drawn = np.where(drawn < 128, np.float32(0), np.float32(255))
        kept = undecided.trust(page, drawn, 0, 4)
        assert kept.min() >= 0.25
        assert least <= kept[20:-20, 20:-20].mean() <= most


@settings(max_examples=20, derandomize=True)
@given(seed=st.integers(0, 2**32 - 1), scale=st.sampled_from([2, 3, 4]))
def test_no_ink_on_plain_paper_and_no_gap_in_plain_ink(seed: int, scale: int) -> None:
    """Whatever the page: black dots and white ones, blocks, noise."""
    rng = np.random.default_rng(seed)
    marks = (rng.random((30, 40)) < rng.uniform(0.02, 0.6)).astype(np.float32)
    soft = cv2.GaussianBlur(marks, (0, 0), float(rng.uniform(0.3, 1.2)))
    small = np.clip(255 * (1 - soft) + rng.normal(0, 4, soft.shape), 0, 255).astype(np.uint8)

    drawn = up(small, scale=scale).samples.astype(int)
    plain = up(small, scale=scale, method="bicubic").samples.astype(int)
    box = np.ones((5, 5), np.uint8)
    dark, bright = (np.kron(tones(small, box), np.ones((scale, scale))) for tones in (cv2.erode, cv2.dilate))
    assert (plain - drawn)[plain >= bright].max(initial=0) <= 15
    assert (drawn - plain)[plain <= dark].max(initial=0) <= 15


@pytest.mark.parametrize("scale", [2, 3])
def test_dots_side_by_side_stay_apart(scale: int) -> None:
    """As over an umlaut: two dots of two pixels of the small page, two and a half apart."""
    sharp = np.full((60 * scale, 60 * scale), 255, np.uint8)
    for left in (24 * scale, 28 * scale + scale // 2):
        sharp[30 * scale : 32 * scale, left : left + 2 * scale] = 0
    drawn = up(smaller(sharp, scale), scale=scale).samples
    row = drawn[31 * scale - 1]

    between = row[26 * scale : 28 * scale + scale // 2]
    assert between.max() > 200
    assert row[25 * scale] < 80
    assert row[29 * scale + scale // 2] < 80


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_photographs_are_no_worse_than_by_bicubic(scale: int) -> None:
    sharp = photograph(480, 600, seed=2)
    small = smaller(sharp, scale)

    drawn, plain = up(small, scale=scale).samples, up(small, scale=scale, method="bicubic").samples
    assert psnr(drawn, sharp) >= psnr(plain, sharp) - 0.05


@pytest.mark.parametrize("scale", [2, 4])
@pytest.mark.parametrize("coloured", [False, True])
def test_a_picture_below_print_is_drawn_by_bicubic(scale: int, coloured: bool) -> None:
    small = with_a_picture_below(smaller(LARGE, scale))
    if coloured:
        small = np.dstack([small, small // 2, 255 - small])

    drawn, plain = up(small, scale=scale).samples, up(small, scale=scale, method="bicubic").samples
    away_from_print = slice(170 * scale, None)
    assert np.abs(drawn[away_from_print].astype(int) - plain[away_from_print]).max() <= 1


def test_grey_text_in_a_colour_page_gets_no_fringes() -> None:
    small = smaller(LARGE, 2)
    drawn = up(np.dstack([small, small, small]), scale=2).samples.astype(int)

    assert (drawn.max(axis=2) - drawn.min(axis=2)).max() <= 2


def test_coloured_text_keeps_its_colours() -> None:
    ink, paper = np.array([150, 20, 40.0]), np.array([250, 240, 200.0])
    share = LARGE[..., None] / 255.0
    colour = np.rint(ink + share * (paper - ink)).astype(np.uint8)
    small = smaller(colour, 2)

    drawn = up(small, scale=2).samples
    assert psnr(drawn, colour) > psnr(up(small, scale=2, method="bicubic").samples, colour)
    # Every pixel lies near the line from the ink's colour to the paper's.
    direction = (paper - ink) / np.linalg.norm(paper - ink)
    away = drawn - ink
    aside = np.linalg.norm(away - (away @ direction)[..., None] * direction, axis=2)
    assert np.quantile(aside, 0.995) < 4


def test_memory_does_not_grow_with_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(
        around: Samples, origin: tuple[int, int], active: NDArray[np.bool_], factor: int
    ) -> NDArray[np.float32]:
        return np.zeros((active.shape[0] * factor, active.shape[1] * factor), np.float32)

    monkeypatch.setattr(enlarge, "residual", nothing)
    monkeypatch.setattr(enlarge, "_BAND_OUTPUT_PX", 1_000_000)
    peaks = []
    for repeats in (1, 4):
        page = Page.of(np.tile(smaller(LARGE, 2), (repeats, 2)))
        tracemalloc.start()
        drawn = up(page.samples, scale=3.5)
        peaks.append(tracemalloc.get_traced_memory()[1] - drawn.samples.nbytes)
        tracemalloc.stop()

    assert peaks[1] < 1.2 * peaks[0] + 5e6


def test_the_net_is_small_and_has_a_card() -> None:
    path = nets.WEIGHTS / "upsample.onnx"
    card = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))

    assert card["parameters"] <= 150_000
    assert path.stat().st_size + path.with_suffix(".json").stat().st_size <= 1_000_000
    assert nets.load("upsample").card == card


def printed(lines: int, seed: int) -> Samples:
    """Lines of words, prices, dates and codes, as large as at 300 dpi."""
    rng = np.random.default_rng(seed)
    image = Image.new("L", (1300, 90 + 62 * lines), 255)
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(40)
    for k in range(lines):
        parts = [*rng.choice(WORDS, 4), f"{rng.integers(1, 99999) / 100:.2f}", str(rng.integers(10**5, 10**6))]
        rng.shuffle(parts)
        draw.text((50, 40 + 62 * k), " ".join(parts), font=font, fill=0)
    return np.asarray(image)


def test_dense_print_is_taken_for_print_and_photographs_are_not() -> None:
    dense = printed(12, 1)[40:]
    dense = np.vstack([dense[62 * k : 62 * k + 52] for k in range(12)])
    small = smaller(dense, 4)

    assert two_tone.print_likeness(small)[small < 128].mean() > 0.9
    assert two_tone.print_likeness(cv2.cvtColor(photograph(300, 400), cv2.COLOR_RGB2GRAY)).max() < 0.1


def test_a_sign_counts_as_made_wrong_only_where_the_sharp_page_and_bicubic_are_read_rightly() -> None:
    read = {"sharp": "Köln 18a", "bicubic": "Köln 13b", "method": "Koln 18c"}

    assert changed(read, "Köln 18b", spaced=True) == {
        "signs": 7,
        "made_wrong": 1,
        "mended": 1,
        "wrong": 1,
        "wrong_by_bicubic": 1,
    }


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("tesseract") is None, reason="needs Tesseract to count what is read wrongly")
def test_no_sign_becomes_another() -> None:
    wrong = signs = 0
    for seed, factor in enumerate((2, 3, 2, 3)):
        sharp = printed(14, seed)
        small = smaller(sharp, factor)
        noise = np.random.default_rng(seed).normal(0, 3, small.shape)
        small = np.clip(np.rint(small + noise), 0, 255).astype(np.uint8)
        read = [
            read_text(samples, psm=6)
            for samples in (sharp, up(small, scale=factor, method="bicubic").samples, up(small, scale=factor).samples)
        ]
        found = made_wrong(read[2], read[1], read[0])
        wrong, signs = wrong + found[0], signs + found[1]

    assert signs > 1500
    assert wrong < 0.002 * signs
