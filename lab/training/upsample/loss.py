"""What a good enlargement is: near in grey, near at the edges, read as the same signs."""

from __future__ import annotations

from torch import Tensor, nn


def edge_term(drawn: Tensor, sharp: Tensor) -> Tensor:
    """Mean difference of the first differences along x and y: an edge of the wrong steepness or place costs."""
    wrong = drawn - sharp
    along_x = (wrong[..., :, 1:] - wrong[..., :, :-1]).abs().mean()
    along_y = (wrong[..., 1:, :] - wrong[..., :-1, :]).abs().mean()
    return along_x + along_y


class Loss(nn.Module):
    """L1, squares, edges and recognisability, each with its weight.

    Parameters
    ----------
    square, edge : float
        Weights beside the L1 term's 1. Both pictures lie in 0 to 1.
    reader : Module, optional
        Gives features of a picture in which signs that read alike lie near; see ``reader``.
    reading : float
        Weight of the mean difference of these features.
    """

    def __init__(self, square: float, edge: float, reader: nn.Module | None = None, reading: float = 0.0) -> None:
        super().__init__()
        self.square, self.edge, self.reading = square, edge, reading
        self.reader = reader

    def forward(self, drawn: Tensor, sharp: Tensor) -> Tensor:
        wrong = drawn - sharp
        total = wrong.abs().mean() + self.square * wrong.square().mean()
        if self.edge:
            total = total + self.edge * edge_term(drawn, sharp)
        if self.reader is not None and self.reading:
            total = total + self.reading * (self.reader(drawn) - self.reader(sharp)).abs().mean()
        return total
