"""The training loop: seeded, resumable, one thread, useful after an hour."""

from __future__ import annotations

import argparse
import json
import math
import os
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from lab.training.upsample.damage import degraded, panelled, softened, toned
from lab.training.upsample.loss import Loss
from lab.training.upsample.net import FACTORS, UpsampleNet
from lab.training.upsample.sheets import Samples, real_pages
from lab.training.upsample.source import Sheets

_RIM_PX = 4
_CHANCES = (0.34, 0.32, 0.34)


def batch(sheets: Sheets, factor: int, side_px: int, count: int, soft: float = 0.0) -> tuple[Tensor, Tensor]:
    """``count`` small patches of ``side_px`` and their sharp originals, float32 in 0 to 1, shape (N, 1, H, W)."""
    small, sharp = [], []
    for _ in range(count):
        patch, _ = sheets.patch(side_px * factor)
        patch = panelled(toned(patch, sheets.rng), sheets.picture, sheets.rng)
        patch = softened(patch, sheets.rng, soft)
        small.append(at_an_edge(degraded(patch, factor, sheets.rng), sheets.rng))
        sharp.append(patch)
    return _tensor(small), _tensor(sharp)


def at_an_edge(small: Samples, rng: np.random.Generator) -> Samples:
    """Now and then a side of the patch is the page's edge: beyond it the filter mirrors the last pixels."""
    if rng.random() < 0.8:
        return small
    rims = [_RIM_PX * int(rng.random() < 0.4) for _ in range(4)]
    top, bottom, left, right = rims
    inside = small[top : small.shape[0] - bottom, left : small.shape[1] - right]
    return np.asarray(cv2.copyMakeBorder(inside, *rims, cv2.BORDER_REFLECT), dtype=np.uint8)


def _tensor(patches: list[Samples]) -> Tensor:
    return torch.from_numpy(np.stack(patches)[:, None].astype(np.float32) / 255)


def validation(pages: list[Samples], side_px: int = 480, count: int = 12) -> list[tuple[int, Samples, Samples]]:
    """Fixed crops of pages kept from training, made small by a mild chain: (factor, small, sharp)."""
    rng = np.random.default_rng(99)
    made = []
    for k in range(count):
        page = pages[k * len(pages) // count]
        top = int(rng.integers(600, page.shape[0] - 600 - side_px))
        left = int(rng.integers(300, page.shape[1] - 300 - side_px))
        sharp = page[top : top + side_px, left : left + side_px]
        for factor in FACTORS:
            soft = cv2.GaussianBlur(sharp, (0, 0), 0.3 * factor).astype(np.float32)
            small = cv2.resize(soft, (side_px // factor,) * 2, interpolation=cv2.INTER_AREA)
            small = np.clip(np.rint(small + rng.normal(0, 3, small.shape)), 0, 255).astype(np.uint8)
            data = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 85])[1]
            made.append((factor, np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.uint8), sharp))
    return made


def score(net: UpsampleNet, cases: list[tuple[int, Samples, Samples]]) -> dict[int, float]:
    """Mean PSNR in dB by factor."""
    found: dict[int, list[float]] = {k: [] for k in FACTORS}
    with torch.no_grad():
        for factor, small, sharp in cases:
            drawn = net(_tensor([small]), factor).clamp(0, 1).numpy()[0, 0] * 255
            error = float(np.mean((np.rint(drawn) - sharp) ** 2))
            found[factor].append(10 * math.log10(255**2 / max(error, 1e-6)))
    return {k: round(float(np.mean(v)), 2) for k, v in found.items()}


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m lab.training.upsample")
    parser.add_argument("--folder", type=Path, default=Path("lab/runs/upsample"), help="where states are kept")
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("RECTO_DATA", "../shared/data")))
    parser.add_argument("--steps", type=int, default=40_000)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--side-px", type=int, default=64)
    parser.add_argument("--rate", type=float, default=1.5e-3)
    parser.add_argument("--square", type=float, default=4.0)
    parser.add_argument("--edge", type=float, default=0.25)
    parser.add_argument("--reading", type=float, default=0.0, help="weight of the recognisability term")
    parser.add_argument("--reader", type=Path, default=Path("lab/runs/upsample/reader.pt"))
    parser.add_argument(
        "--soft", type=float, default=0.0, help="share of patches that are drawn as soft as a grey scan"
    )
    parser.add_argument("--start", type=Path, help="begin with these weights instead of at random")
    parser.add_argument("--fonts", type=Path, help="a folder with more fonts than are installed")
    parser.add_argument("--all-pages", action="store_true", help="train on the pages kept for measuring as well")
    parser.add_argument("--exact", action="store_true", help="float32 throughout instead of bfloat16")
    parser.add_argument("--seed", type=int, default=7)
    return parser.parse_args()


