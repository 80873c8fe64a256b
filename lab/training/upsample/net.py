"""The net: detail at full size, shapes at half size, a head per factor over a bilinear skip."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

FACTORS = (2, 3, 4)
FULL, HALF, LIFT, TAIL = 16, 48, 16, 16
ROUNDS = {2: 3, 3: 4, 4: 4}
"""How many pairs of convolutions look at the shapes, by factor: a larger factor has more to draw and fewer pixels."""


class UpsampleNet(nn.Module):
    """Luma in 0 to 1, shape (N, 1, H, W) with even H and W, to the same at 2, 3 or 4 times the size.

    A page's strokes are simple and its letters few: most of the weights sit at half size, where a 3 × 3 kernel
    sees a quarter of a letter for a quarter of the cost (the idea of pixel-unshuffling, Shi et al. 2016). There are
    two pairs of convolutions there, and they are gone through more than once (Kim et al., Deeply-Recursive
    Convolutional Network, CVPR 2016): depth for time alone. What a later round adds is scaled channel by channel,
    from zero at first (Bachlechner et al., ReZero, 2020), so that weights trained with fewer rounds can go on.
    """

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Conv2d(1, FULL, 3, padding=1)
        self.down = nn.Conv2d(FULL * 4, HALF, 3, padding=1)
        self.body = nn.ModuleList(nn.Conv2d(HALF, HALF, 3, padding=1) for _ in range(4))
        self.again = nn.ParameterList(nn.Parameter(torch.zeros(1, HALF, 1, 1)) for _ in range(2))
        self.lift = nn.Conv2d(HALF, LIFT * 4, 1)
        self.mix = nn.Conv2d(LIFT + FULL, TAIL, 3, padding=1)
        self.extra = nn.ModuleDict({str(k): nn.Conv2d(TAIL, 2 * TAIL, 3, padding=1) for k in (3, 4)})
        self.out = nn.ModuleDict(
            {str(k): nn.Conv2d(TAIL if k == 2 else 2 * TAIL, k * k, 3, padding=1) for k in FACTORS}
        )
        for head in self.out.values():
            nn.init.zeros_(head.weight)
            nn.init.zeros_(head.bias)

    def trunk(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """What all factors share: ``FULL`` features of each pixel, ``HALF`` of each four after three rounds."""
        fine = F.relu(self.head(x))
        coarse = F.relu(self.down(F.pixel_unshuffle(fine, 2)))
        for turn in range(3):
            coarse = self.round(coarse, turn)
        return fine, coarse

    def round(self, coarse: Tensor, turn: int) -> Tensor:
        """One more look at the shapes."""
        first, second = self.body[turn % 2 * 2], self.body[turn % 2 * 2 + 1]
        seen: Tensor = second(F.relu(first(coarse)))
        return F.relu(coarse + (seen if turn < 2 else self.again[turn - 2] * seen))

    def added(self, fine: Tensor, coarse: Tensor, factor: int) -> Tensor:
        """What is to be added to the bilinear enlargement, from the features."""
        for turn in range(3, ROUNDS[factor]):
            coarse = self.round(coarse, turn)
        lifted = F.pixel_shuffle(F.relu(self.lift(coarse)), 2)
        mixed = F.relu(self.mix(torch.cat((lifted, fine), 1)))
        if factor != 2:
            mixed = F.relu(self.extra[str(factor)](mixed))
        return F.pixel_shuffle(self.out[str(factor)](mixed), factor)

    def forward(self, x: Tensor, factor: int) -> Tensor:
        return self.added(*self.trunk(x), factor).float() + F.interpolate(
            x.float(), scale_factor=factor, mode="bilinear", align_corners=False
        )
