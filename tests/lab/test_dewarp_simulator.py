"""The simulated photos of bent sheets that the net of ``dewarp`` learns from: their maps must be exact."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from lab.training.dewarp.flat_pages import TEXTURE, FlatPages
from lab.training.dewarp.paper import KINDS, Floats, Sheets, bent_sheet, flat_mesh, strain
from lab.training.dewarp.samples import SHAPES, Simulator
from lab.training.dewarp.view import STEP_PX, View, photographed
from recto.filters.dewarp.coarse_net import near_frame, planes

ASPECT = 1.4142


def checked_page() -> NDArray[np.uint8]:
    """Dark words in rows on white, without a font."""
    rng = np.random.default_rng(4)
    page = np.full((*TEXTURE, 3), 245, np.uint8)
    for y in range(30, TEXTURE[0] - 30, 18):
        x = 30
        while x < TEXTURE[1] - 60:
            wide = int(rng.integers(10, 40))
            page[y : y + 8, x : x + wide] = 20
            x += wide + 9
    return page


def simulator() -> Simulator:
    sheets = [bent_sheet(np.random.default_rng(k), kind, ASPECT) for k, kind in enumerate(KINDS)]
    rng = np.random.default_rng(1)
    desks = rng.integers(60, 130, (2, 384, 384, 3)).astype(np.uint8)
    return Simulator(
        FlatPages(checked_page()[None], np.array([ASPECT])),
        Sheets(np.stack(sheets).astype(np.float32), np.full(len(KINDS), ASPECT), np.arange(len(KINDS))),
        desks,
    )


def turned_view(points: Floats, seed: int) -> View:
    return photographed(points, np.random.default_rng(seed), (256, 192))


@pytest.mark.parametrize("kind", KINDS)
def test_paper_bends_but_does_not_stretch(kind: str) -> None:
    sheet = bent_sheet(np.random.default_rng(2), kind, ASPECT)
    assert strain(sheet, flat_mesh(ASPECT)) < 0.01
    assert np.ptp(sheet[..., 2]) > 1e-3


@pytest.mark.parametrize("kind", KINDS)
def test_reading_a_picture_is_the_inverse_of_seeing_a_page(kind: str) -> None:
    view = turned_view(bent_sheet(np.random.default_rng(3), kind, ASPECT), 8)
    page, known = view.read()
    rows, columns = np.nonzero(known & (page >= 0).all(axis=2) & (page <= 1).all(axis=2))
    assert len(rows) > 500
    seen = view.seen(page[rows, columns].astype(np.float64))
    wanted = STEP_PX * np.stack((columns, rows), axis=1) + 0.5
    assert np.abs(seen - wanted).max() < 0.3
    assert np.abs(seen - wanted).mean() < 0.08


def test_a_large_photo_is_known_all_over_the_sheet() -> None:
    view = photographed(flat_mesh(ASPECT), np.random.default_rng(4), (1400, 1050))
    _, known = view.read()
    at = view.seen(np.random.default_rng(1).uniform(0.01, 0.99, (4000, 2)))
    in_frame = at[((at > 4) & (at < (1045, 1395))).all(axis=1)]
    cells = np.rint((in_frame - 0.5) / STEP_PX).astype(int)
    assert known[cells[:, 1], cells[:, 0]].mean() > 0.995


@pytest.mark.parametrize("kind", ["flat", "curl", "few folds", "easy crumples"])
def test_flattening_a_photo_by_its_exact_map_gives_the_page_back(kind: str) -> None:
    camera = simulator()
    sheet = camera.sheets.points[KINDS.index(kind)].astype(np.float64)
    view = photographed(sheet, np.random.default_rng(5), (1024, 768))
    scene = camera.scene(sheet, ASPECT, view, np.random.default_rng(6))
    height, width = TEXTURE
    v, u = np.meshgrid((np.arange(height) + 0.5) / height, (np.arange(width) + 0.5) / width, indexing="ij")
    at = view.seen(np.stack((u.ravel(), v.ravel()), axis=1)).astype(np.float32).reshape(height, width, 2)
    flat = cv2.cvtColor(cv2.remap(scene.photo, at[..., 0], at[..., 1], cv2.INTER_LINEAR), cv2.COLOR_RGB2GRAY)
    inner = (slice(20, -20), slice(20, -20))
    rows_cut = (at[..., 0] >= 0) & (at[..., 1] >= 0) & (at[..., 0] <= 767) & (at[..., 1] <= 1023)
    seen = rows_cut[inner]
    assert seen.mean() > 0.6
    light = cv2.blur(flat.astype(np.float32), (61, 61))
    ink = (flat - light)[inner][seen]
    truth = cv2.cvtColor(np.asarray(scene.flat), cv2.COLOR_RGB2GRAY)[inner][seen]
    assert np.corrcoef(ink, truth)[0, 1] > 0.8
    moved = np.roll(truth.astype(np.float64), 12)
    assert np.corrcoef(ink, moved)[0, 1] < 0.5


def test_the_same_seed_gives_the_same_sample() -> None:
    camera = simulator()
    one, other = (camera.sample(np.random.default_rng(9), SHAPES[0], near=True) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("near", [False, True])
def test_a_sample_says_where_its_cells_lie(near: bool) -> None:
    sample = simulator().sample(np.random.default_rng(12), SHAPES[0], near=near)
    height, width = SHAPES[0]
    assert sample.photo.shape == (height, width, 3)
    assert sample.page.shape == (2, height // 8, width // 8)
    assert sample.planes.shape == (5, height // 8, width // 8)
    on_page = cv2.resize(sample.inside, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA) > 0.99
    assert on_page.any()
    assert sample.known[on_page].all()
    assert (sample.page[:, on_page] > -0.01).all()
    assert (sample.page[:, on_page] < 1.01).all()
    assert bool(sample.planes[4, 0, 0]) is near


def test_a_near_look_puts_the_corners_where_the_planes_say() -> None:
    corners = np.array([[30.0, 40.0], [150.0, 50.0], [160.0, 220.0], [20.0, 200.0]])
    told = planes((256, 192), corners, (256, 192))
    matrix = near_frame(corners, (256, 192))
    first = matrix @ (30.0, 40.0, 1.0)
    column, row = (first[:2] / first[2] + 0.5) / 8 - 0.5
    for plane in told[:2]:
        assert abs(cv2.remap(plane, np.float32([[column]]), np.float32([[row]]), cv2.INTER_LINEAR)[0, 0]) < 0.01


def test_from_straight_above_depth_is_not_seen_in_the_middle() -> None:
    corners = np.array([[40.0, 40.0], [152.0, 40.0], [152.0, 198.0], [40.0, 198.0]]) + (-0.5, 8.5)
    told = planes((256, 192), corners, (256, 192))
    assert np.abs(told[2:4, 15:17, 11:13]).max() < 0.1
    assert told[2, 16, 0] > 0.1 > -0.1 > told[2, 16, -1]
