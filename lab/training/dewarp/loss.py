"""What the net is taught to do well: right places, straight lines, the page's mask."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

BEYOND = 0.3
"""Weight of cells beyond the edge of the page whose place is known."""
SLOPE = 2.0
"""Weight of the differences between neighbours: what bends lines, however small the error of their places."""
MASK = 0.08


def loss_of(told: Tensor, mask: Tensor, page: Tensor, inside: Tensor, known: Tensor) -> Tensor:
    """Mean absolute error of the places, of the steps between neighbours, and cross entropy of the mask.

    Parameters
    ----------
    told, page : float Tensor, shape (N, 2, h, w)
        What the net says, and the truth.
    mask : float Tensor, shape (N, 1, 2h, 2w)
        Logits.
    inside : float Tensor, shape (N, 2h, 2w)
    known : float Tensor, shape (N, h, w)
    """
    half = F.avg_pool2d(inside, 2)
    weight = (torch.where(half > 0.5, torch.ones_like(half), torch.full_like(half, BEYOND)) * known)[:, None]
    off = (told - page) * known[:, None]
    total = (weight * off.abs()).sum() / (2 * weight.sum() + 1)
    for axis in (2, 3):
        size = off.shape[axis] - 1
        step = off.narrow(axis, 1, size) - off.narrow(axis, 0, size)
        both = torch.minimum(weight.narrow(axis, 1, size), weight.narrow(axis, 0, size))
        total = total + 0.5 * SLOPE * (both * step.abs()).sum() / (2 * both.sum() + 1)
    return total * 10 + 10 * MASK * F.binary_cross_entropy_with_logits(mask[:, 0], inside)


def page_error(told: Tensor, mask: Tensor, planes: Tensor, page: Tensor, inside: Tensor) -> Tensor:
    """Per photo: 1 for a near look; mean errors of x and y, and of the slope of rows, in per cent; wrong mask; and the
    error of the start: float Tensor, shape (N, 6).
    """
    weight = (F.avg_pool2d(inside, 2) > 0.5).float()
    area = weight.sum(dim=(1, 2)).clamp(min=1)
    off = (told - page).abs()
    x, y = (100 * (off[:, k] * weight).sum(dim=(1, 2)) / area for k in range(2))
    across = told[:, 1] - page[:, 1]
    both = weight[:, :, 1:] * weight[:, :, :-1]
    slope = (across[:, :, 1:] - across[:, :, :-1]).abs() * both
    slope = 100 * slope.sum(dim=(1, 2)) / both.sum(dim=(1, 2)).clamp(min=1)
    wrong = ((mask[:, 0] > 0) != (inside > 0.5)).float().mean(dim=(1, 2))
    start = 100 * ((planes[:, :2] - page).abs().mean(dim=1) * weight).sum(dim=(1, 2)) / area
    return torch.stack((planes[:, 4, 0, 0], x, y, slope, wrong, start), dim=1)
