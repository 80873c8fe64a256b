"""Photographed pages come out flat, and pages that are flat come out untouched."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from recto.blueprint import Move
from recto.filters.dewarp import Dewarp, DewarpParams, Warp
from recto.filters.dewarp.camera import homography, paper_format, pose_of, project
from recto.filters.dewarp.outline import along
from recto.filters.dewarp.spline import bending, spline_basis
from recto.raster import Page, resample
from tests.filters.bent_page import BentPage
from tests.pages import photograph, shaded, text_page

DATA = Path(os.environ.get("RECTO_DATA", Path(__file__).parents[3] / "shared" / "data"))
PAGE = text_page(1131, 800, text_px=17)


def dewarped(photo: NDArray[np.uint8], **params: object) -> Move:
    return Dewarp().find(Page.of(photo), DewarpParams.model_validate(params))


def page_points(bent: BentPage, move: Move) -> NDArray[np.float64]:
    """Where on the true page the result reads, at 25 × 21 even places: in page widths, shape (25, 21, 2)."""
    assert move.backward is not None, move.notes
    height, width = move.backward.shape
    y, x = np.meshgrid(
        np.linspace(0.03, 0.97, 25) * (height - 1), np.linspace(0.03, 0.97, 21) * (width - 1), indexing="ij"
    )
    photo = move.backward.read_points(np.stack((x.ravel(), y.ravel()), axis=1))
    return bent.read(photo).reshape(25, 21, 2)


def error_percent(bent: BentPage, move: Move) -> float:
    """Mean distance from where the page should be, in per cent of its width."""
    y, x = np.meshgrid(np.linspace(0.03, 0.97, 25) * bent.aspect, np.linspace(0.03, 0.97, 21), indexing="ij")
    return float(100 * np.hypot(*np.moveaxis(page_points(bent, move) - np.stack((x, y), axis=2), 2, 0)).mean())


def unevenness_percent(bent: BentPage, move: Move) -> float:
    """How far the rows of the result stray on the page, in per cent of its width: lines are level when this is 0."""
    rows = page_points(bent, move)[..., 1]
    return float(100 * np.abs(rows - rows.mean(axis=1, keepdims=True)).mean())


@pytest.mark.parametrize(
    ("bent", "within"),
    [
        (BentPage(), 0.8),
        (BentPage(turn_deg=-30, zoom=0.8, tilt_deg=15), 0.8),
        (BentPage(turn_deg=30, zoom=0.8, tilt_deg=15), 0.8),
        (BentPage(bend_deg=70), 1.2),
        (BentPage(bend_deg=45, tilt_deg=35, turn_deg=-6), 1.2),
    ],
    ids=["perspective", "turned left", "turned right", "curled", "curled and leaning"],
)
def test_a_sheet_on_a_table_comes_out_flat(bent: BentPage, within: float) -> None:
    move = dewarped(bent.photo(PAGE))
    assert error_percent(bent, move) < within
    assert unevenness_percent(bent, move) < 0.25
    warp = move.estimates[0]
    assert isinstance(warp, Warp)
    assert warp.kind == "outline"
    assert warp.confidence > 0.8
    assert warp.unlevel_after < 0.03


def test_the_aspect_is_that_of_the_paper_and_not_of_the_photo() -> None:
    bent = BentPage(tilt_deg=48, turn_deg=4)
    move = dewarped(bent.photo(PAGE))
    assert move.backward is not None
    height, width = move.backward.shape
    assert height / width == pytest.approx(2**0.5, rel=0.01)
    assert move.estimates[0].as_dict()["paper"] == "A4"
    assert move.dpi is not None
    assert move.dpi.x == pytest.approx(width / (210 / 25.4), rel=0.01)


def test_paper_of_no_known_format_has_no_dpi() -> None:
    bent = BentPage(aspect=1.0)
    move = dewarped(bent.photo(PAGE[:800]))
    assert move.backward is not None
    assert move.backward.shape[0] / move.backward.shape[1] == pytest.approx(1.0, rel=0.03)
    assert move.dpi is None


def test_a_bright_table_is_told_from_the_page() -> None:
    bent = BentPage(bend_deg=30)
    assert error_percent(bent, dewarped(bent.photo(PAGE, table=185))) < 1.5


@pytest.mark.parametrize("table", [15, 30])
def test_a_sheet_seen_at_a_slant_is_no_scan_however_dark_the_table(table: int) -> None:
    bent = BentPage(tilt_deg=45, turn_deg=2)
    assert error_percent(bent, dewarped(bent.photo(PAGE, table=table))) < 1.5


def on_a_grainy_table(bent: BentPage, page: NDArray[np.uint8], seed: int = 0) -> NDArray[np.uint8]:
    """The photo of a page on a table whose grain is as large as letters."""
    rng = np.random.default_rng(seed)
    photo = bent.photo(page, table=120, seed=seed)
    height, width = photo.shape[:2]
    grain = cv2.resize((rng.random((height // 10, width // 10)) < 0.2).astype(np.uint8), (width, height))
    sheet = (bent.photo(np.full_like(page, 255), table=0)[..., 1] > 120).astype(np.uint8)
    photo[(grain > 0) & (cv2.dilate(sheet, np.ones((25, 25), np.uint8)) == 0)] = 60
    return photo


def test_the_grain_of_a_table_does_not_count_as_text_of_a_page_without_any() -> None:
    page = np.full_like(PAGE, 240)
    for k in range(5):
        cv2.circle(page, (150 + 120 * k, 300 + 100 * k), 60, 90, -1)
    bent = BentPage(bend_deg=20)
    assert error_percent(bent, dewarped(on_a_grainy_table(bent, page))) < 1.2


def test_a_sheet_cut_by_the_frame_is_levelled_though_its_lines_slope_little() -> None:
    bent = BentPage(zoom=1.2, turn_deg=-4, tilt_deg=10, bend_deg=25)
    photo = np.ascontiguousarray(bent.photo(PAGE)[200:])
    move = dewarped(photo)
    assert move.estimates[0].as_dict()["kind"] == "net"
    assert move.backward is not None
    height, width = move.backward.shape
    y, x = np.meshgrid(np.linspace(0.2, 0.8, 20) * height, np.linspace(0.1, 0.9, 20) * width, indexing="ij")
    here = move.backward.read_points(np.stack((x.ravel(), y.ravel()), axis=1))
    rows = bent.read(here + (0, 200))[:, 1].reshape(20, 20)
    assert np.abs(rows - rows.mean(axis=1, keepdims=True)).mean() < 0.006


def test_the_aspect_is_in_doubt_where_the_focal_length_is() -> None:
    page = np.array([[0, 0], [1, 0], [1, 2**0.5], [0, 2**0.5]])
    ahead = BentPage(tilt_deg=50, turn_deg=0, shape=(1120, 840))
    turned = BentPage(tilt_deg=50, turn_deg=25, shape=(1120, 840))
    assert pose_of(turned.seen(page), turned.shape).doubt < 0.04
    # The same picture with more table round it: a wider camera than most.
    wide = pose_of(ahead.seen(page) + (140, 190), (1500, 1120))
    assert wide.doubt > 0.08
    assert paper_format(wide.aspect, wide.doubt) == ("A4", 297 / 210)


def test_a_shadow_over_the_page_does_not_move_its_edges() -> None:
    bent = BentPage()
    dark = dewarped(shaded(bent.photo(PAGE), darkest=0.5))
    assert error_percent(bent, dark) < 1.5


def test_lines_alone_level_a_page_that_fills_the_frame() -> None:
    bent = BentPage(zoom=1.7, turn_deg=2, tilt_deg=12, bend_deg=80)
    photo = bent.photo(PAGE)[:, 160:800]
    move = dewarped(photo)
    assert isinstance(move.estimates[0], Warp)
    assert move.estimates[0].kind == "lines"
    assert move.backward is not None
    y, x = np.meshgrid(np.linspace(150, 970, 20), np.linspace(60, 580, 20), indexing="ij")
    here = np.stack((x.ravel(), y.ravel()), axis=1)

    def unevenness(points: NDArray[np.float64]) -> float:
        rows = bent.read(points + (160, 0))[:, 1].reshape(20, 20)
        return float(np.abs(rows - rows.mean(axis=1, keepdims=True)).mean())

    assert unevenness(move.backward.read_points(here)) < 0.35 * unevenness(here)


def test_keep_shows_the_table_and_page_does_not() -> None:
    photo = BentPage().photo(PAGE)
    page, keep = dewarped(photo, refine=False), dewarped(photo, refine=False, crop="keep")
    assert page.backward is not None
    assert keep.backward is not None
    assert keep.backward.shape[0] > page.backward.shape[0]
    inner = resample(Page.of(photo), page.backward).samples
    outer = resample(Page.of(photo), keep.backward).samples
    assert np.median(inner[4:-4, 6]) > 180
    assert np.median(outer[:, 6]) < 150


def test_strength_lies_between_the_photo_and_the_flat_page() -> None:
    bent = BentPage(bend_deg=60)
    photo = bent.photo(PAGE)
    half, whole = dewarped(photo, strength=0.5), dewarped(photo)
    assert unevenness_percent(bent, whole) < unevenness_percent(bent, half)
    assert dewarped(photo, strength=0.0).backward is None


def blank() -> NDArray[np.uint8]:
    return np.full((1200, 900), 250, dtype=np.uint8)


def screenshot() -> NDArray[np.uint8]:
    """A light window with straight sides on a dark desktop."""
    screen = np.full((900, 1400, 3), (40, 60, 90), dtype=np.uint8)
    screen[100:800, 200:1200] = 245
    text = text_page(600, 900, text_px=14)
    screen[150:750, 250:1150] = text[..., None]
    return screen


def screenshot_with_a_tilted_card() -> NDArray[np.uint8]:
    """A web page on which a picture of a leaf stands at a slant, with text above and below it."""
    screen = np.full((900, 1200, 3), 244, dtype=np.uint8)
    screen[20:150, 100:1100] = text_page(130, 1000, text_px=22)[..., None]
    screen[760:890, 100:1100] = text_page(130, 1000, text_px=14)[..., None]
    leaf = text_page(520, 420, text_px=14)
    flat = np.array([[0.0, 0.0], [420, 0], [420, 520], [0, 520]])
    tilted = homography(flat, np.array([[380.0, 190], [820, 230], [800, 700], [360, 750]]))
    inside = cv2.warpPerspective(np.full_like(leaf, 255), tilted, (1200, 900))
    screen = (screen * (1 - 0.3 * cv2.GaussianBlur(inside, (0, 0), 9)[..., None] / 255.0)).astype(np.uint8)
    screen[inside > 127] = cv2.warpPerspective(leaf, tilted, (1200, 900))[inside > 127][:, None]
    return screen


def scan_on_black() -> NDArray[np.uint8]:
    """A scan turned by two degrees before the black lid of the scanner: deskewing and cropping are others' work."""
    page = cv2.copyMakeBorder(text_page(1300, 900), 90, 90, 80, 80, cv2.BORDER_CONSTANT, value=8)
    turn = cv2.getRotationMatrix2D((530, 740), 2.0, 1.0)
    return np.asarray(cv2.warpAffine(page, turn, (1060, 1480), borderValue=8), dtype=np.uint8)


