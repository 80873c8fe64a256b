"""Inputs that most tests of the command line use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.cli.commands import end_all
from tests.pages import text_page


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    path = tmp_path / "scan.png"
    Image.fromarray(text_page(700, 500, text_px=14, angle_deg=3.0)).save(path, dpi=(150, 150))
    return path


@pytest.fixture
def fax(tmp_path: Path) -> Path:
    path = tmp_path / "fax.tif"
    frames = [Image.fromarray(text_page(300, 220, text_px=12, seed=s)).convert("1") for s in range(3)]
    frames[0].save(path, save_all=True, append_images=frames[1:], compression="group4", dpi=(200, 200))
    return path


@pytest.fixture(autouse=True)
def _leave_no_process() -> Iterator[None]:
    yield
    end_all()
