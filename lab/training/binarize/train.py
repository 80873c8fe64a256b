"""Train the net, on one thread, until the minutes are used up; a run that was stopped goes on where it was.

python -m lab.training.binarize.train --minutes 50 --run lab/runs/binarize/first
"""

from __future__ import annotations

import argparse
import math
import os
import time
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from lab.metrics.dibco import scores
from lab.training.binarize.model import InkNet
from lab.training.binarize.patches import Real, real_pages
from lab.training.binarize.planes import SCALES, planes
from lab.training.binarize.pool import SIDE_PX, Pool
from lab.training.run import Run

DATA = Path(os.environ.get("RECTO_DATA", "../shared/data")) / "binarization"
TRAIN = "dibco2009,dibco2011,bickley,phibd2012,nabuco,monkcuper"
HELD = "dibco2010,dibco2013"
BATCH = 8
THIN = 1.0


def thin_strokes(truth: NDArray[np.float32]) -> NDArray[np.float32]:
    """1 in strokes under 5 px, 0 elsewhere, shape (N, 1, H, W) as the truth."""
    window = np.ones((5, 5), np.uint8)
    return truth - np.stack([cv2.morphologyEx(one[0], cv2.MORPH_OPEN, window)[None] for one in truth])


def loss_of(logit: Tensor, truth: Tensor, thin: Tensor, more: float = THIN) -> Tensor:
    """Cross entropy plus half of Dice's loss over the batch; thin strokes count ``1 + more`` times."""
    weight = 1 + more * thin
    entropy = (nn.functional.binary_cross_entropy_with_logits(logit, truth, reduction="none") * weight).mean()
    ink = torch.sigmoid(logit)
    dice = 1 - (2 * (ink * truth).sum() + 1) / (ink.sum() + truth.sum() + 1)
    return entropy + 0.5 * dice


def predicted(net: nn.Module, samples: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The ink of a whole page, bool, shape (H, W)."""
    height, width = samples.shape[:2]
    pad = ((0, 0), (0, -height % 32), (0, -width % 32))
    fed = torch.from_numpy(np.pad(planes(samples), pad, mode="edge") / SCALES)[None]
    with torch.no_grad():
        logit = net(fed.to(memory_format=torch.channels_last))[0, 0, :height, :width]
    return np.asarray(logit.float().numpy() > 0)


def judged(net: nn.Module, pages: list[Real]) -> np.ndarray[Any, Any]:
    """FM, p-FM, PSNR and DRD, shape (pages, 4)."""
    net.eval()
    rows = []
    for page in pages:
        found = scores(predicted(net, page.samples), page.ink > 0)
        rows.append((found.fm, found.pfm, found.psnr, found.drd))
    return np.array(rows)


def begun(path: Path, start: str, rate: float) -> Run:
    """The run of the file, or a new one, from the weights of ``start`` if that is given."""
    net = InkNet().to(memory_format=torch.channels_last)
    if start and not path.exists():
        net.load_state_dict(_widened(torch.load(start, weights_only=True)["average"], net))
    run = Run.of(net, rate, fused=True)
    if path.exists():
        run.resume(path)
    return run


def _widened(state: dict[str, Tensor], net: nn.Module) -> dict[str, Tensor]:
    """The weights of a net with fewer planes: the new ones count for nothing yet."""
    entry = "enter.0.weight"
    wanted, given = net.state_dict()[entry], state[entry]
    more = wanted.shape[1] - given.shape[1]
    return state | {entry: torch.cat((given, torch.zeros_like(wanted[:, :more])), dim=1) if more else given}


class Source(Protocol):
    """What gives planes and truth."""

    def batch(self, size: int, side: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]: ...


def learn(run: Run, source: Source, rate: float, side: int = SIDE_PX, thin: float = THIN) -> float:
    """One step, on patches of ``side`` px; the loss."""
    for group in run.optimiser.param_groups:
        group["lr"] = rate
    run.net.train()
    seen, ink = source.batch(BATCH * SIDE_PX**2 // side**2, side)
    inputs, truth, thinly = (torch.from_numpy(a) for a in (seen, ink, thin_strokes(ink)))
    with torch.autocast("cpu", torch.bfloat16):
        logit = run.net(inputs.to(memory_format=torch.channels_last))
    loss = loss_of(logit.float(), truth, thinly, thin)
    run.optimiser.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(run.net.parameters(), 2.0)
    run.optimiser.step()
    run.stepped()
    return loss.item()


def train(options: argparse.Namespace) -> None:
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    torch.manual_seed(options.seed)
    last = Path(options.run) / "last.pt"
    last.parent.mkdir(parents=True, exist_ok=True)
    run = begun(last, options.start, options.rate)
    real, test = pages_of(options.train), pages_of(options.held)[:: options.every_held]
    taught = np.load(options.taught) if options.taught else None
    shares = {"real_share": options.real_share, "taught_share": options.taught_share}
    source = Pool(real, options.seed + run.step, duty=options.duty, taught=taught, **shares)
    print(f"{len(real)} real pages, {len(test)} held out, from step {run.step}", flush=True)
    began, looked, running, progress = time.monotonic() - 3600 * run.hours, time.monotonic(), 1.0, 0.0
    while progress < 1:
        progress = (time.monotonic() - began) / (60 * options.minutes)
        rate = options.rate * min(1.0, (run.step + 1) / 100) * (0.5 + 0.5 * math.cos(math.pi * min(1.0, progress)))
        running = 0.99 * running + 0.01 * learn(run, source, rate, options.side)
        if run.step % 100 == 0:
            print(f"step {run.step} at {progress:.3f} loss {running:.4f}, {source.made} pieces", flush=True)
        if progress >= 1 or time.monotonic() - looked > 60 * options.look_minutes:
            run.hours, looked = (time.monotonic() - began) / 3600, time.monotonic()
            run.save(last)
            if test:
                marks = judged(run.average, test).mean(axis=0)
                print(f"step {run.step} held out: FM, p-FM, PSNR, DRD {np.round(marks, 2)}", flush=True)
    source.stop()


def pages_of(names: str) -> list[Real]:
    """The real pages of the sets named, with commas."""
    return real_pages([path for name in names.split(",") if name for path in sorted(DATA.glob(f"*/{name}"))])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--train", default=TRAIN)
    parser.add_argument("--held", default=HELD)
    parser.add_argument("--every-held", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=50)
    parser.add_argument("--look-minutes", type=float, default=10)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--real-share", type=float, default=0.65)
    parser.add_argument("--duty", type=float, default=0.4, help="share of a core for making patches")
    parser.add_argument("--taught", default="", help="file of pieces that a teacher has looked at, see ideas.py")
    parser.add_argument("--taught-share", type=float, default=0.15)
    parser.add_argument("--side", type=int, default=SIDE_PX, help="side of the patches in pixels, 256 or 512")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--run", default="runs/binarize")
    parser.add_argument("--start", default="")
    train(parser.parse_args())


if __name__ == "__main__":
    main()
