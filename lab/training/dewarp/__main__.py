"""Train the net that sees how a photographed sheet is bent.

Run ``python -m lab.training.dewarp --minutes 100``. Banks of flat pages, bent sheets and desks are made first; then
every photo is simulated while training. Run again to go on from the last checkpoint. One thread, or a GPU with
``--device cuda``. ``python -m lab.training.dewarp.export`` makes the files that ship.
"""

from __future__ import annotations

import argparse
import math
import time
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from lab.training.dewarp.loss import loss_of, page_error
from lab.training.dewarp.net import DewarpNet
from lab.training.dewarp.samples import SHAPES, SMALL_SHAPES, Batch, Simulator, batch, mirrored
from lab.training.run import Run

BATCH = 16
RATE = 2e-3
HELD_BACK = 8
LEAST_RATE = 1e-5
SMALL_SHARE = 0.5
"""Share of the time, at its start, that looks at smaller pictures: twice as many for the same work."""


def begun(path: Path, device: str) -> Run:
    """The run of the file, or a new one."""
    net = DewarpNet().to(device, memory_format=torch.channels_last)
    run = Run.of(net, RATE)
    if path.exists():
        run.resume(path, device)
    return run


def fed(samples: Batch, device: str) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """A batch as tensors: photo in -1 to 1, planes, page, inside, known."""
    photo = torch.from_numpy(samples.photo).to(device).permute(0, 3, 1, 2).float() / 127.5 - 1
    others = (torch.from_numpy(a).to(device) for a in (samples.planes, samples.page, samples.inside, samples.known))
    planes, page, inside, known = others
    return photo.contiguous(memory_format=torch.channels_last), planes, page, inside, known


def learn(run: Run, samples: Batch, rate: float, device: str) -> float:
    """One step; the loss."""
    for group in run.optimiser.param_groups:
        group["lr"] = rate
    run.net.train()
    photo, planes, page, inside, known = fed(samples, device)
    with torch.autocast(device, torch.bfloat16):
        told, mask = run.net(photo, planes)
    loss = loss_of(told, mask, page, inside, known)
    run.optimiser.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(run.net.parameters(), 1.0)
    run.optimiser.step()
    run.stepped()
    return float(loss.detach())


def judged(net: nn.Module, held: list[Batch], device: str) -> str:
    """Mean errors on the held-back photos in per cent of the page's sides, near and far looks apart."""
    net.eval()
    rows = []
    with torch.inference_mode():
        for samples in held:
            photo, planes, page, inside, _ = fed(samples, device)
            with torch.autocast(device, torch.bfloat16):
                told, mask = net(photo, planes)
            rows.append(page_error(told, mask, planes, page, inside).cpu().numpy())
    values = np.concatenate(rows)
    near = values[:, 0] > 0
    parts = []
    for name, chosen in (("near", near), ("far", ~near)):
        u, v, slope, mask, start = values[chosen, 1:].mean(axis=0)
        parts.append(f"{name}: x {u:.2f} y {v:.2f} slope {slope:.2f} mask {mask:.3f} (start {start:.2f})")
    return "; ".join(parts)


def train(
    run: Run,
    simulator: Simulator,
    folder: Path,
    seed: int,
    end: float,
    rate: float,
    device: str,
    small_share: float = SMALL_SHARE,
) -> None:
    """Train until ``end`` on the monotonic clock; the rate falls along a cosine over the time of this call."""
    held = [batch(simulator, (seed, 99, k), BATCH) for k in range(HELD_BACK)]
    began = kept = time.monotonic()
    before, first = run.hours, run.step
    losses: list[float] = []
    made: Batch | None = None
    while (now := time.monotonic()) < end:
        done = (now - began) / (end - began)
        warm = min(1.0, (run.step - first + 1) / 100)
        falling = warm * (LEAST_RATE + (rate - LEAST_RATE) * 0.5 * (1 + math.cos(math.pi * done)))
        shapes = SMALL_SHAPES if done < small_share else SHAPES
        made = (
            batch(simulator, (seed, 7, run.step), BATCH, shapes)
            if run.step % 2 == 0 or made is None
            else mirrored(made)
        )
        losses.append(learn(run, made, falling, device))
        if run.step % 50 == 0:
            print(f"step {run.step}, {now - began:.0f} s, loss {np.mean(losses[-50:]):.4f}", flush=True)
        if now - kept > 300:
            kept = now
            print(judged(run.average, held, device), flush=True)
            run.hours = before + (now - began) / 3600
            run.save(folder / "checkpoint.pt")
    run.hours = before + (time.monotonic() - began) / 3600
    print(judged(run.average, held, device), flush=True)
    run.save(folder / "checkpoint.pt")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m lab.training.dewarp", description=__doc__)
    parser.add_argument("--minutes", type=float, default=100.0, help="in all, the banks among them")
    parser.add_argument("--rate", type=float, default=RATE, help="learning rate at the start; less for a second round")
    parser.add_argument("--small-share", type=float, default=SMALL_SHARE, help="share of the time with small pictures")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=Path("lab/runs/dewarp"))
    parser.add_argument("--small", action="store_true", help="small banks, to try whether everything runs")
    parser.add_argument("--device", default="cpu")
    asked = parser.parse_args()
    started = time.monotonic()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    torch.manual_seed(asked.seed)
    sizes = {"pages": 24, "bends": 40, "tables": 24} if asked.small else {}
    simulator = Simulator.of(asked.folder, asked.seed, **sizes)
    print(f"banks after {time.monotonic() - started:.0f} s", flush=True)
    run = begun(asked.folder / "checkpoint.pt", asked.device)
    end = started + asked.minutes * 60
    train(run, simulator, asked.folder, asked.seed, end, asked.rate, asked.device, asked.small_share)


if __name__ == "__main__":
    main()
