"""Ideas on an equal footing: the same weights to start from, the same pieces, the same steps at the same falling rate.

python -m lab.training.binarize.ideas --start lab/runs/binarize/heldout.pt --steps 600 [--only NAME,NAME]

The pieces are made once and kept in a folder; where that holds ``own_before.npy``, pieces made by an earlier version of
``papers``, those are tried as well. Each idea prints FM, p-FM, PSNR and DRD of the pages held out.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from lab.training.binarize.model import PLANES, WIDTHS, InkNet
from lab.training.binarize.patches import PIECE_PX, Patches, Real
from lab.training.binarize.pool import SIDE_PX, cut
from lab.training.binarize.self_taught import taught_pieces
from lab.training.binarize.train import HELD, TRAIN, judged, learn, pages_of
from lab.training.run import Run

RATE = 1e-3
KEPT = {"real": 420, "own": 320}
"""How many pieces are made of each kind."""


class Around(nn.Module):
    """Means over wide windows, added to what is known at the deepest level."""

    def __init__(self, width: int, windows: tuple[int, ...] = (3, 7)) -> None:
        super().__init__()
        narrow = width // 3
        self.narrow = nn.Conv2d(width, narrow, 1)
        self.means = nn.ModuleList(nn.AvgPool2d(w, 1, w // 2, count_include_pad=False) for w in windows)
        self.widen = nn.Conv2d(narrow * len(windows), width, 1)
        nn.init.zeros_(self.widen.weight)
        assert self.widen.bias is not None
        nn.init.zeros_(self.widen.bias)

    def forward(self, seen: Tensor) -> Tensor:
        low = self.narrow(seen)
        return nn.functional.relu(seen + self.widen(torch.cat([mean(low) for mean in self.means], dim=1)))


class Blind(nn.Module):
    """A net that does not see one of its planes."""

    def __init__(self, net: InkNet, plane: int) -> None:
        super().__init__()
        self.net = net
        seen = torch.ones(1, PLANES, 1, 1)
        seen[0, plane] = 0
        self.seen = nn.Buffer(seen)

    def forward(self, planes: Tensor) -> Tensor:
        return self.net(planes * self.seen)


class Shelf:
    """Pieces kept in files; batches of their quarters, or of whole ones, mirrored and turned at random."""

    def __init__(self, shelves: dict[str, NDArray[np.uint8]], shares: dict[str, float], seed: int) -> None:
        self.shelves = shelves
        self.kinds, self.odds = list(shares), list(shares.values())
        self.rng = np.random.default_rng(seed)

    def batch(self, size: int, side: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Planes ``(size, 4, side, side)`` and truth ``(size, 1, side, side)``."""
        kinds = self.rng.choice(self.kinds, size, p=self.odds)
        shelves = [self.shelves[str(kind)] for kind in kinds]
        pairs = [cut(shelf[int(self.rng.integers(len(shelf)))], self.rng, side) for shelf in shelves]
        return np.stack([seen for seen, _ in pairs]), np.stack([ink[None] for _, ink in pairs])


def shelves(folder: Path, real: list[Real], teacher: nn.Module, seed: int) -> dict[str, NDArray[np.uint8]]:
    """The pieces of all kinds, ``(n, 5, 512, 512)`` each: planes and truth."""
    folder.mkdir(parents=True, exist_ok=True)
    patches = None
    for kind, count in KEPT.items():
        if (folder / f"{kind}.npy").exists():
            continue
        patches = patches or Patches(real, seed, bank=200)
        np.save(folder / f"{kind}.npy", np.stack([patches.piece(real=kind == "real") for _ in range(count)]))
    if not (folder / "taught.npy").exists():
        np.save(folder / "taught.npy", taught_pieces(teacher, seed))
    return {path.stem: np.load(path, mmap_mode="r") for path in sorted(folder.glob("*.npy"))}


@dataclass(frozen=True)
class Idea:
    """What is unlike the usual training."""

    net: Callable[[InkNet], nn.Module] = lambda net: net
    thin: float = 1.0
    real: float = 0.6
    taught: float = 0.0
    side: int = SIDE_PX
    longer: int = 1
    seed: int = 0
    own: str = "own"


def _with_means(net: InkNet) -> nn.Module:
    net.down[-1].append(Around(WIDTHS[-1]))
    return net


IDEAS = {
    "the usual training": Idea(),
    "… another seed": Idea(seed=1),
    "… without plane 4, the depth beside the ink nearby": Idea(net=lambda net: Blind(net, 3)),
    "… without plane 3, the span of the colours": Idea(net=lambda net: Blind(net, 2)),
    "… wide means at the deepest level": Idea(net=_with_means),
    "… pieces of 512 px, two a step": Idea(side=PIECE_PX),
    "… thin strokes count once": Idea(thin=0.0),
    "… thin strokes count four times": Idea(thin=3.0),
    "… 85 % real pages": Idea(real=0.85),
    "… 35 % real pages": Idea(real=0.35),
    "… self-training, 15 % pages without truth": Idea(real=0.5, taught=0.15),
    "… made pages without papyrus, crumples and specks": Idea(own="own_before"),
    "… three times as many steps": Idea(longer=3),
}


def tried(
    idea: Idea, start: dict[str, Tensor], kept: dict[str, NDArray[np.uint8]], held: list[Real], steps: int
) -> NDArray[np.float64]:
    """FM, p-FM, PSNR and DRD of the pages held out, after training with the idea; shape (pages, 4)."""
    torch.manual_seed(idea.seed)
    plain = InkNet()
    plain.load_state_dict(start)
    net = idea.net(plain).to(memory_format=torch.channels_last)
    run = Run.of(net, RATE, fused=True)
    shares = {"real": idea.real, idea.own: 1 - idea.real - idea.taught, "taught": idea.taught}
    source = Shelf(kept, shares, idea.seed)
    steps *= idea.longer
    for step in range(steps):
        rate = RATE * min(1.0, (step + 1) / 50) * (0.5 + 0.5 * math.cos(math.pi * step / steps))
        learn(run, source, rate, idea.side, idea.thin)
    return judged(run.average, held)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--start", type=Path, default=Path("lab/runs/binarize/heldout.pt"))
    parser.add_argument("--folder", type=Path, default=Path("lab/runs/binarize/pieces"))
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--only", default="", help="parts of names, with commas")
    options = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    start = torch.load(options.start, weights_only=True)["average"]
    held = pages_of(HELD)
    net = InkNet()
    net.load_state_dict(start)
    kept = shelves(options.folder, pages_of(TRAIN), net.eval(), 0)
    print("| idea | FM | p-FM | PSNR | DRD |\n|---|---|---|---|---|", flush=True)
    wanted = [part for part in options.only.split(",") if part]
    marks = {"before": judged(net, held)} if not wanted or "before" in wanted else {}
    for name, idea in {"before": Idea(), **IDEAS}.items():
        if idea.own not in kept or (wanted and not any(part in name for part in wanted)):
            continue
        began = time.process_time()
        found = marks.get(name)
        found = tried(idea, start, kept, held, options.steps) if found is None else found
        fm, pfm, psnr, drd = found.mean(axis=0)
        spent = time.process_time() - began
        print(f"| {name} | {fm:.2f} | {pfm:.2f} | {psnr:.2f} | {drd:.2f} |  ({spent:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
