"""Pages without truth as lessons: what the net says of them from many sides, on the mean."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import nn

from lab.training.binarize.model import PLANES
from lab.training.binarize.planes import SCALES, planes

SIDE_PX = 512
SCALES_SEEN = (0.75, 1.0, 1.34)
PIECES = 100


def photographed() -> list[Path]:
    """Grey and coloured pages of RECTO_DATA that have no pixel truth."""
    data = Path(os.environ.get("RECTO_DATA", "../shared/data"))
    folders = ("pages/grey_150dpi", "skew/gallicorpora_17c", "dewarp/inv3d_real")
    return [path for name in folders for path in sorted((data / name / "images").iterdir())]


def pieces(rng: np.random.Generator, count: int) -> Iterator[NDArray[np.uint8]]:
    """Squares of such pages at their own size or near it, shape (576, 576, 3): places with ink."""
    paths = photographed()
    side = SIDE_PX + 64
    for path in rng.choice(np.array(paths), count):
        image = Image.open(path).convert("RGB")
        scale = float(np.exp(rng.uniform(np.log(0.6), np.log(1.6))))
        least = side / min(image.size)
        size = [max(side, round(v * max(scale, least))) for v in image.size]
        full = np.asarray(image.resize((size[0], size[1])))
        spots = [(int(rng.integers(0, size[1] - side + 1)), int(rng.integers(0, size[0] - side + 1))) for _ in range(6)]
        parts = [full[y : y + side, x : x + side] for y, x in spots]
        yield max(parts, key=lambda part: float(cv2.Laplacian(part, cv2.CV_32F).std()))


def taught(teacher: nn.Module, samples: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Likelihood of ink, 0 to 255: the mean over three sizes, four turns and their mirror images."""
    height, width = samples.shape[:2]
    total = np.zeros((height, width), dtype=np.float32)
    for scale in SCALES_SEEN:
        side = round(height * scale / 32) * 32
        seen = planes(np.asarray(cv2.resize(samples, (side, side), interpolation=cv2.INTER_AREA), dtype=np.uint8))
        mean = np.zeros((side, side), dtype=np.float32)
        for turn in range(4):
            for flip in (1, -1):
                fed = np.rot90(seen, turn, (1, 2))[:, :, ::flip] / SCALES
                with torch.no_grad():
                    found = torch.sigmoid(teacher(torch.from_numpy(fed.copy())[None]))[0, 0].numpy()
                mean += np.rot90(found[:, ::flip], -turn)
        total += cv2.resize(mean, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(np.rint(total * (255 / 8 / len(SCALES_SEEN))), dtype=np.uint8)


def taught_pieces(teacher: nn.Module, seed: int, count: int = PIECES) -> NDArray[np.uint8]:
    """Planes and what the teacher says of the pieces, shape (count, 5, 512, 512)."""
    rng = np.random.default_rng(seed)
    made = np.empty((count, PLANES + 1, SIDE_PX, SIDE_PX), dtype=np.uint8)
    inner = slice(32, 32 + SIDE_PX)
    for piece, samples in zip(made, pieces(rng, count), strict=True):
        piece[:PLANES] = planes(samples)[:, inner, inner]
        piece[PLANES] = taught(teacher, samples)[inner, inner]
    return made
