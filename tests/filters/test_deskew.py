"""Deskew: straight lines come out of turned pages, and nothing else is touched."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from recto.filters.deskew import Deskew, DeskewParams, estimate, estimate_skew
from recto.pipeline import plan, run
from recto.raster import Dpi, Kind, Page, resample
from tests.pages import photograph, shaded, text_page

DATA = Path(os.environ.get("RECTO_DATA", "../shared/data"))


def deskewed(page: Page, params: DeskewParams | None = None) -> Page:
    """The page after the filter, resampled as the pipeline does."""
    move = Deskew().find(page, params or DeskewParams())
    if move.backward is None:
        return page
    return resample(page, move.backward, dpi=move.dpi, fill=move.fill)


@pytest.mark.parametrize("angle_deg", [-14.0, -3.3, -0.4, 0.25, 1.0, 7.7, 13.5])
def test_known_angles_are_found(angle_deg: float) -> None:
    skew = estimate_skew(Page.of(text_page(angle_deg=angle_deg)))
    assert skew.angle_deg == pytest.approx(angle_deg, abs=0.03)
    assert skew.confidence >= 0.5


@pytest.mark.parametrize(("height", "width", "text_px"), [(600, 500, 12), (1400, 1000, 22), (2600, 1900, 40)])
def test_sizes(height: int, width: int, text_px: int) -> None:
    skew = estimate_skew(Page.of(text_page(height, width, text_px=text_px, angle_deg=-2.6)))
    assert skew.angle_deg == pytest.approx(-2.6, abs=0.05)
    assert skew.confidence >= 0.5


@settings(max_examples=5, derandomize=True)
@given(st.floats(-15, 15), st.integers(0, 1000))
def test_any_angle_is_found(angle_deg: float, seed: int) -> None:
    skew = estimate_skew(Page.of(text_page(angle_deg=angle_deg, seed=seed)))
    assert skew.angle_deg == pytest.approx(angle_deg, abs=0.05)


def _noisy(grey: np.ndarray) -> np.ndarray:
    noise = np.random.default_rng(1).normal(0, 40, grey.shape)
    return np.clip(grey * 0.8 + 20 + noise, 0, 255).astype(np.uint8)


def _bordered(grey: np.ndarray) -> np.ndarray:
    page = grey.copy()
    page[:, :45] = 4
    page[-30:] = 4
    return page


KINDS = {
    "1-bit": lambda grey: np.where(grey > 140, 255, 0).astype(np.uint8),
    "white on black": lambda grey: 255 - grey,
    "faint": lambda grey: (grey // 9 + 140).astype(np.uint8),
    "shaded": shaded,
    "noisy": _noisy,
    "black border": _bordered,
    "colour": lambda grey: np.stack((grey // 2 + 120, grey // 2 + 110, grey // 3 + 60), axis=2).astype(np.uint8),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("angle_deg", [-6.2, 2.4])
def test_every_kind_of_page(kind: str, angle_deg: float) -> None:
    samples = KINDS[kind](text_page(angle_deg=angle_deg, seed=3))
    skew = estimate_skew(Page.of(samples))
    assert skew.angle_deg == pytest.approx(angle_deg, abs=0.05)
    assert skew.confidence >= 0.5


@pytest.mark.parametrize("angle_deg", [4.0, -9.0])
def test_a_few_lines_on_a_black_bed_are_enough(angle_deg: float) -> None:
    page = text_page(1200, 850, text_px=20).copy()
    page[300:-40] = 255
    turn = cv2.getRotationMatrix2D((425, 600), -angle_deg, 1)
    turn[:, 2] += 200
    skew = estimate_skew(Page.of(cv2.warpAffine(page, turn, (1250, 1600), flags=cv2.INTER_CUBIC, borderValue=(0,))))
    assert skew.angle_deg == pytest.approx(angle_deg, abs=0.03)
    assert skew.confidence >= 0.5


def test_upright_lines_are_lines_too() -> None:
    """Columns of Chinese, or a page that still lies on its side: what is turned is the same."""
    skew = estimate_skew(Page.of(np.ascontiguousarray(np.rot90(text_page(angle_deg=3.1)))))
    assert skew.angle_deg == pytest.approx(3.1, abs=0.05)
    assert skew.confidence >= 0.5


def test_italics_do_not_lean_the_page() -> None:
    """Strokes that all lean by 12 degrees are not upright lines."""
    straight = text_page(seed=5)
    height, width = straight.shape
    lean = np.array([[1.0, -0.21, 0.21 * height / 2], [0.0, 1.0, 0.0]])
    italic = cv2.warpAffine(straight, lean, (width, height), borderValue=(255,))
    assert estimate_skew(Page.of(np.asarray(italic, dtype=np.uint8))).angle_deg == pytest.approx(0.0, abs=0.03)


def _two_columns(angle_deg: float, shift_px: int) -> np.ndarray:
    """Two columns whose lines do not meet: the second stands ``shift_px`` lower."""
    left = text_page(1200, 500, seed=1)
    right = np.roll(text_page(1200, 500, seed=2), shift_px, axis=0)
    page = np.concatenate((left[:, 50:450], right[:, 50:450]), axis=1)
    turned = Image.fromarray(page).rotate(-angle_deg, Image.Resampling.BICUBIC, fillcolor=255)
    return np.asarray(turned)


@pytest.mark.parametrize("shift_px", [5, 9, 14])
def test_columns_whose_lines_do_not_meet(shift_px: int) -> None:
    skew = estimate_skew(Page.of(_two_columns(1.7, shift_px)))
    assert skew.angle_deg == pytest.approx(1.7, abs=0.05)


def test_the_range_can_be_widened() -> None:
    page = Page.of(text_page(1000, 1000, angle_deg=31.0))
    assert estimate_skew(page, 45.0).angle_deg == pytest.approx(31.0, abs=0.05)
    assert Deskew().find(page, DeskewParams(max_angle_deg=45.0)).backward is not None


def test_a_page_turned_beyond_the_range_is_left_alone() -> None:
    move = Deskew().find(Page.of(text_page(angle_deg=6.0)), DeskewParams(max_angle_deg=3.0))
    assert move.backward is None
    assert move.notes[0].startswith("left as it is: ")


@pytest.mark.parametrize("angle_deg", [-5.0, 0.6])
def test_a_turned_page_comes_out_straight_with_its_dpi(angle_deg: float) -> None:
    straight = deskewed(Page.of(text_page(angle_deg=angle_deg), Dpi(150, 150)))
    assert estimate_skew(straight).angle_deg == pytest.approx(0.0, abs=0.04)
    assert straight.dpi == Dpi(150, 150)


def test_a_straight_page_is_the_very_same_page() -> None:
    page = Page.of(text_page())
    outcome = run(page, plan("deskew"))
    assert outcome.page is page
    assert "straight" in outcome.notes[0]


@settings(max_examples=8, derandomize=True)
@given(st.floats(-0.015, 0.015), st.integers(0, 1000), st.sampled_from(sorted(KINDS)))
def test_a_page_straight_to_within_a_hair_is_the_very_same_page(angle_deg: float, seed: int, kind: str) -> None:
    page = Page.of(KINDS[kind](text_page(700, 560, text_px=14, angle_deg=angle_deg, seed=seed)))
    assert run(page, plan("deskew")).page is page


@pytest.mark.parametrize("askew_deg", [-1.3, 0.6, 1.1])
@pytest.mark.parametrize("share", [0.45, 0.6])
def test_the_back_that_shines_through_does_not_turn_a_straight_page(share: float, askew_deg: float) -> None:
    """Short lines in front, and the mirrored lines of the back beside them, at a third of their strength."""
    front = text_page(850, 550, text_px=13, seed=8).copy()
    front[:, int(front.shape[1] * share) :] = 255
    mirrored = Image.fromarray(np.ascontiguousarray(front[:, ::-1]))
    back = np.asarray(mirrored.rotate(-askew_deg, Image.Resampling.BICUBIC, fillcolor=255)).astype(np.float32)
    page = np.minimum(front, 255 - 0.35 * (255 - cv2.GaussianBlur(back, (0, 0), 0.7))).astype(np.uint8)
    move = Deskew().find(Page.of(page), DeskewParams())
    assert move.backward is None or abs(move.estimates[0].as_dict()["angle_deg"]) < 0.08


def _shining_through(front: np.ndarray, back: np.ndarray, share: float, askew_deg: float) -> np.ndarray:
    """A page with its back, mirrored and turned by ``askew_deg``, at ``share`` of its ink."""
    mirrored = Image.fromarray(np.ascontiguousarray(back[:, ::-1]))
    behind = np.asarray(mirrored.rotate(-askew_deg, Image.Resampling.BICUBIC, fillcolor=255)).astype(np.float32)
    return np.minimum(front, 255 - share * (255 - behind)).astype(np.uint8)


@pytest.mark.parametrize("share", [0.3, 0.45])
@pytest.mark.parametrize("angle_deg", [0.0, 3.0])
def test_many_lines_of_the_back_do_not_out_vote_a_few_of_the_front(share: float, angle_deg: float) -> None:
    front = text_page(angle_deg=angle_deg).copy()
    front[500:] = 255
    page = _shining_through(front, text_page(text_px=12, seed=8), share, angle_deg + 0.5)
    assert estimate_skew(Page.of(page)).angle_deg == pytest.approx(angle_deg, abs=0.03)


@pytest.mark.parametrize("angle_deg", [43.0, -42.5])
def test_a_strong_back_at_the_opposite_angle_is_not_taken_for_the_page(angle_deg: float) -> None:
    front = text_page(1000, 1000, text_px=16, seed=4, angle_deg=angle_deg)
    page = _shining_through(front, text_page(1000, 1000, text_px=14, seed=9), 0.4, -angle_deg)
    assert estimate_skew(Page.of(page), 45.0).angle_deg == pytest.approx(angle_deg, abs=0.05)


def test_what_may_be_turned_by_45_degrees_either_way_is_left_alone() -> None:
    page = Page.of(text_page(900, 900, angle_deg=44.99))
    assert Deskew().find(page, DeskewParams(max_angle_deg=45.0)).backward is None


@pytest.mark.parametrize("angle_deg", [-0.1, 0.06, 0.13])
def test_pages_that_are_nearly_straight_are_not_read_as_straight(angle_deg: float) -> None:
    for seed in range(3):
        found = estimate_skew(Page.of(text_page(angle_deg=angle_deg, seed=seed)))
        assert found.angle_deg == pytest.approx(angle_deg, abs=0.01)


@pytest.mark.parametrize(("says_deg", "stays"), [(0.005, True), (0.05, False)])
def test_a_nearly_straight_page_stays_where_one_reading_calls_it_straight(
    says_deg: float, stays: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = Page.of(text_page(angle_deg=0.06))
    found = estimate.gather(page, 15.0)._replace(uncertain_deg=0.01, least_deg=says_deg)
    monkeypatch.setattr(estimate, "gather", lambda *_: found)
    assert (Deskew().find(page, DeskewParams()).backward is None) == stays


def _screened(grey: np.ndarray, pitch_px: float, turn_deg: float) -> np.ndarray:
    """A halftone of a picture: dots of a screen that is turned by ``turn_deg``."""
    height, width = grey.shape
    y, x = np.mgrid[:height, :width]
    turn = np.deg2rad(turn_deg)
    u, v = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    screen = 128 + 55 * (np.cos(2 * np.pi * u / pitch_px) + np.cos(2 * np.pi * v / pitch_px))
    return np.where(grey > screen, 255, 0).astype(np.uint8)


@pytest.mark.parametrize("pitch_px", [4.3, 6.0, 8.2])
@pytest.mark.parametrize("turn_deg", [45.0, 52.0, 7.0, 0.5])
def test_rows_of_halftone_dots_are_no_lines_of_text(pitch_px: float, turn_deg: float) -> None:
    page = Page.of(_screened(photograph(900, 700)[..., 1], pitch_px, turn_deg))
    assert Deskew().find(page, DeskewParams()).backward is None


def test_text_beside_a_halftone_is_not_turned_wrongly() -> None:
    text = text_page(1100, 800, text_px=22, angle_deg=2.2).copy()
    text[:400] = _screened(photograph(400, 800)[..., 1], 6.0, 45.0)
    move = Deskew().find(Page.of(text), DeskewParams())
    assert move.backward is None or move.estimates[0].as_dict()["angle_deg"] == pytest.approx(2.2, abs=0.1)


def _word() -> np.ndarray:
    image = Image.new("L", (700, 900), 255)
    ImageDraw.Draw(image).text((200, 300), "Chapter", font=ImageFont.load_default(40), fill=0)
    return np.asarray(image)


def _scribble() -> np.ndarray:
    rng = np.random.default_rng(4)
    page = np.full((900, 700), 250, np.uint8)
    for _ in range(40):
        points = rng.uniform(0, 700, 2) + rng.normal(0, 9, (60, 2)).cumsum(axis=0)
        cv2.polylines(page, [points.astype(np.int32)], False, (20,), 2)
    return page


def _grain() -> np.ndarray:
    """Wood: streaks at six degrees, as exact as lines, with nothing across them."""
    rng = np.random.default_rng(0)
    streaks = cv2.blur(rng.standard_normal((900, 1200)).astype(np.float32), (151, 1))
    turned = cv2.warpAffine(streaks, cv2.getRotationMatrix2D((600, 450), -6, 1.4), (1200, 900))
    return np.clip(120 + 20 * turned / turned.std() + rng.normal(0, 4, turned.shape), 0, 255).astype(np.uint8)


TEXTLESS = {
    "grain": _grain(),
    "blank": np.full((900, 700), 255, np.uint8),
    "black": np.zeros((900, 700), np.uint8),
    "gradient": np.tile(np.linspace(90, 250, 700).astype(np.uint8), (900, 1)),
    "noise": np.random.default_rng(0).integers(0, 256, (900, 700), dtype=np.uint8),
    "photograph": photograph(),
    "word": _word(),
    "scribble": _scribble(),
    "tiny": np.full((3, 40), 128, np.uint8),
}


@pytest.mark.parametrize("name", TEXTLESS)
def test_pages_without_lines_of_text_are_left_alone(name: str) -> None:
    move = Deskew().find(Page.of(TEXTLESS[name]), DeskewParams())
    assert move.backward is None
    assert move.notes[0].startswith("left as it is: ")
    assert 0.0 <= move.estimates[0].confidence <= 1.0


def test_the_gate_can_be_closed() -> None:
    page = Page.of(_noisy(text_page(500, 400, angle_deg=3.0)))
    confidence = estimate_skew(page).confidence
    assert Deskew().find(page, DeskewParams(min_confidence=1.0)).backward is None or confidence == 1.0


def test_one_bit_stays_one_bit() -> None:
    page = Page(KINDS["1-bit"](text_page(angle_deg=4.0)), Kind.BINARY)
    straight = deskewed(page)
    assert straight.kind is Kind.BINARY
    assert set(np.unique(straight.samples)) <= {0, 255}
    assert (straight.samples == 0).sum() == pytest.approx((page.samples == 0).sum(), rel=0.03)


def test_canvas() -> None:
    page = Page.of(text_page(900, 700, angle_deg=8.0))
    shapes = {name: deskewed(page, DeskewParams(canvas=name)).shape for name in ("expand", "keep", "crop")}
    assert shapes["keep"] == page.shape
    assert shapes["expand"][0] > 900 > shapes["crop"][0]
    assert shapes["expand"][1] > 700 > shapes["crop"][1]


def test_new_corners_get_the_colour_of_the_paper() -> None:
    page = Page.of(KINDS["colour"](text_page(angle_deg=7.0)))
    straight = deskewed(page)
    for corner in (straight.samples[0, 0], straight.samples[-1, -1]):
        assert corner.astype(int) == pytest.approx(page.samples[20, 20].astype(int), abs=4)


def test_faxes_with_oblong_pixels_are_turned_as_paper() -> None:
    """A page of 200 by 100 dots per inch: the angle is that of the paper."""
    square = text_page(1100, 850, text_px=22, angle_deg=4.0)
    flat = np.asarray(Image.fromarray(square).resize((850, 550), Image.Resampling.BOX))
    page = Page.of(flat, Dpi(200, 100))
    assert estimate_skew(page).angle_deg == pytest.approx(4.0, abs=0.06)
    straight = deskewed(page)
    assert straight.dpi == Dpi(200, 100)
    assert estimate_skew(straight).angle_deg == pytest.approx(0.0, abs=0.06)


@pytest.mark.data
def test_real_scans_turned_by_a_known_angle() -> None:
    files = sorted((DATA / "pages").glob("*/images/*"))[::24]
    if not files:
        pytest.skip(f"no pages in {DATA / 'pages'} (set RECTO_DATA)")
    for file in files:
        grey = np.asarray(cv2.imread(str(file), cv2.IMREAD_GRAYSCALE), dtype=np.uint8)
        before = estimate_skew(Page.of(grey)).angle_deg
        turned = np.asarray(Image.fromarray(grey).rotate(-5.0, Image.Resampling.BICUBIC, expand=True, fillcolor=255))
        # the lines and margins of a real page are not at one angle: turned, others may prevail
        assert estimate_skew(Page.of(turned)).angle_deg - before == pytest.approx(5.0, abs=0.12)
