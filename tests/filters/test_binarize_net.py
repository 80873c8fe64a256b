"""The net of binarize: better where classical methods lose, and as careful as they are elsewhere."""

from __future__ import annotations

import json
import sys

import cv2
import numpy as np
import pytest

from recto import nets
from recto.filters.binarize import Binarize, BinarizeParams
from recto.filters.binarize.net import net_ink
from recto.filters.binarize.planes import half_depth, planes
from recto.raster import Kind, Page
from tests.filters.test_binarize import Mask, Samples, fm, ink_of, worn
from tests.pages import shaded, text_page


def bled(front: Samples, *, depth: float) -> Samples:
    """The page with another one shining through."""
    back = cv2.GaussianBlur(text_page(*front.shape, text_px=26, seed=2)[:, ::-1], (0, 0), 1.2)
    return np.asarray(front * (1 - depth * (1 - back / 255.0)), dtype=np.uint8)


@pytest.mark.parametrize(("text_px", "least"), [(16, 88), (26, 92), (40, 95)])
def test_the_net_finds_text_under_shadows(text_px: int, least: float) -> None:
    clean = text_page(text_px=text_px, seed=text_px)
    assert fm(ink_of(shaded(worn(clean)), method="net"), clean < 128) > least


def test_what_shines_through_is_not_ink() -> None:
    clean = text_page(text_px=26, seed=1)
    page = worn(bled(clean, depth=0.4))
    assert fm(ink_of(page, method="net"), clean < 128) > 91


def test_the_same_tone_is_ink_where_nothing_is_darker() -> None:
    clean = text_page(text_px=26, seed=1)
    pale = np.asarray(255 - (255 - clean) * 0.3, dtype=np.uint8)
    assert fm(ink_of(shaded(worn(pale, grain=2)), method="net"), clean < 128) > 88


def test_colour_is_looked_at_and_grey_is_enough() -> None:
    clean = worn(text_page(text_px=26))
    red = np.dstack([clean, clean // 2 + 60, clean // 2 + 60])
    for page in (clean, red):
        assert fm(ink_of(page, method="net"), text_page(text_px=26) < 128) > 90


def test_a_black_bed_around_the_page_is_not_ink() -> None:
    clean = text_page(text_px=26)
    framed = worn(clean)
    framed[:, :30] = framed[:25] = 12
    found = ink_of(framed, method="net")
    inner = np.s_[45:, 45:]
    assert fm(found[inner], clean[inner] < 128) > 90


@pytest.mark.parametrize("grain", [0, 3, 8])
def test_blank_paper_stays_blank(grain: float) -> None:
    rng = np.random.default_rng(3)
    paper = np.clip(rng.normal(205, grain, (700, 500)), 0, 255)
    lit = shaded(np.asarray(cv2.GaussianBlur(paper, (0, 0), 0.8), dtype=np.uint8), darkest=0.7)
    assert ink_of(lit, method="net").mean() < 0.001


def test_a_negative_stays_a_negative() -> None:
    clean = text_page()
    assert fm(~ink_of(worn(255 - clean), method="net"), clean < 128) > 85


def test_soft_is_the_likelihood() -> None:
    page = shaded(worn(text_page()))
    soft = Binarize().apply(Page.of(page), BinarizeParams(method="net", soft=True)).page
    assert soft is not None
    assert soft.kind is Kind.GREY
    assert np.array_equal(soft.samples < 128, ink_of(page, method="net"))
    assert len(np.unique(soft.samples)) > 50


def test_tiles_meet_without_a_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    page = shaded(worn(text_page(900, 1100)))
    whole = net_ink(page, page, soft=True)
    monkeypatch.setattr(sys.modules["recto.filters.binarize.net"], "_TILE_PX", 120_000)
    tiled = net_ink(page, page, soft=True)
    assert np.mean((whole < 128) != (tiled < 128)) < 0.0005


def test_the_same_page_larger_gives_the_same_ink() -> None:
    clean = text_page(600, 600, text_px=30)
    page = shaded(worn(clean))
    large = np.asarray(cv2.resize(page, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC), dtype=np.uint8)
    truth = cv2.resize(clean, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC) < 128
    assert fm(ink_of(large, method="net"), np.asarray(truth, dtype=bool)) > 92


@pytest.mark.parametrize("shape", [(1, 1), (1, 700), (700, 1), (7, 5), (33, 31)])
def test_small_pages_do_no_harm(shape: tuple[int, int]) -> None:
    samples = np.random.default_rng(1).integers(1, 250, shape).astype(np.uint8)
    assert ink_of(samples, method="net").shape == shape


def test_depth_is_measured_beside_the_ink_nearby() -> None:
    clean = text_page(700, 1400, text_px=26)
    pale = clean.astype(float)
    pale[:, 700:] = 255 - (255 - pale[:, 700:]) * 0.4
    grey = np.asarray(pale * 0.9, dtype=np.uint8)
    small = np.asarray(cv2.resize(grey, (350, 175), interpolation=cv2.INTER_AREA), dtype=np.uint8)
    half = half_depth(small, np.full_like(small, 229))
    assert half[:, :20].mean() > half[:, -20:].mean() + 5
    light, deep = (np.full_like(grey, level) for level in (229, int(half.mean())))
    seen = planes(grey, grey, light, deep)
    assert seen.shape == (4, 700, 1400)
    paper: Mask = clean == 255
    assert abs(int(np.median(seen[1][paper])) - 204) <= 2
    assert np.median(seen[3][paper]) == 0


def test_the_net_is_small_and_has_a_card() -> None:
    path = nets.WEIGHTS / "binarize.onnx"
    card = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    assert path.stat().st_size <= 2_000_000
    assert nets.load("binarize").card == card
    assert {"data", "metrics", "training_commit", "weaknesses"} <= card.keys()
