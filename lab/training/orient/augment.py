"""What else may happen to a patch: size, slant, turn, blur, weight, grain, cuts."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from lab.training.orient.bank import BANK_SCALE
from recto.filters.orient.text_patches import PATCH_PX, as_ink

Grey = NDArray[np.uint8]


def augmented(patch: Grey, rng: np.random.Generator) -> NDArray[np.float32]:
    """A patch of the bank as the net may meet it: float32, shape (PATCH_PX, PATCH_PX)."""
    drawn = _placed(patch, rng)
    drawn = _worn(drawn, rng)
    if rng.random() < 0.1:
        y, x = rng.integers(0, PATCH_PX, 2)
        tall, wide = rng.integers(10, 50, 2)
        drawn[y : y + tall, x : x + wide] = int(rng.choice((0, 255, int(np.median(drawn)))))
    return as_ink(drawn)


def _placed(patch: Grey, rng: np.random.Generator) -> Grey:
    """Scaled, slanted, turned a little and moved."""
    side = patch.shape[0]
    angle = float(rng.uniform(-12, 12) if rng.random() < 0.2 else rng.normal(0, 1.5))
    scale = float(np.exp(rng.uniform(np.log(0.66), np.log(1.5)))) / BANK_SCALE
    slant = float(rng.normal(0, 0.14))
    aspect = float(np.exp(rng.normal(0, 0.07)))
    cos, sin = np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))
    forward = scale * np.array([[cos, -sin], [sin, cos]]) @ np.array([[aspect, slant], [0, 1 / aspect]])
    room = max(0.0, side / 2 - 0.5 * PATCH_PX / scale)
    centre = side / 2 + rng.uniform(-room, room, 2)
    offset = PATCH_PX / 2 - forward @ centre
    matrix = np.column_stack((forward, offset))
    source = cv2.GaussianBlur(patch, (0, 0), 0.45 / scale) if scale < 0.8 else patch
    return np.array(
        cv2.warpAffine(
            source, matrix, (PATCH_PX, PATCH_PX), flags=cv2.INTER_LINEAR, borderValue=int(np.median(patch[::4, ::4]))
        ),
        dtype=np.uint8,
    )


def _worn(drawn: Grey, rng: np.random.Generator) -> Grey:
    """Bolder or thinner, blurred, coarser, grainy, cut to two tones."""
    draw = rng.random(6)
    if draw[0] < 0.2:
        kernel = np.ones((1 + int(rng.integers(2)), 2), np.uint8)
        drawn = np.asarray((cv2.erode if rng.random() < 0.5 else cv2.dilate)(drawn, kernel), dtype=np.uint8)
    if draw[1] < 0.3:
        drawn = np.asarray(cv2.GaussianBlur(drawn, (0, 0), float(rng.uniform(0.3, 1.3))), dtype=np.uint8)
    if draw[2] < 0.15:
        side = int(rng.integers(48, 84))
        few = cv2.resize(drawn, (side, side), interpolation=cv2.INTER_AREA)
        drawn = np.asarray(cv2.resize(few, (PATCH_PX, PATCH_PX), interpolation=cv2.INTER_CUBIC), dtype=np.uint8)
    if draw[3] < 0.3:
        low, high = float(drawn.min()), float(drawn.max())
        grain = rng.normal(0, float(rng.uniform(0.02, 0.2)) * max(high - low, 1), drawn.shape)
        drawn = np.clip(drawn + grain, 0, 255).astype(np.uint8)
    if draw[4] < 0.15:
        low, high = np.percentile(drawn, (3, 97))
        level = low + float(rng.uniform(0.35, 0.65)) * (high - low)
        drawn = np.where(drawn > level, 255, 0).astype(np.uint8)
    if draw[5] < 0.15:
        ramp = np.linspace(*rng.uniform(0.5, 1.1, 2), PATCH_PX)
        drawn = np.clip(drawn * (ramp if rng.random() < 0.5 else ramp[:, None]), 0, 255).astype(np.uint8)
    return drawn.copy()