def rate_at(step: int, steps: int, peak: float) -> float:
    """Warm up over 300 steps, stay, then fall along a line to a hundredth over the last quarter.

    It stays so that a run can be made longer or shorter while it goes, whatever the machine has left for it.
    """
    warm = min(1.0, (step + 1) / 300)
    left = min(1.0, 4 * (steps - step) / steps)
    return peak * warm * (0.01 + 0.99 * left)


def _loss(args: argparse.Namespace) -> Loss:
    if not args.reading:
        return Loss(args.square, args.edge)
    from lab.training.upsample.reader import load_reader

    return Loss(args.square, args.edge, load_reader(args.reader), args.reading)


def main() -> None:
    args = parse()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    args.folder.mkdir(parents=True, exist_ok=True)
    net = UpsampleNet().to(memory_format=torch.channels_last)
    steady = UpsampleNet()
    optimiser = torch.optim.AdamW(net.parameters(), lr=args.rate, weight_decay=1e-4, betas=(0.9, 0.99))
    state_path, begun, hours = args.folder / "last.pt", 0, 0.0
    if state_path.exists():
        state = torch.load(state_path, weights_only=False)
        net.load_state_dict(state["net"])
        steady.load_state_dict(state["steady"])
        optimiser.load_state_dict(state["optimiser"])
        begun, hours = state["step"], state["cpu_hours"]
    else:
        if args.start:
            net.load_state_dict(torch.load(args.start, weights_only=False)["steady"])
        steady.load_state_dict(net.state_dict())
    kept = None if args.all_pages else 0
    scans = real_pages(args.data, ("unlv_3b", "unlv_4b", "old_books"), kept)
    small = real_pages(args.data, ("grey_150dpi",), kept)
    cases = validation(real_pages(args.data, ("unlv_3b",), 1) + real_pages(args.data, ("unlv_4b",), 1))
    sheets = Sheets(np.random.default_rng(args.seed * 100_003 + begun), scans, small, args.fonts)
    loss_of, running = _loss(args), 0.0
    started = time.process_time()
    for step in range(begun, args.steps):
        factor = int(sheets.rng.choice(FACTORS, p=_CHANCES))
        x, y = batch(sheets, factor, args.side_px, args.batch, args.soft)
        for group in optimiser.param_groups:
            group["lr"] = rate_at(step, args.steps, args.rate)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=not args.exact):
            drawn = net(x.contiguous(memory_format=torch.channels_last), factor)
        rim = _RIM_PX * factor
        loss = loss_of(F.pad(drawn, (-rim,) * 4), F.pad(y, (-rim,) * 4))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 0.5)
        optimiser.step()
        _follow(steady, net, min(0.999, (step + 1) / (step + 10)))
        running += (float(loss.detach()) - running) * 0.01
        if (step + 1) % 500 == 0 or step + 1 == args.steps:
            spent = hours + (time.process_time() - started) / 3600
            _save(state_path, net, steady, optimiser, step + 1, spent, args)
            every = score(steady, cases) if (step + 1) % 1000 == 0 or step + 1 == args.steps else {}
            line = {"step": step + 1, "loss": round(running, 5), "psnr": every, "cpu_hours": round(spent, 3)}
            print(json.dumps(line), time.strftime("%H:%M:%S"), flush=True)


def _follow(steady: UpsampleNet, net: UpsampleNet, keep: float) -> None:
    """Let the averaged weights follow."""
    with torch.no_grad():
        for slow, quick in zip(steady.parameters(), net.parameters(), strict=True):
            slow.lerp_(quick, 1 - keep)


def _save(
    path: Path, net: UpsampleNet, steady: UpsampleNet, optimiser: Any, step: int, spent: float, args: Any
) -> None:
    told = {k: str(v) if isinstance(v, Path) else v for k, v in vars(args).items()}
    state = {"net": net.state_dict(), "steady": steady.state_dict(), "optimiser": optimiser.state_dict()}
    temporary = path.with_suffix(".new")
    torch.save({**state, "step": step, "cpu_hours": spent, "args": told}, temporary)
    temporary.replace(path)


if __name__ == "__main__":
    main()
