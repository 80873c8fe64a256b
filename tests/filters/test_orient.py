"""Pages of text come upright whichever way they lie; what is no text, or cannot be told, is left alone."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from recto.filters.orient import Orient, OrientParams
from recto.filters.orient.text_patches import as_ink, text_map, text_patches
from recto.filters.orient.upright import vote
from recto.raster import Dpi, Kind, Page, resample
from tests.pages import photograph, shaded, text_page

DATA = Path(os.environ.get("RECTO_DATA", "../shared/data"))
TURNS = (0, 90, 180, 270)


def lying(upright: NDArray[np.uint8], angle_deg: int) -> NDArray[np.uint8]:
    """The page turned clockwise by ``angle_deg``."""
    return np.ascontiguousarray(np.rot90(upright, -(angle_deg // 90)))


def applied(page: Page, params: OrientParams | None = None) -> Page:
    move = Orient().find(page, params or OrientParams())
    if move.backward is None:
        return page
    return resample(page, move.backward, dpi=move.dpi, fill=move.fill)


@pytest.mark.parametrize("angle_deg", TURNS)
def test_a_page_of_text_comes_upright(angle_deg: int) -> None:
    upright = text_page(seed=2)
    page = Page.of(lying(upright, angle_deg), Dpi(200, 100))
    move = Orient().find(page, OrientParams())
    (found,) = move.estimates
    assert found.as_dict()["angle_deg"] == angle_deg
    assert found.confidence >= OrientParams().min_confidence
    assert np.array_equal(applied(page).samples, upright)
    if angle_deg in (90, 270):
        assert move.dpi == Dpi(100, 200)
    elif angle_deg == 180:
        assert move.dpi == Dpi(200, 100)
    else:
        assert move.backward is None


@pytest.mark.parametrize("angle_deg", TURNS)
@pytest.mark.parametrize("wear", ["binary", "colour", "inverse", "shaded", "small", "large", "faint", "skewed"])
def test_wear_and_kind_do_not_matter(angle_deg: int, wear: str) -> None:
    upright = text_page(seed=3, angle_deg=-9.0 if wear == "skewed" else 0.0, text_px=30 if wear == "large" else 18)
    worn = {
        "binary": lambda p: np.where(p > 140, 255, 0).astype(np.uint8),
        "colour": lambda p: np.stack((p, p // 2 + 90, p // 3 + 60), axis=2),
        "inverse": lambda p: 255 - p,
        "shaded": shaded,
        "small": lambda p: cv2.resize(p, None, fx=0.7, fy=0.7, interpolation=cv2.INTER_AREA),
        "faint": lambda p: (p // 6 + 170).astype(np.uint8),
    }.get(wear, lambda p: p)(upright)
    page = Page.of(lying(np.asarray(worn, dtype=np.uint8), angle_deg))
    out = applied(page)
    assert out.kind is page.kind
    assert np.array_equal(out.samples, worn)


def test_turning_twice_is_turning_once() -> None:
    once = applied(Page.of(lying(text_page(seed=4), 270)))
    assert applied(once) is once


@pytest.mark.parametrize(
    "samples",
    [
        np.full((1, 1), 255, np.uint8),
        np.full((1, 5000), 0, np.uint8),
        np.full((5000, 1), 130, np.uint8),
        np.full((900, 700), 255, np.uint8),
        np.zeros((900, 700), np.uint8),
        photograph(),
        np.random.default_rng(0).integers(0, 256, (700, 900), dtype=np.uint8),
        np.tile(np.repeat(np.array([0, 255], np.uint8), 12), (600, 30)),
    ],
    ids=["dot", "row", "column", "blank", "black", "photograph", "noise", "stripes"],
)
def test_pages_without_text_are_left_alone(samples: NDArray[np.uint8]) -> None:
    page = Page.of(samples)
    move = Orient().find(page, OrientParams())
    assert move.backward is None
    assert move.notes[0].startswith("left as it is: ")
    assert all(0 <= e.confidence <= 1 for e in move.estimates)


def test_marks_that_look_alike_both_ways_do_not_turn_a_page() -> None:
    page = np.full((900, 700), 255, np.uint8)
    for y in range(80, 820, 40):
        for x in range(80, 620, 24):
            cv2.circle(page, (x, y), 7, 0, 2)
    assert Orient().find(Page.of(page), OrientParams()).backward is None


def test_the_gate_decides() -> None:
    page = Page.of(lying(text_page(seed=5), 180))
    assert Orient().find(page, OrientParams(min_confidence=1.0)).backward is None
    assert Orient().find(page, OrientParams(min_confidence=0.0)).backward is not None


def test_a_page_with_two_halves_against_each_other_is_left() -> None:
    half = text_page(560, 800, seed=6)
    page = Page.of(np.concatenate((half, lying(half, 180))))
    move = Orient().find(page, OrientParams())
    assert move.backward is None


def test_patches_bring_all_type_to_one_size() -> None:
    sizes = []
    for text_px in (14, 28, 56):
        page = text_page(1100, 900, text_px=text_px, seed=1)
        found = text_map(page)
        assert found is not None
        sizes.append(found.glyph_px / text_px)
        assert text_patches(page, found, limit=4)
    assert max(sizes) < 1.5 * min(sizes)


def test_polarity_and_contrast_are_gone_from_a_patch() -> None:
    patch = text_page(300, 300, text_px=14)[70:166, 70:166]
    ink = as_ink(patch)
    assert np.allclose(ink, as_ink((255 - patch).astype(np.uint8)), atol=0.02)
    assert np.allclose(ink, as_ink((patch // 2 + 60).astype(np.uint8)), atol=0.05)


def test_patches_that_disagree_lower_the_confidence() -> None:
    sure = np.log(np.array([[0.01, 0.01, 0.97, 0.01]] * 6))
    torn = np.concatenate((sure[:3], np.roll(sure[:3], 2, axis=1)))
    assert vote(sure)[0] == 180
    assert vote(torn)[1] < 0.5 < vote(sure)[1]
    assert vote(sure[:1])[1] < vote(sure)[1]


def test_patches_that_say_nothing_do_not_count() -> None:
    sure = np.log(np.array([[0.97, 0.01, 0.01, 0.01]] * 4))
    silent = np.full((12, 4), np.log(0.25))
    assert vote(np.concatenate((sure, silent)))[1] > 0.98 * vote(sure)[1]
    assert vote(silent)[1] < 0.1


@pytest.mark.data
@pytest.mark.parametrize("folder", ["unlv_3b", "old_books", "grey_150dpi"])
def test_real_pages_come_upright(folder: str) -> None:
    files = sorted((DATA / "pages" / folder / "images").glob("*"))[3:30:9] if DATA.is_dir() else []
    if not files:
        pytest.skip("RECTO_DATA has no pages")
    for k, file in enumerate(files):
        upright = np.asarray(cv2.imread(str(file), cv2.IMREAD_GRAYSCALE), dtype=np.uint8)
        page = Page(lying(upright, TURNS[1 + k % 3]), Kind.GREY)
        assert np.array_equal(applied(page).samples, upright), file.name
