"""Train the net, on one thread, until the minutes are used up; a run that was stopped goes on where it was.

python -m lab.training.binarize.train --train bickley,phibd2012 --minutes 50 --run runs/first
"""

from __future__ import annotations

import argparse
import copy
import math
import os
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from lab.metrics.dibco import scores
from lab.training.binarize.model import InkNet
from lab.training.binarize.patches import Patches, Real, real_pages
from recto.filters.binarize.planes import planes

DATA = Path(os.environ.get("RECTO_DATA", "../shared/data")) / "binarization"
BATCH = 8
DECAY = 0.999


def loss_of(logit: Tensor, truth: Tensor) -> Tensor:
    """Cross entropy plus half of Dice's loss over the batch."""
    entropy = nn.functional.binary_cross_entropy_with_logits(logit, truth)
    ink = torch.sigmoid(logit)
    dice = 1 - (2 * (ink * truth).sum() + 1) / (ink.sum() + truth.sum() + 1)
    return entropy + 0.5 * dice


def predicted(net: nn.Module, samples: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The ink of a whole page, bool, shape (H, W)."""
    height, width = samples.shape[:2]
    pad = ((0, 0), (0, -height % 32), (0, -width % 32))
    fed = torch.from_numpy(np.pad(planes(samples), pad, mode="edge"))[None]
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


def _averaged(average: nn.Module, net: nn.Module, step: int) -> None:
    keep = min(DECAY, (1 + step) / (10 + step))
    with torch.no_grad():
        for a, b in zip(average.state_dict().values(), net.state_dict().values(), strict=True):
            if a.dtype.is_floating_point:
                a.lerp_(b, 1 - keep)
            else:
                a.copy_(b)


def train(options: argparse.Namespace) -> None:
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    torch.manual_seed(options.seed)
    run = Path(options.run)
    run.mkdir(parents=True, exist_ok=True)
    folders = [path for name in options.train.split(",") for path in DATA.glob(f"*/{name}")]
    held = [path for name in options.held.split(",") if name for path in DATA.glob(f"*/{name}")]
    net = InkNet().to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(net.parameters(), lr=options.rate, weight_decay=0.01)
    step, spent_s = 0, 0.0
    last = run / "last.pt"
    if options.start and not last.exists():
        net.load_state_dict(torch.load(options.start, weights_only=True)["average"])
    average = copy.deepcopy(net)
    if last.exists():
        state = torch.load(last, weights_only=True)
        net.load_state_dict(state["net"])
        average.load_state_dict(state["average"])
        optimiser.load_state_dict(state["optimiser"])
        step, spent_s = state["step"], state["spent_s"]
    source = Patches(real_pages(folders), options.seed + step, options.bank, options.real_share)
    test = real_pages(held)[:: options.every_held]
    print(f"{len(source.real)} real pages, {len(test)} held out, from step {step}", flush=True)
    began, seen, running = time.monotonic() - spent_s, time.monotonic(), 0.0
    while True:
        progress = (time.monotonic() - began) / (60 * options.minutes)
        warm = min(1.0, (step + 1) / 100)
        for group in optimiser.param_groups:
            group["lr"] = options.rate * warm * (0.5 + 0.5 * math.cos(math.pi * min(1.0, progress)))
        net.train()
        inputs, truth = (torch.from_numpy(a) for a in source.batch(BATCH))
        with torch.autocast("cpu", torch.bfloat16):
            logit = net(inputs.to(memory_format=torch.channels_last))
        loss = loss_of(logit.float(), truth)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 2.0)
        optimiser.step()
        step += 1
        _averaged(average, net, step)
        running = loss.item() if step == 1 else 0.99 * running + 0.01 * loss.item()
        done = progress >= 1
        if step % 100 == 0:
            print(f"step {step} at {progress:.3f} loss {running:.4f}", flush=True)
        if done or time.monotonic() - seen > 60 * options.look_minutes:
            spent_s = time.monotonic() - began
            _saved(last, net, average, optimiser, step, spent_s)
            if test:
                marks = judged(average, test).mean(axis=0)
                print(f"step {step} held out: FM, p-FM, PSNR, DRD {np.round(marks, 2)}", flush=True)
            seen = time.monotonic()
        if done:
            return


def _saved(
    path: Path, net: nn.Module, average: nn.Module, optimiser: torch.optim.Optimizer, step: int, spent_s: float
) -> None:
    state = {
        "net": net.state_dict(),
        "average": average.state_dict(),
        "optimiser": optimiser.state_dict(),
        "step": step,
        "spent_s": spent_s,
    }
    torch.save(state, path.with_suffix(".new"))
    path.with_suffix(".new").replace(path)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--train", default="bickley,phibd2012,nabuco,monkcuper")
    parser.add_argument("--held", default="dibco2009,dibco2010,dibco2011,dibco2013")
    parser.add_argument("--every-held", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=50)
    parser.add_argument("--look-minutes", type=float, default=10)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--real-share", type=float, default=0.5)
    parser.add_argument("--bank", type=int, default=240)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--run", default="runs/binarize")
    parser.add_argument("--start", default="")
    train(parser.parse_args())


if __name__ == "__main__":
    main()