@pytest.mark.parametrize(
    "page",
    [
        text_page(),
        text_page(angle_deg=3.0),
        (text_page() > 128).astype(np.uint8) * 255,
        shaded(text_page()),
        np.repeat(text_page()[..., None], 3, axis=2),
        blank(),
        np.zeros((800, 600), dtype=np.uint8),
        photograph(),
        screenshot(),
        screenshot_with_a_tilted_card(),
        scan_on_black(),
        np.full((1, 1), 255, dtype=np.uint8),
        np.full((300, 4000, 3), 200, dtype=np.uint8),
    ],
    ids=[
        "flat",
        "skewed",
        "1-bit",
        "shaded",
        "colour",
        "blank",
        "black",
        "photo",
        "screenshot",
        "tilted card",
        "lid",
        "dot",
        "ribbon",
    ],
)
def test_what_is_not_a_warped_page_is_left_alone(page: NDArray[np.uint8]) -> None:
    move = dewarped(page)
    assert move.backward is None
    assert move.notes[0].startswith("left as it is: ")
    assert 0 <= move.estimates[0].confidence <= 1


def test_same_photo_same_map() -> None:
    photo = BentPage(bend_deg=40).photo(PAGE)
    one, two = dewarped(photo), dewarped(photo)
    assert one.backward is not None
    assert two.backward is not None
    assert np.array_equal(one.backward.dense(), two.backward.dense())


