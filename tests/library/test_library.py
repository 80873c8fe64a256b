"""The library's face, as a program that imports it sees it."""

from __future__ import annotations

import inspect
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import recto
from recto.codec import Limits, decode
from recto.errors import LimitError, RecipeError, UnreadableImageError
from recto.pipeline import CATALOGUE
from recto.raster import Page
from tests.pages import text_page

PAGE = text_page(400, 300, text_px=12, angle_deg=3.0)
README = Path(__file__).parents[2] / "README.md"


def tiff(*pages: np.ndarray[Any, Any]) -> bytes:
    first, *rest = (Image.fromarray(samples) for samples in pages)
    out = io.BytesIO()
    first.save(out, "TIFF", save_all=True, append_images=rest, dpi=(300, 300))
    return out.getvalue()


def test_every_kind_of_source_gives_the_same_page(tmp_path: Path) -> None:
    path = tmp_path / "page.png"
    Image.fromarray(PAGE).save(path)
    data = path.read_bytes()
    sources: list[Any] = [PAGE, Page.of(PAGE), path, str(path), data, bytearray(data), memoryview(data)]
    found = [recto.run(source, "deskew,binarize") for source in sources]
    for outcome in found:
        assert np.array_equal(outcome.page.samples, found[0].page.samples)
        assert outcome.estimates["skew"].as_dict()["angle_deg"] == pytest.approx(3.0, abs=0.1)
    assert set(np.unique(found[0].page.samples)) == {0, 255}


@pytest.mark.parametrize("source", [None, 3, Image.new("L", (4, 4)), [[1, 2]]])
def test_what_is_no_source_is_told_what_one_is(source: Any) -> None:
    with pytest.raises(TypeError, match=f"a path, .* not {type(source).__name__}; of a PIL picture"):
        recto.run(source, "deskew")


def test_a_page_of_many_is_chosen_and_all_are_walked_one_at_a_time() -> None:
    data = tiff(PAGE, np.full((50, 70), 255, np.uint8))
    assert recto.run(data, "", page=2).page.samples.shape == (50, 70)
    for absent in (3, 0, -1):
        with pytest.raises(UnreadableImageError, match=f"no page {absent}"):
            recto.run(data, "", page=absent)
    walked = recto.run_pages(data, "rotate")
    assert inspect.isgenerator(walked)
    assert [outcome.page.samples.shape for outcome in walked] == [(400, 300), (50, 70)]
    assert str(next(recto.run_pages(data, "")).page.dpi) == str(next(iter(decode(data))).dpi)


def test_limits_hold() -> None:
    with pytest.raises(LimitError, match="max_frames"):
        recto.run(tiff(PAGE, PAGE), "deskew", limits=Limits(max_frames=1))


def test_a_recipe_is_checked_before_the_source_is_opened() -> None:
    for wrong in ("deskw", [{"filter": "deskew", "angle": 1}], 7, None):
        with pytest.raises(RecipeError):
            recto.run("/nowhere.png", wrong)  # type: ignore[arg-type]
    with pytest.raises(RecipeError):
        recto.run_pages("/nowhere.png", "deskw")
    with pytest.raises(FileNotFoundError):
        recto.run("/nowhere.png", "deskew")


def test_one_step_is_a_recipe() -> None:
    step = {"filter": "rotate", "angle_deg": 90}
    for recipe in (step, [step], json.dumps(step), json.dumps([step])):
        assert np.array_equal(recto.run(PAGE, recipe).page.samples, np.rot90(PAGE, -1))


@pytest.mark.parametrize("name", CATALOGUE)
def test_each_filter_is_a_function_of_an_array(name: str) -> None:
    more = {"angle_deg": 7.0} if name == "rotate" else {"scale": 2} if name == "upsample" else {}
    found = getattr(recto, name)(PAGE, **more)
    assert np.array_equal(found, recto.run(PAGE, [{"filter": name, **more}]).page.samples)
    with pytest.raises(RecipeError if name != "rotate" else TypeError):
        getattr(recto, name)(PAGE, **more, nonsense=1)


def test_who_explores_it_finds_what_there_is() -> None:
    assert set(recto.__all__) <= set(dir(recto))
    assert set(CATALOGUE) | {"run", "run_pages"} == set(recto.__all__) - {"__version__"}
    with pytest.raises(AttributeError):
        _ = recto.nothing


def test_the_readmes_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Image.fromarray(np.stack([PAGE] * 3, axis=-1)).save("photo.jpg")
    text = README.read_text("utf-8")
    example = text.split("### Python\n")[1].split("```python\n")[1].split("```")[0]
    told: dict[str, Any] = {"array": PAGE}
    exec(example, told)
    assert told["outcome"].page.samples.shape[2] == 3
    assert told["straight"].shape != PAGE.shape
