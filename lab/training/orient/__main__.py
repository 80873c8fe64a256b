"""Train the net of ``orient`` and export it.

Run ``python -m lab.training.orient --minutes 40``. The first part of the time renders pages into a bank of patches,
the rest trains; run again to go on from the last checkpoint. One thread.
"""

from __future__ import annotations

import argparse
import math
import time
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from lab.pages import SCRIPTS
from lab.training.orient.augment import augmented
from lab.training.orient.bank import PAGES_PER_SHARD, load_bank, make_shard
from lab.training.orient.export import export
from lab.training.orient.net import Uprightness, scores_of_turns

BATCH = 64
HELD_BACK = 400
RATE = 3e-3
SIDES = 0.25
"""Share of the batches that also show a side: lines that stand are learnt at once, up and down is the task."""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--minutes", type=float, default=40.0, help="in all")
    arguments.add_argument("--pages-share", type=float, default=0.35, help="share of the time that renders pages")
    arguments.add_argument(
        "--rate", type=float, default=RATE, help="learning rate at the start; less for a second round"
    )
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--folder", type=Path, default=Path("lab/runs/orient"))
    arguments.add_argument("--export-only", action="store_true")
    chosen = arguments.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    chosen.folder.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    if not chosen.export_only:
        pages_end = started + chosen.minutes * 60 * chosen.pages_share
        shard = 0
        while time.monotonic() < pages_end and make_shard(
            chosen.folder, chosen.seed, shard, lambda: time.monotonic() < pages_end
        ):
            shard += 1
        train(chosen.folder, chosen.seed, started + chosen.minutes * 60, chosen.rate)
    export(chosen.folder, chosen.seed)


def train(folder: Path, seed: int, end: float, rate: float = RATE) -> None:
    """Train until ``end`` on the monotonic clock; the rate falls along a cosine over the time of this call."""
    patches, scripts = load_bank(folder, seed)
    pages = len(list(folder.glob(f"patches-{seed}-*.npz"))) * PAGES_PER_SHARD
    held, rest = patches[-HELD_BACK:], patches[:-HELD_BACK]
    held_scripts, scripts = scripts[-HELD_BACK:], scripts[:-HELD_BACK]
    torch.manual_seed(seed)
    net = Uprightness().to(memory_format=torch.channels_last)  # with half precision, more than twice as fast
    mean = torch.optim.swa_utils.AveragedModel(
        net, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.99), use_buffers=True
    )
    optimiser = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=0.01)
    step, hours = resume(folder, net, mean, optimiser)
    began = time.monotonic()
    while (now := time.monotonic()) < end:
        done = (now - began) / (end - began)
        for group in optimiser.param_groups:
            group["lr"] = rate * min(1.0, (step + 1) / 50) * 0.5 * (1 + math.cos(math.pi * done)) + 1e-6
        rng = np.random.default_rng((seed, 7, step))
        loss = one_step(net, optimiser, rest, scripts, rng)
        mean.update_parameters(net)
        step += 1
        if step % 100 == 0:
            right = held_back_right(mean, held, held_scripts)
            print(f"step {step}, {now - began:.0f} s, loss {loss:.4f}, held back {right:.4f}", flush=True)
            keep(folder, net, mean, optimiser, step, hours + (now - began) / 3600, pages)
    keep(folder, net, mean, optimiser, step, hours + (time.monotonic() - began) / 3600, pages)


def one_step(
    net: nn.Module,
    optimiser: torch.optim.Optimizer,
    patches: NDArray[np.uint8],
    scripts: NDArray[np.int8],
    rng: np.random.Generator,
) -> float:
    """One batch: upright, upside down and now and then a side; patches without text should not favour any."""
    chosen = rng.integers(0, len(patches), BATCH)
    batch = torch.from_numpy(np.stack([augmented(patches[i], rng) for i in chosen])[:, None])
    turns = (0, 2, int(rng.choice((1, 3)))) if rng.random() < SIDES else (0, 2)
    with torch.autocast("cpu", torch.bfloat16):
        logits = scores_of_turns(net.train(), batch.to(memory_format=torch.channels_last), turns).float()
    empty = torch.from_numpy(scripts[chosen] == len(SCRIPTS))
    target = torch.zeros_like(logits)
    target[:, 0] = 1.0
    target[empty] = 1 / len(turns)
    loss = nn.functional.cross_entropy(logits, target, label_smoothing=0.01)
    optimiser.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    optimiser.step()
    return float(loss)


def held_back_right(net: nn.Module, held: NDArray[np.uint8], scripts: NDArray[np.int8]) -> float:
    """Share of the held-back text patches, augmented the same way each time, whose upright turn scores highest."""
    rng = np.random.default_rng(5)
    text = held[scripts < len(SCRIPTS)]
    batch = torch.from_numpy(np.stack([augmented(patch, rng) for patch in text])[:, None])
    with torch.inference_mode():
        logits: Tensor = scores_of_turns(net.eval(), batch, (0, 1, 2, 3))
    return float((logits.argmax(dim=1) == 0).float().mean())


def keep(
    folder: Path, net: nn.Module, mean: nn.Module, optimiser: torch.optim.Optimizer, step: int, hours: float, pages: int
) -> None:
    """Write the checkpoint, whole or not at all."""
    state = {"net": net.state_dict(), "mean": mean.state_dict(), "optimiser": optimiser.state_dict()}
    partial = folder / "checkpoint.part"
    torch.save({**state, "step": step, "hours": hours, "pages": pages}, partial)
    partial.rename(folder / "checkpoint.pt")


def resume(folder: Path, net: nn.Module, mean: nn.Module, optimiser: torch.optim.Optimizer) -> tuple[int, float]:
    """Go on from the last checkpoint; gives its step and hours, or zeros."""
    path = folder / "checkpoint.pt"
    if not path.exists():
        return 0, 0.0
    state = torch.load(path, weights_only=True)
    net.load_state_dict(state["net"])
    mean.load_state_dict(state["mean"])
    optimiser.load_state_dict(state["optimiser"])
    return int(state["step"]), float(state["hours"])


if __name__ == "__main__":
    main()