@settings(max_examples=30, derandomize=True)
@given(
    st.floats(-40, 40),
    st.floats(5, 50),
    st.floats(1.1, 1.7),
    st.floats(0.7, 1.1),
    st.sampled_from([(1120, 960), (900, 1600)]),
)
def test_the_aspect_follows_from_the_corners(
    turn_deg: float, tilt_deg: float, aspect: float, zoom: float, shape: tuple[int, int]
) -> None:
    bent = BentPage(aspect=aspect, turn_deg=turn_deg, tilt_deg=tilt_deg, zoom=zoom, shape=shape)
    corners = bent.seen(np.array([[0, 0], [1, 0], [1, aspect], [0, aspect]], dtype=np.float64))
    assert pose_of(corners, shape).aspect == pytest.approx(aspect, rel=0.06)


@settings(max_examples=30, derandomize=True)
@given(st.lists(st.floats(-0.2, 0.2), min_size=8, max_size=8))
def test_a_homography_takes_corners_to_corners(shifts: list[float]) -> None:
    unit = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    moved = unit + np.array(shifts).reshape(4, 2)
    assert project(homography(unit, moved), unit) == pytest.approx(moved, abs=1e-9)


def test_paper_formats_are_told_apart() -> None:
    assert paper_format(1.40) == ("A4", 297 / 210)
    assert paper_format(1.30) == ("Letter", 279.4 / 215.9)
    assert paper_format(0.71) == ("A4", 210 / 297)
    assert paper_format(1.0) is None


