"""The net: a picture and what is known of its corners, to coordinates on the page and a mask."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

STEM, QUARTER, EIGHTH, SIXTEENTH, MASK = 24, 48, 80, 128, 16
PLANES = 5
REACH = 0.1
"""What one unit of the last layer moves a point, in widths of the page: weights start small, moves are small."""


def _conv(start: int, end: int, size: int = 3, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    pad = dilation * (size // 2)
    return nn.Sequential(nn.Conv2d(start, end, size, stride, pad, dilation, bias=False), nn.BatchNorm2d(end))


class Block(nn.Module):
    """Two convolutions beside a skip."""

    def __init__(self, width: int, dilation: int = 1) -> None:
        super().__init__()
        self.first = _conv(width, width, dilation=dilation)
        self.second = _conv(width, width)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.second(F.relu(self.first(x))))


class Context(nn.Module):
    """What the whole picture says, added everywhere."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.mix = nn.Sequential(nn.Conv2d(width, width, 1), nn.ReLU(), nn.Conv2d(width, width, 1))

    def forward(self, x: Tensor) -> Tensor:
        mixed: Tensor = self.mix(x.mean(dim=(2, 3), keepdim=True))
        return x + mixed


class DewarpNet(nn.Module):
    """R'G'B' in -1 to 1, shape (N, 3, H, W), and planes (N, 5, H / 8, W / 8), to places and a mask.

    Out come the two coordinates on the page, 0 to 1 inside, shape (N, 2, H / 8, W / 8), as moves from those of the
    first two planes, and the logit of the page's mask, shape (N, 1, H / 4, W / 4). Detail is looked at once at a
    quarter of the size; bends at an eighth; what lies far apart, by dilated convolutions (Yu and Koltun, ICLR 2016)
    and the mean of the whole, at a sixteenth.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(_conv(3, STEM, 5, 2), nn.ReLU(), _conv(STEM, QUARTER, 3, 2), nn.ReLU())
        self.detail = Block(QUARTER)
        self.down = nn.Sequential(_conv(QUARTER, EIGHTH, 3, 2))
        self.told = nn.Conv2d(PLANES, EIGHTH, 1)
        self.before = nn.Sequential(Block(EIGHTH), Block(EIGHTH))
        self.deeper = nn.Sequential(_conv(EIGHTH, SIXTEENTH, 3, 2), nn.ReLU())
        self.far = nn.Sequential(
            Block(SIXTEENTH),
            Block(SIXTEENTH, 2),
            Context(SIXTEENTH),
            Block(SIXTEENTH, 4),
            Block(SIXTEENTH, 2),
            Context(SIXTEENTH),
        )
        self.back = nn.Conv2d(SIXTEENTH, EIGHTH, 1)
        self.after = nn.Sequential(Block(EIGHTH), Block(EIGHTH))
        self.out = nn.Conv2d(EIGHTH, 2, 3, padding=1)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)
        self.mask_far = nn.Conv2d(EIGHTH, MASK, 1)
        self.mask_near = _conv(QUARTER, MASK)
        self.mask = nn.Conv2d(MASK, 1, 3, padding=1)
        for module in self.modules():
            if isinstance(module, Block):
                nn.init.zeros_(module.second[1].weight)  # type: ignore[arg-type]

    def forward(self, photo: Tensor, planes: Tensor) -> tuple[Tensor, Tensor]:
        seen = self.detail(self.stem(photo))
        near = self.before(F.relu(self.down(seen) + self.told(planes)))
        far = self.back(self.far(self.deeper(near)))
        joined = self.after(near + F.interpolate(far, scale_factor=2, mode="nearest"))
        moves: Tensor = self.out(joined).float()
        mixed = self.mask_near(seen) + F.interpolate(self.mask_far(joined), scale_factor=2, mode="nearest")
        return planes[:, :2] + REACH * moves, self.mask(F.relu(mixed)).float()
