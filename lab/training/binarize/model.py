"""The net: a shallow U of plain 3 × 3 convolutions that begins and ends at half size."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

WIDTHS = (16, 32, 48, 64, 96)
PLANES = 4


def _conv(source: int, target: int, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(source, target, 3, stride, dilation, dilation, bias=False),
        nn.BatchNorm2d(target),
        nn.ReLU(inplace=True),
    )


class _Twice(nn.Module):
    """Two convolutions around a shortcut."""

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.first = _conv(width, width)
        self.second = nn.Sequential(
            nn.Conv2d(width, width, 3, 1, dilation, dilation, bias=False), nn.BatchNorm2d(width)
        )

    def forward(self, seen: Tensor) -> Tensor:
        return nn.functional.relu(seen + self.second(self.first(seen)))


class InkNet(nn.Module):
    """The planes of a page in; the logit of ink out.

    ``(N, 4, H, W)`` with H and W multiples of 32 becomes ``(N, 1, H, W)``.
    """

    def __init__(self, widths: tuple[int, ...] = WIDTHS, planes: int = PLANES) -> None:
        super().__init__()
        self.fold = nn.PixelUnshuffle(2)
        self.enter = _conv(4 * planes, widths[0])
        self.down = nn.ModuleList()
        for level in range(1, len(widths)):
            source, target = widths[level - 1], widths[level]
            deep = level == len(widths) - 1
            more = _conv(target, target) if level < 2 else _Twice(target, 1 + deep)
            self.down.append(nn.Sequential(_conv(source, target, 2), more))
        self.narrow = nn.ModuleList(nn.Conv2d(b, a, 1) for a, b in pairwise(widths))
        self.up = nn.ModuleList(_conv(w, w) for w in widths[:-1])
        self.out = nn.Conv2d(widths[0], 4, 3, 1, 1)
        self.unfold = nn.PixelShuffle(2)

    def forward(self, planes: Tensor) -> Tensor:
        return self.after(self.enter(self.fold(planes)))

    def after(self, entered: Tensor) -> Tensor:
        """The logit, from what the first convolution gave."""
        found = [entered]
        for step in self.down:
            found.append(step(found[-1]))
        low = found.pop()
        for narrow, up in zip(reversed(self.narrow), reversed(self.up), strict=True):
            low = up(found.pop() + nn.functional.interpolate(narrow(low), scale_factor=2.0, mode="nearest"))
        return self.unfold(self.out(low))
