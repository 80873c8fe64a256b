"""What becomes of the net's answer: exact answers must give exact maps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from recto.filters.dewarp import coarse_net
from recto.filters.dewarp.camera import project
from recto.filters.dewarp.coarse_net import RIM, coarse_map, first_look, near_frame
from tests.filters.bent_page import BentPage, Floats


@dataclass
class Knowing:
    """A net that knows the page, and is asked in pixels of whatever it is shown."""

    page: BentPage
    corners: Floats | None
    blind: bool = False
    looks: int = 0

    def run(self, photo: NDArray[np.float32], planes: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        self.looks += 1
        shape = (photo.shape[2], photo.shape[3])
        near = bool(planes[0, 4, 0, 0])
        height, width = self.page.shape
        rows, columns = shape[0] // 8, shape[1] // 8
        y, x = np.meshgrid(np.arange(rows) * 8 + 3.5, np.arange(columns) * 8 + 3.5, indexing="ij")
        at = np.stack((x.ravel(), y.ravel()), axis=1)
        if near:
            frame = near_frame(self.corners if self.corners is not None else self.page_corners(), shape)
            at = project(np.linalg.inv(frame), at)
        else:
            at = (at + 0.5) * (width / shape[1], height / shape[0]) - 0.5
        read = self.page.read(at) / (1, self.page.aspect)
        read = np.nan_to_num(read, nan=-1.0)
        inside = ((read > 0) & (read < 1)).all(axis=1)
        logit = np.where(inside & (not self.blind), 6.0, -6.0)
        mask = np.kron(logit.reshape(rows, columns), np.ones((2, 2)))
        return [read.T.reshape(1, 2, rows, columns).astype(np.float32), mask[None, None].astype(np.float32)]

    def page_corners(self) -> Floats:
        a = self.page.aspect
        return self.page.seen(np.array([[0.0, 0], [1, 0], [1, a], [0, a]]))


def shown(monkeypatch: pytest.MonkeyPatch, net: Knowing) -> None:
    def load(name: str) -> Any:
        assert name == "dewarp"
        return net

    monkeypatch.setattr(coarse_net, "load", load)


def off(page: BentPage, grid: Floats) -> float:
    """Mean distance from the truth in pixels."""
    rows, columns = grid.shape[:2]
    v, u = np.meshgrid(np.linspace(0, page.aspect, rows), np.linspace(0, 1, columns), indexing="ij")
    truth = page.seen(np.stack((u.ravel(), v.ravel()), axis=1)).reshape(grid.shape)
    return float(np.hypot(*np.moveaxis(grid - truth, 2, 0)).mean())


@pytest.mark.parametrize(
    "page", [BentPage(), BentPage(bend_deg=60, turn_deg=-4), BentPage(aspect=0.7071, bend_deg=30, tilt_deg=10)]
)
def test_an_exact_answer_gives_an_exact_map(monkeypatch: pytest.MonkeyPatch, page: BentPage) -> None:
    photo = page.photo(np.full((400, 300), 240, np.uint8))
    told = Knowing(page, None)
    corners = told.page_corners() + [[6, -5], [-4, 3], [5, 6], [-6, 4]]
    shown(monkeypatch, Knowing(page, corners))
    found = coarse_map(photo, corners)
    assert found is not None
    assert found.grid.shape == (25, 19, 2)
    assert found.confidence > 0.8
    assert off(page, found.grid) < 0.006 * max(page.shape)


def test_nothing_seen_gives_no_map(monkeypatch: pytest.MonkeyPatch) -> None:
    page = BentPage()
    shown(monkeypatch, Knowing(page, None, blind=True))
    assert coarse_map(page.photo(np.full((400, 300), 240, np.uint8))) is None


def test_the_frame_of_a_near_look_holds_the_corners_inside_its_rim() -> None:
    corners = np.array([[300.0, 200.0], [900.0, 260.0], [980.0, 1300.0], [200.0, 1200.0]])
    at = project(near_frame(corners, (256, 192)), corners)
    assert at[0] == pytest.approx([192 * RIM - 0.5, 256 * RIM - 0.5])
    assert at[2] == pytest.approx([192 * (1 - RIM) - 0.5, 256 * (1 - RIM) - 0.5])


def test_the_first_look_tells_where_the_page_is(monkeypatch: pytest.MonkeyPatch) -> None:
    page = BentPage(turn_deg=20)
    shown(monkeypatch, Knowing(page, None))
    photo = page.photo(np.full((400, 300), 240, np.uint8))
    chance = first_look(photo).chance
    middle = page.seen(np.array([[0.5, page.aspect / 2]]))[0] / page.shape[::-1] * chance.shape[::-1]
    assert chance[int(middle[1]), int(middle[0])] > 0.9
    assert chance[0, 0] < 0.1


def test_a_first_look_that_was_taken_is_not_taken_again(monkeypatch: pytest.MonkeyPatch) -> None:
    page = BentPage(turn_deg=5)
    photo = page.photo(np.full((400, 300), 240, np.uint8))
    net = Knowing(page, None)
    shown(monkeypatch, net)
    once = coarse_map(photo)
    assert net.looks == 2
    look = first_look(photo)
    again = coarse_map(photo, first=look)
    assert net.looks == 4
    assert once is not None
    assert again is not None
    assert np.array_equal(once.grid, again.grid)


def test_the_net_that_ships_sees_a_page_on_a_table_of_its_brightness() -> None:
    rng = np.random.default_rng(3)
    print_ = np.full((1131, 800), 235, np.uint8)
    for y in range(90, 1040, 26):
        print_[y : y + 9, 90:700] = np.where(rng.random((1, 610)) < 0.7, 40, 235)
    page = BentPage(turn_deg=12, bend_deg=25)
    found = coarse_map(page.photo(print_, table=205))
    assert found is not None
    assert found.confidence > 0.6
    assert off(page, found.grid) < 0.05 * max(page.shape)
