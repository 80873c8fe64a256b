"""The net: detail at full size, shapes at half size, a head per factor over a bilinear skip."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

FACTORS = (2, 3, 4)
FULL, HALF, LIFT, TAIL = 16, 48, 16, 16


class UpsampleNet(nn.Module):
    """Luma in 0 to 1, shape (N, 1, H, W) with even H and W, to the same at 2, 3 or 4 times the size.

    A page's strokes are simple and its letters few: most of the weights sit at half size, where a 3 × 3 kernel
    sees a quarter of a letter for a quarter of the cost (the idea of pixel-unshuffling, Shi et al. 2016).
    """

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Conv2d(1, FULL, 3, padding=1)
        self.down = nn.Conv2d(FULL * 4, HALF, 3, padding=1)
        self.body = nn.ModuleList(nn.Conv2d(HALF, HALF, 3, padding=1) for _ in range(4))
        self.lift = nn.Conv2d(HALF, LIFT * 4, 1)
        self.mix = nn.Conv2d(LIFT + FULL, TAIL, 3, padding=1)
        self.extra = nn.ModuleDict({str(k): nn.Conv2d(TAIL, 2 * TAIL, 3, padding=1) for k in (3, 4)})
        self.out = nn.ModuleDict(
            {str(k): nn.Conv2d(TAIL if k == 2 else 2 * TAIL, k * k, 3, padding=1) for k in FACTORS}
        )
        for head in self.out.values():
            nn.init.zeros_(head.weight)
            nn.init.zeros_(head.bias)

    def trunk(self, x: Tensor) -> Tensor:
        """What all factors share: ``TAIL`` features for each pixel."""
        fine = F.relu(self.head(x))
        coarse = F.relu(self.down(F.pixel_unshuffle(fine, 2)))
        for first, second in zip(self.body[::2], self.body[1::2], strict=True):
            coarse = F.relu(coarse + second(F.relu(first(coarse))))
        lifted = F.pixel_shuffle(F.relu(self.lift(coarse)), 2)
        return F.relu(self.mix(torch.cat((lifted, fine), 1)))

    def added(self, mixed: Tensor, factor: int) -> Tensor:
        """What is to be added to the bilinear enlargement, from the features."""
        if factor != 2:
            mixed = F.relu(self.extra[str(factor)](mixed))
        return F.pixel_shuffle(self.out[str(factor)](mixed), factor)

    def forward(self, x: Tensor, factor: int) -> Tensor:
        return self.added(self.trunk(x), factor).float() + F.interpolate(
            x.float(), scale_factor=factor, mode="bilinear", align_corners=False
        )
