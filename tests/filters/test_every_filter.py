"""What holds for every filter in the catalogue with its default parameters."""

from __future__ import annotations

import math

import numpy as np
import pytest

from recto.blueprint import Filter, GeometryFilter, PixelFilter, ScaleFilter
from recto.pipeline import CATALOGUE, plan, run
from recto.raster import Dpi, Kind, Page
from tests.pages import photograph, shaded, text_page


def _pages() -> dict[str, Page]:
    grey = text_page(440, 330, text_px=14, seed=3)
    colour = np.dstack([shaded(grey), grey, grey // 2 + 100])
    dpi = Dpi(150.0, 150.0)
    return {
        "grey": Page.of(grey, dpi),
        "colour": Page.of(colour, dpi),
        "binary": Page.of(np.where(grey < 128, 0, 255).astype(np.uint8), dpi),
        "inverse": Page.of(255 - grey, dpi),
        "1x1": Page.of(np.full((1, 1), 200, np.uint8)),
        "1x1 colour": Page.of(np.full((1, 1, 3), 90, np.uint8)),
        "thin": Page.of(np.full((1, 3000), 255, np.uint8)),
        "tall": Page.of(np.random.default_rng(1).integers(0, 255, (3000, 2), dtype=np.uint8)),
        "long": Page.of(np.random.default_rng(3).integers(0, 255, (40, 20000), dtype=np.uint8)),
        "huge aspect": Page.of(np.random.default_rng(2).integers(0, 255, (7, 4000, 3), dtype=np.uint8)),
        "blank": Page.of(np.full((300, 200), 255, np.uint8)),
        "blank grey": Page.of(np.full((300, 200), 180, np.uint8)),
        "black": Page.of(np.zeros((300, 200), np.uint8)),
        "photograph": Page.of(photograph(240, 320)),
        "noise": Page.of(np.random.default_rng(4).integers(0, 255, (240, 320), dtype=np.uint8)),
    }


PAGES = _pages()


@pytest.fixture(params=sorted(CATALOGUE))
def chosen(request: pytest.FixtureRequest) -> Filter:
    return CATALOGUE[request.param]


@pytest.fixture(params=sorted(PAGES))
def page(request: pytest.FixtureRequest) -> Page:
    return PAGES[request.param]


def test_any_page_goes_through(chosen: Filter, page: Page) -> None:
    before = page.samples.copy()
    outcome = run(page, plan(chosen.name))

    assert np.array_equal(page.samples, before), "the input was written to"
    assert outcome.page.samples.dtype == np.uint8
    assert not outcome.page.samples.flags.writeable
    step = outcome.steps[0]
    if not step.changed:
        assert outcome.page is page
        assert step.notes, "a filter that leaves the page as it is says why"
        assert step.notes[-1].startswith("left as it is")
    for estimate in step.estimates:
        assert 0.0 <= estimate.confidence <= 1.0
        assert all(math.isfinite(v) for v in estimate.as_dict().values() if isinstance(v, float))


def test_shape_law(chosen: Filter, page: Page) -> None:
    after = run(page, plan(chosen.name)).page
    if isinstance(chosen, PixelFilter):
        assert after.shape == page.shape
        assert after.dpi == page.dpi
    if isinstance(chosen, ScaleFilter):
        assert after.shape == chosen.output_shape(page, chosen.params())
        assert (after.dpi is None) == (page.dpi is None)


def test_same_bytes_twice(chosen: Filter) -> None:
    for name in ("grey", "colour", "binary"):
        first, second = (run(PAGES[name], plan(chosen.name)).page for _ in range(2))
        assert first.kind is second.kind
        assert first.samples.tobytes() == second.samples.tobytes()


def test_blank_stays_blank(chosen: Filter) -> None:
    for name in ("blank", "black", "blank grey"):
        after = run(PAGES[name], plan(chosen.name)).page.samples
        assert after.min() == after.max(), f"{chosen.name} drew something on a {name} page"
    assert run(PAGES["blank"], plan(chosen.name)).page.samples.max() == 255


def test_kind_is_kept_unless_the_filter_makes_it_binary(chosen: Filter) -> None:
    for name in ("grey", "colour"):
        after = run(PAGES[name], plan(chosen.name)).page
        assert after.kind in {PAGES[name].kind, Kind.BINARY if chosen.name == "binarize" else PAGES[name].kind}


def test_every_parameter_is_described_and_has_a_default(chosen: Filter) -> None:
    chosen.params()
    for name, field in chosen.params.model_fields.items():
        assert field.description, f"{chosen.name}.{name} has no description"
    assert chosen.summary.endswith(".")


def test_geometry_filters_leave_photographs_and_blank_pages_alone(chosen: Filter) -> None:
    if not isinstance(chosen, GeometryFilter):
        pytest.skip("not a geometry filter")
    for name in ("blank", "blank grey", "black", "photograph", "noise", "1x1", "thin", "tall"):
        assert run(PAGES[name], plan(chosen.name)).page is PAGES[name], name
