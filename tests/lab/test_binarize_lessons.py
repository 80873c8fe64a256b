"""What the net of binarize learns from: pieces and their truth stay together, teachers are asked from all sides."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: no training here")

from lab.training.binarize import papers  # noqa: E402
from lab.training.binarize.patches import PIECE_PX  # noqa: E402
from lab.training.binarize.pool import cut  # noqa: E402
from lab.training.binarize.self_taught import taught  # noqa: E402
from lab.training.binarize.train import thin_strokes  # noqa: E402


@pytest.mark.parametrize("side", [256, 512])
def test_planes_and_truth_are_turned_together(side: int) -> None:
    rng = np.random.default_rng(1)
    luma = rng.integers(0, 256, (PIECE_PX, PIECE_PX)).astype(np.uint8)
    piece = np.stack((luma, luma, luma, luma, np.where(luma < 99, 255, 0).astype(np.uint8)))
    for _ in range(8):
        seen, ink = cut(piece, rng, side)
        assert seen.shape == (4, side, side)
        assert np.array_equal(ink > 0.5, seen[0] * 255 < 98.5)


def test_thin_strokes_are_those_under_five_pixels() -> None:
    truth = np.zeros((1, 1, 40, 40), dtype=np.float32)
    truth[..., 5:8, :] = 1
    truth[..., 20:29, :] = 1
    found = thin_strokes(truth)[0, 0]
    assert found[5:8].all()
    assert not found[20:29].any()
    assert not found[truth[0, 0] == 0].any()


def test_a_teacher_is_asked_from_all_sides() -> None:
    class Leaning(torch.nn.Module):
        """Believes what lies at its left."""

        def forward(self, planes: torch.Tensor) -> torch.Tensor:
            return 4 - 8 * torch.roll(planes[:, :1], 5, 3)

    page = np.full((96, 96, 3), 255, dtype=np.uint8)
    page[40:56, 40:56] = 0
    found = taught(Leaning(), page)
    for turn in range(4):
        assert np.abs(found.astype(int) - np.rot90(found, turn)).max() <= 3
    assert found[48, 48] > 200
    assert found[5, 5] < 20


@pytest.mark.parametrize("layer", [papers.crumples, papers.specks, papers.bands, papers.flaked, papers.ruled])
def test_damage_is_a_factor(layer: Callable[[np.random.Generator, int], papers.Plane]) -> None:
    planes = np.stack([layer(np.random.default_rng(seed), 96) for seed in range(6)])
    assert planes.shape == (6, 96, 96)
    assert planes.min() >= 0
    assert planes.max() <= 1.5
    assert planes.std() > 0
