"""The net: how upright a patch looks. One net for all four turns, so that it knows no favourite."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def _block(inputs: int, outputs: int, stride: int, size: int = 3) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
    )


class Uprightness(nn.Module):
    """Patches, shape (N, 1, 96, 96), to one score each, shape (N,).

    The score is a mean over places of the patch: every glyph gives its evidence, and the evidence adds up.
    """

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            _block(1, 12, 2, 5),
            _block(12, 24, 2),
            _block(24, 24, 1),
            _block(24, 48, 2),
            _block(48, 48, 1),
            _block(48, 64, 2),
            _block(64, 64, 1),
        )
        self.evidence = nn.Conv2d(64, 1, 1, bias=False)

    def forward(self, patches: Tensor) -> Tensor:
        return self.evidence(self.body(patches)).mean(dim=(1, 2, 3)) * 10.0


def scores_of_turns(net: nn.Module, patches: Tensor, turns: tuple[int, ...]) -> Tensor:
    """Scores of the patches turned counterclockwise by quarter turns: shape (N, len(turns))."""
    stacked = torch.cat([torch.rot90(patches, k, (2, 3)) for k in turns])
    scored: Tensor = net(stacked)
    return scored.reshape(len(turns), -1).T
