"""A small classifier of signs, whose inner features say whether two pictures read alike.

``python -m lab.training.upsample.reader`` trains it in about a minute of one core and keeps it in ``lab/runs/``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from lab.training.upsample.sheets import fonts, needed

SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.,:;-()/%&àéèüöäçñåøßœ"
_LATIN = ("Liberation*-*.ttf", "DejaVuS*.ttf", "NotoSans-*.ttf", "NotoSerif-*.ttf")
_SIDE_PX = 40


class SignReader(nn.Module):
    """Grey pictures to features of three depths (``forward``) or, of 40 × 40 px, to signs (``classes``)."""

    def __init__(self) -> None:
        super().__init__()
        self.stages = nn.ModuleList(
            nn.Sequential(nn.Conv2d(a, b, 3, stride=2, padding=1), nn.ReLU()) for a, b in ((1, 16), (16, 32), (32, 64))
        )
        self.answer = nn.Linear(64 * 25, len(SIGNS))

    def forward(self, picture: Tensor) -> Tensor:
        """The features of all depths, each scaled to a mean of one on pages, as one flat tensor."""
        found, flat = picture, []
        for stage in self.stages:
            found = stage(found)
            flat.append((found / (found.detach().mean() + 1e-3)).flatten())
        return torch.cat(flat)

    def classes(self, picture: Tensor) -> Tensor:
        found = picture
        for stage in self.stages:
            found = stage(found)
        return torch.as_tensor(self.answer(found.flatten(1)))


def signs(rng: np.random.Generator, count: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Signs among their neighbours, in any font, size and sharpness that is still read."""
    files = needed(fonts(_LATIN), _LATIN)
    pictures = np.empty((count, 1, _SIDE_PX, _SIDE_PX), np.float32)
    labels = rng.integers(0, len(SIGNS), count)
    for k, label in enumerate(labels):
        font = ImageFont.truetype(str(files[int(rng.integers(len(files)))]), int(rng.integers(20, 46)))
        image = Image.new("L", (_SIDE_PX, _SIDE_PX), 255)
        draw = ImageDraw.Draw(image)
        sign, around = SIGNS[int(label)], rng.choice(list(SIGNS), 2)
        width = draw.textlength(sign, font=font)
        x = (_SIDE_PX - width) / 2 + rng.uniform(-2, 2)
        y = rng.uniform(-8, 2)
        draw.text((x, y), sign + str(around[0]), font=font, fill=0)
        draw.text((x - draw.textlength(str(around[1]), font=font), y), str(around[1]), font=font, fill=0)
        samples = np.asarray(image).astype(np.float32)
        if rng.random() < 0.5:
            samples = cv2.GaussianBlur(samples, (0, 0), float(rng.uniform(0.4, 1.4)))
        if rng.random() < 0.4:
            samples = np.where(samples < rng.uniform(90, 180), 0, 255).astype(np.float32)
        pictures[k, 0] = samples / 255
    return pictures, labels


def load_reader(path: Path) -> SignReader:
    """The trained reader, frozen.

    Raises
    ------
    FileNotFoundError
        It has not been trained; see the top of this module.
    """
    reader = SignReader()
    reader.load_state_dict(torch.load(path, weights_only=True))
    return reader.requires_grad_(False).eval()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m lab.training.upsample.reader")
    parser.add_argument("--out", type=Path, default=Path("lab/runs/upsample/reader.pt"))
    parser.add_argument("--steps", type=int, default=1500)
    args = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    reader = SignReader()
    optimiser = torch.optim.AdamW(reader.parameters(), lr=2e-3)
    pool = [signs(rng, 64) for _ in range(40)]
    right = 0.0
    for step in range(args.steps):
        if step % 4 == 0:
            pool[int(rng.integers(len(pool)))] = signs(rng, 64)
        pictures, labels = pool[int(rng.integers(len(pool)))]
        answer = reader.classes(torch.from_numpy(pictures))
        loss = F.cross_entropy(answer, torch.from_numpy(labels))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        right += (float((answer.argmax(1).numpy() == labels).mean()) - right) * 0.02
        if (step + 1) % 250 == 0:
            print(step + 1, round(float(loss.detach()), 3), round(right, 3), flush=True)
    fresh, labels = signs(np.random.default_rng(1), 800)
    with torch.no_grad():
        print("unseen:", float((reader.classes(torch.from_numpy(fresh)).argmax(1).numpy() == labels).mean()))
    args.out.parent.mkdir(parents=True, exist_ok=True)
    torch.save(reader.state_dict(), args.out)


if __name__ == "__main__":
    main()
