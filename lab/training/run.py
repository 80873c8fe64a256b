"""A training run that can be stopped: the net, its average over the last steps, the optimiser, how far it came."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

DECAY = 0.999


@dataclass
class Run:
    """What a stopped run needs to go on.

    Attributes
    ----------
    net, average : nn.Module
        The net that learns, and the exponential average of its weights, which is what ships.
    optimiser : torch.optim.Optimizer
    step : int
    hours : float
        Spent so far.
    """

    net: nn.Module
    average: nn.Module
    optimiser: torch.optim.Optimizer
    step: int = 0
    hours: float = 0.0

    @classmethod
    def of(cls, net: nn.Module, rate: float, *, fused: bool = False) -> Run:
        """A run at its beginning."""
        optimiser = torch.optim.AdamW(net.parameters(), lr=rate, weight_decay=0.01, fused=fused)
        return cls(net, copy.deepcopy(net), optimiser)

    def resume(self, path: Path, device: str = "cpu") -> None:
        """Go on from a checkpoint."""
        state = torch.load(path, weights_only=True, map_location=device)
        for part in ("net", "average", "optimiser"):
            getattr(self, part).load_state_dict(state[part])
        self.step = state["step"]
        self.hours = state["hours"] if "hours" in state else state["spent_s"] / 3600

    def save(self, path: Path) -> None:
        """Write the checkpoint, whole or not at all."""
        state = {part: getattr(self, part).state_dict() for part in ("net", "average", "optimiser")}
        partial = path.with_suffix(".part")
        torch.save({**state, "step": self.step, "hours": self.hours}, partial)
        partial.replace(path)

    def stepped(self) -> None:
        """Count the step that the optimiser made; the average follows, quickly at first."""
        self.step += 1
        keep = min(DECAY, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            pairs = zip(self.average.state_dict().values(), self.net.state_dict().values(), strict=True)
            for slow, quick in pairs:
                if slow.dtype.is_floating_point:
                    slow.lerp_(quick, 1 - keep)
                else:
                    slow.copy_(quick)
