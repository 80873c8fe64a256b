"""Light on a sheet and on its desk, and what a camera makes of it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]
Floats = NDArray[np.float64]
Shape = tuple[int, int]


def shading(points: Floats, rng: np.random.Generator) -> Field:
    """Brightness of each vertex of a bent sheet in the light of one lamp and a bright room; a flat sheet has 1.

    Parameters
    ----------
    points : float ndarray, shape (R, C, 3)
    rng : numpy.random.Generator

    Returns
    -------
    float32 ndarray, shape (R, C)
    """
    across, down = np.gradient(points, axis=1), np.gradient(points, axis=0)
    normal = np.cross(across, down)
    normal /= np.maximum(np.linalg.norm(normal, axis=2, keepdims=True), 1e-9)
    height = np.deg2rad(rng.uniform(22, 80))
    around = rng.uniform(0, 2 * np.pi)
    lamp = np.array((np.cos(height) * np.cos(around), np.cos(height) * np.sin(around), np.sin(height)))
    room = rng.uniform(0.1, 0.65)
    lit = np.clip(normal @ lamp, 0, None) / lamp[2]
    total: Field = (room * (0.6 + 0.4 * normal[..., 2]) + (1 - room) * np.minimum(lit, 2.0)).astype(np.float32)
    return total


def light_field(rng: np.random.Generator, shape: Shape) -> Field:
    """Light that falls off smoothly, with a colour that changes a little: float32, shape (H, W, 3)."""
    height, width = shape
    y, x = np.mgrid[-1:1:32j, -1:1:32j].astype(np.float32)
    strength = rng.uniform(0, 0.35)
    towards = rng.uniform(0, 2 * np.pi)
    fall = np.exp(strength * (np.cos(towards) * x + np.sin(towards) * y)).astype(np.float32)
    if rng.random() < 0.3:
        centre = rng.uniform(-1, 1, 2)
        fall *= np.exp(-rng.uniform(0.05, 0.3) * ((x - centre[0]) ** 2 + (y - centre[1]) ** 2)).astype(np.float32)
    cells = np.exp(rng.normal(0, 0.02, (2, 2, 3))).astype(np.float32)
    tint = cv2.resize(cells, (32, 32), interpolation=cv2.INTER_LINEAR) * fall[..., None]
    return np.asarray(cv2.resize(tint, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def shadow(rng: np.random.Generator, shape: Shape) -> Field:
    """A shadow thrown by something beside the sheet, 1 where there is none: float32, shape (H, W, 3)."""
    height, width = shape
    mask = np.zeros(shape, np.float32)
    draw = rng.random()
    size = float(max(shape))
    if draw < 0.45:
        centre, angle = rng.uniform(0.15, 0.85, 2) * (width, height), rng.uniform(0, 2 * np.pi)
        along, away = np.array((np.cos(angle), np.sin(angle))), np.array((-np.sin(angle), np.cos(angle)))
        far = 3 * size
        corners = np.array(
            [centre - far * along, centre + far * along, centre + far * (along + away), centre + far * away]
        )
        cv2.fillPoly(mask, [np.rint(corners).astype(np.int32)], 1.0)
        if draw < 0.12:
            cut = centre + away * rng.uniform(0.1, 0.4) * size
            corners = np.array([cut - far * along, cut + far * along, cut + far * (along + away), cut + far * away])
            cv2.fillPoly(mask, [np.rint(corners).astype(np.int32)], 0.0)
    else:
        centre, angle = rng.uniform(0.0, 1.0, 2) * (width, height), rng.uniform(0, 360)
        for _ in range(int(rng.integers(1, 7))):
            axes = rng.uniform(0.04, 0.3, 2) * size * (1.0, 2.0)
            at = centre + rng.normal(0, 0.1, 2) * size
            box = (tuple(at), tuple(axes), float(angle + rng.normal(0, 15)))
            cv2.ellipse(mask, box, 1.0, -1)
    soft = float(np.exp(rng.uniform(np.log(0.6), np.log(14)))) * size / 256
    mask = np.asarray(cv2.GaussianBlur(mask, (0, 0), soft), np.float32)
    dark = rng.uniform(0.25, 0.85) * np.exp(rng.normal(0, 0.04, 3) + (0, 0, 0.03))
    return (1 + mask[..., None] * (np.minimum(dark, 1.0) - 1)).astype(np.float32)


def thrown(mask: Field, rng: np.random.Generator) -> Field:
    """The shadow that the sheet throws on its desk, 1 where there is none: float32, shape (H, W, 1)."""
    size = max(mask.shape) / 256
    shift = rng.normal(0, 4, 2) * size
    moved = cv2.warpAffine(mask, np.array([[1, 0, shift[0]], [0, 1, shift[1]]]), mask.shape[::-1])
    soft = np.asarray(cv2.GaussianBlur(moved, (0, 0), float(rng.uniform(0.8, 5)) * size), np.float32)
    return (1 - float(rng.uniform(0.0, 0.6)) * soft)[..., None]


def finger(picture: Field, rng: np.random.Generator) -> None:
    """A finger from one side of the frame, drawn into the picture."""
    height, width = picture.shape[:2]
    size = max(height, width)
    start = rng.uniform(0, 1, 2) * (width, height)
    side = int(rng.integers(4))
    start[side % 2] = 0 if side < 2 else (width, height)[side % 2]
    tip = start + (np.array((width, height)) / 2 - start) * rng.uniform(0.1, 0.4)
    skin = np.array((rng.uniform(110, 235), 0, 0))
    skin[1] = skin[0] * rng.uniform(0.65, 0.82)
    skin[2] = skin[1] * rng.uniform(0.7, 0.95)
    thick = max(2, int(size * rng.uniform(0.04, 0.09)))
    cv2.line(picture, start.astype(int).tolist(), tip.astype(int).tolist(), skin.tolist(), thick, cv2.LINE_AA)


def taken(picture: Field, rng: np.random.Generator) -> NDArray[np.uint8]:
    """What the camera keeps of a picture of 0 to 255: exposure, white balance, tone, blur, grain, JPEG."""
    gain = np.exp(rng.normal(-0.12, 0.17)) * np.exp(rng.normal(0, 0.06, 3)).astype(np.float32)
    picture = picture * gain.astype(np.float32)
    if rng.random() < 0.3:
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), float(rng.uniform(0.3, 1.0))), np.float32)
    if rng.random() < 0.6:
        grain = rng.standard_normal(picture.shape[:2] + (1,), dtype=np.float32)
        picture = picture + grain * np.float32(rng.uniform(0.3, 7))
    kept = np.clip(picture, 0, 255).astype(np.uint8)
    if rng.random() < 0.5:
        tones = 255 * (np.arange(256) / 255) ** np.exp(rng.normal(0, 0.25))
        kept = np.asarray(cv2.LUT(kept, np.rint(tones).astype(np.uint8)), dtype=np.uint8)
    if rng.random() < 0.3:
        _, packed = cv2.imencode(".jpg", kept, (cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(35, 95))))
        kept = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), dtype=np.uint8)
    if rng.random() < 0.06:
        kept = np.repeat(cv2.cvtColor(kept, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
    return kept
