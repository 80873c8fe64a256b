from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from recto.filters.whiten import Paper, Whiten, WhitenParams
from recto.raster import Dpi, Kind, Page
from tests.pages import photograph, shaded, text_page

Samples = NDArray[np.uint8]
INKS = {"black": (25, 25, 30), "red": (190, 30, 40), "blue": (30, 50, 160), "green": (20, 120, 60)}
CREAM = np.array((245, 232, 205)) / 255.0


def coloured(text_px: int = 30) -> tuple[Samples, Samples]:
    """White paper with a quarter of the lines in each ink, and the mask of the full ink as 0 to 3, 255 elsewhere."""
    clean = text_page(text_px=text_px)
    which = (np.arange(clean.shape[0])[:, None] // 120 % 4) * np.ones((1, clean.shape[1]), dtype=int)
    inks = np.array(list(INKS.values()), dtype=float)[which]
    cover = 1 - clean[..., None] / 255.0
    page = 255 * (1 - cover) + inks * cover
    core = cv2.erode((clean < 40).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    return page.astype(np.uint8), np.where(core, which, 255).astype(np.uint8)


def delta_e(a: Samples, b: Samples) -> NDArray[np.float64]:
    """CIE 1976 colour difference."""
    lab = [cv2.cvtColor((x / 255.0).astype(np.float32), cv2.COLOR_RGB2LAB).astype(float) for x in (a, b)]
    return np.linalg.norm(lab[0] - lab[1], axis=2)


def whitened(samples: Samples, **params: object) -> Samples:
    page = Whiten().apply(Page.of(samples), WhitenParams.model_validate(params)).page
    assert page is not None
    return page.samples


def test_paper_becomes_white_and_ink_keeps_its_colour() -> None:
    page, ink = coloured()
    dull = shaded((page * CREAM).astype(np.uint8), darkest=0.45)
    after = whitened(dull)
    paper = cv2.erode((page.min(axis=2) == 255).astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    assert np.percentile(after[paper], 1) >= 250
    for number in range(4):
        assert np.median(delta_e(after, page)[ink == number]) < 6


def test_grain_is_gone_from_the_paper() -> None:
    page = text_page().astype(float) * 0.8
    grainy = np.clip(page + np.random.default_rng(0).normal(0, 3, page.shape), 0, 255).astype(np.uint8)
    after = whitened(grainy)
    paper = cv2.erode((text_page() == 255).astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    assert after[paper].mean() > 252


def test_a_picture_keeps_its_gradation() -> None:
    page, _ = coloured()
    page = np.vstack([page, np.full((600, page.shape[1], 3), 255, np.uint8)])
    page[1150:1650, 150:650] = photograph(500, 500)
    after = whitened((page * CREAM).astype(np.uint8))
    inside = np.s_[1200:1600, 200:600]
    assert np.median(delta_e(after, page)[inside]) < 8
    correlation = np.corrcoef(after[inside].ravel().astype(float), page[inside].ravel().astype(float))[0, 1]
    assert correlation > 0.97


def test_highlighter_stays() -> None:
    page, _ = coloured()
    page[240:360] = (page[240:360] * (1.0, 0.95, 0.35)).astype(np.uint8)
    after = whitened((page * 0.8).astype(np.uint8))
    yellow = after[300, 20:40].astype(int)
    assert (yellow[:, 0] - yellow[:, 2] > 90).all()


def test_a_photograph_without_paper_is_left() -> None:
    change = Whiten().apply(Page.of(photograph()), WhitenParams())
    assert change.page is None
    assert change.notes[0].startswith("left as it is")


@pytest.mark.parametrize("tone", [0, 20])
def test_a_black_page_is_left(tone: int) -> None:
    assert Whiten().apply(Page.of(np.full((90, 80, 3), tone, dtype=np.uint8)), WhitenParams()).page is None


def test_white_paper_is_left_byte_for_byte() -> None:
    assert Whiten().apply(Page.of(text_page()), WhitenParams()).page is None
    assert Whiten().apply(Page.of(text_page() < 128), WhitenParams()).page is None


def test_grey_stays_grey_and_resolution_stays() -> None:
    change = Whiten().apply(Page.of(shaded(text_page()), Dpi(300, 300)), WhitenParams())
    assert change.page is not None
    assert change.page.kind is Kind.GREY
    assert change.page.dpi == Dpi(300, 300)


def test_strength_goes_from_the_page_to_white() -> None:
    dull = shaded((text_page() * 0.8).astype(np.uint8))
    means = [whitened(dull, strength=s).mean() for s in (0.3, 0.6, 1.0)]
    assert dull.mean() < means[0] < means[1] < means[2]
    assert Whiten().apply(Page.of(dull), WhitenParams(strength=0.0)).page is None


def test_the_paper_is_reported() -> None:
    page, _ = coloured()
    (found,) = Whiten().inspect(Page.of((page * CREAM).astype(np.uint8)), WhitenParams())
    assert isinstance(found, Paper)
    assert abs(found.red - 245) < 6
    assert abs(found.blue - 205) < 6
    assert found.evenness > 0.95
    assert found.confidence > 0.8


def shadow(shape: tuple[int, ...], penumbra_px: float) -> NDArray[np.float32]:
    """A slanting shadow of a blue sky over the page's right half, as shares of the light per channel."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    lit = 0.5 - 0.5 * np.tanh((x - 0.55 * shape[1] + 0.2 * y) / (2 * penumbra_px))
    return np.asarray(lit[..., None] + (1 - lit[..., None]) * np.array((0.42, 0.47, 0.56)), dtype=np.float32)


def paper_of(page: Samples) -> NDArray[np.bool_]:
    return cv2.erode((page.min(axis=2) == 255).astype(np.uint8), np.ones((9, 9), np.uint8)) > 0


@pytest.mark.parametrize("penumbra_px", [1.5, 6.0, 25.0])
def test_a_shadow_of_another_hue_goes_with_its_edge(penumbra_px: float) -> None:
    page, ink = coloured()
    after = whitened((page * CREAM * shadow(page.shape, penumbra_px)).astype(np.uint8))
    assert np.mean(after[paper_of(page)].min(axis=1) >= 250) > 0.97
    for number in range(4):
        assert np.median(delta_e(after, page)[ink == number]) < 8


def test_what_the_sun_reaches_is_no_coloured_box() -> None:
    page, _ = coloured()
    sky = (page * np.array((0.55, 0.64, 0.76))).astype(np.float32)
    y, x = np.mgrid[: page.shape[0], : page.shape[1]]
    near = (0.5 - 0.5 * np.tanh((np.hypot(x - 200, y - 300) - 150) / 16.0))[..., None]
    after = whitened((sky * (1 + near * np.array((0.42, 0.28, 0.16)))).astype(np.uint8))
    assert np.mean(after[paper_of(page)].min(axis=1) >= 250) > 0.97


@pytest.mark.parametrize(
    ("tone", "in_shadow"),
    [
        ((205, 222, 246), False),
        ((128, 148, 180), False),
        ((214, 214, 214), False),
        ((128, 148, 180), True),
        ((70, 72, 80), True),
        ((120, 60, 20), True),
    ],
)
def test_printed_boxes_keep_their_tone(tone: tuple[int, int, int], in_shadow: bool) -> None:
    page, _ = coloured()
    page[380:425, 60:-60] = tone
    page[520:640, 60:300] = tone
    light = shadow(page.shape, 6.0) if in_shadow else np.float32(0.85)
    after = whitened((page * light).astype(np.uint8))
    for box in (np.s_[385:420, 70:-70], np.s_[525:635, 70:290]):
        assert np.median(np.abs(after[box].reshape(-1, 3).astype(int) - tone), axis=0).max() <= 25


def test_light_letters_in_a_dark_bar_stay_in_it() -> None:
    page, _ = coloured()
    bar = np.s_[400:470, 60:-60]
    letters = text_page(text_px=26)[30:100, 60 : 60 + page[bar].shape[1]]
    page[bar] = np.where(letters[..., None] < 128, np.array((225, 190, 90)), np.array((75, 50, 20)))
    after = whitened((page * shadow(page.shape, 4.0)).astype(np.uint8))
    body = cv2.erode((letters == 255).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    assert np.percentile(after[bar][body].max(axis=1), 95) < 130


def test_pale_print_is_deepened_when_asked_and_nothing_else_is() -> None:
    page, ink = coloured()
    page[:120] = (255 - (255 - page[:120].astype(float)) * 0.4).astype(np.uint8)
    page[480:640, 60:300] = (225, 225, 225)
    dull = (page * shadow(page.shape, 6.0)).astype(np.uint8)
    plain, deep = whitened(dull), whitened(dull, deepen=1.0)
    pale = (ink == 0) & (np.arange(len(ink))[:, None] < 120)
    assert np.median(deep[pale]) < np.median(plain[pale]) - 60
    assert np.median(delta_e(deep, plain)[ink == 1]) < 5
    assert np.array_equal(deep[500:620, 80:280], plain[500:620, 80:280])
    assert (deep.astype(int) <= plain.astype(int)).all()


def pale_print_on_white() -> tuple[Samples, NDArray[np.bool_]]:
    """White paper with print of tone 180, a pale box and a photograph; and where the strokes are full."""
    clean = text_page(text_px=30)
    page = np.dstack([255 - (255 - clean.astype(float)) * (75 / 255)] * 3).astype(np.uint8)
    page[520:640, 60:300] = (225, 225, 225)
    page = np.vstack([page, np.full((600, page.shape[1], 3), 255, np.uint8)])
    page[1150:1650, 150:650] = photograph(500, 500)
    core = np.zeros(page.shape[:2], dtype=bool)
    core[:480] = cv2.erode((clean < 40).astype(np.uint8), np.ones((3, 3), np.uint8))[:480] > 0
    return page, core


@pytest.mark.parametrize("strength", [0.0, 1.0])
def test_pale_print_on_white_paper_is_deepened_when_asked(strength: float) -> None:
    page, core = pale_print_on_white()
    assert Whiten().apply(Page.of(page), WhitenParams(strength=strength)).page is None
    deep = whitened(page, strength=strength, deepen=1.0)
    assert np.median(page[core]) == 180
    assert np.median(deep[core]) < 130
    for kept in (np.s_[540:620, 80:280], np.s_[1200:1600, 200:600]):
        assert np.array_equal(deep[kept], page[kept])
    assert (deep[paper_of(page)] == 255).all()


def test_dull_paper_keeps_its_tone_when_print_alone_is_deepened() -> None:
    clean = text_page()
    dull = (200 - (255 - clean.astype(float)) * (75 / 255)).astype(np.uint8)
    deep = whitened(dull, strength=0.0, deepen=1.0)
    paper = cv2.erode((clean == 255).astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    assert np.array_equal(deep[paper], dull[paper])
    assert np.median(deep[clean == 0]) < 90


@pytest.mark.parametrize("keep_pictures", [True, False])
def test_a_binary_page_is_judged_like_the_same_page_in_grey(keep_pictures: bool) -> None:
    page = text_page() >= 128
    page = np.vstack([page, np.ones((600, page.shape[1]), dtype=bool)])
    page[1150:1650, 150:650] = photograph(500, 500)[..., 0] > np.random.default_rng(0).integers(0, 256, (500, 500))
    for rows in (1100, None):
        params = WhitenParams(keep_pictures=keep_pictures)
        binary = Page.of(~page[:rows])
        assert binary.kind is Kind.BINARY
        both = [Whiten().inspect(p, params) for p in (binary, Page(binary.samples, Kind.GREY))]
        assert both[0] == both[1]