def test_the_spline_reproduces_planes_without_bending() -> None:
    rng = np.random.default_rng(0)
    at = rng.uniform(0, 1, (200, 2))
    rows, columns = 20, 16
    basis = spline_basis(at, (rows, columns))
    assert basis.sum(axis=1) == pytest.approx(np.ones(200))
    plane = (np.arange(rows)[:, None] * 2.0 + np.arange(columns)[None, :] * 3.0).ravel()
    assert plane @ bending((rows, columns)) @ plane == pytest.approx(0.0, abs=1e-6)
    fitted = np.linalg.lstsq(np.column_stack((at, np.ones(200))), basis @ plane, rcond=None)[1]
    assert fitted == pytest.approx(0.0, abs=1e-12)


def test_points_along_a_curve_are_even() -> None:
    curve = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 3.0]])
    steps = np.hypot(*np.diff(along(curve, 9), axis=0).T)
    assert steps == pytest.approx(np.full(8, 0.5))


@pytest.mark.data
def test_scans_of_real_pages_stay_as_they_are() -> None:
    folder = DATA / "pages"
    if not folder.is_dir():
        pytest.skip(f"needs the real pages of RECTO_DATA ({DATA})")
    for path in sorted(folder.glob("grey_150dpi/images/*.png"))[:6]:
        samples = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        assert dewarped(np.asarray(samples, dtype=np.uint8)).backward is None, path.name


@pytest.mark.data
@pytest.mark.parametrize(
    "name",
    ["train/monkcuper/images/H24.png", "train/monkcuper/images/H05.png", "train/phibd2012/images/H02.png"]
    + ["test/dibco2011/images/H03.png"],
)
def test_handwriting_stays_as_it_is(name: str) -> None:
    path = DATA / "binarization" / name
    if not path.is_file():
        pytest.skip(f"needs the real pages of RECTO_DATA ({DATA})")
    samples = np.asarray(cv2.imread(str(path)), dtype=np.uint8)
    assert dewarped(np.ascontiguousarray(samples[..., ::-1])).backward is None


@pytest.mark.slow
@pytest.mark.data
def test_real_photos_are_cut_out_and_levelled() -> None:
    folder = DATA / "dewarp" / "inv3d_real" / "images"
    if not folder.is_dir():
        pytest.skip(f"needs the real photos of RECTO_DATA ({DATA})")
    for name in (
        "01457_perspective_bright",
        "10388_curled_bright",
        "04394_fewfold_shadow",
        "04394_crumpleseasy_bright",
    ):
        photo = cv2.imread(str(folder / f"{name}.jpg"))
        move = dewarped(np.ascontiguousarray(photo[..., ::-1]))
        assert move.backward is not None, name
        warp = move.estimates[0]
        assert isinstance(warp, Warp)
        assert warp.paper == "A4"
        assert warp.unlevel_after < 0.03
