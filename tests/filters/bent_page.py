"""Photos of bent pages whose exact map is known: a page on a cylinder before a pinhole camera, on a table."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class BentPage:
    """A page, 1 wide and ``aspect`` high, bent about an upright axis, lying before a camera.

    Attributes
    ----------
    aspect : float
        Height over width.
    bend_deg : float
        Angle between the paper at its left and at its right side; 0 is flat.
    tilt_deg, turn_deg : float
        How far the camera leans back from looking straight down, and how far the page lies turned clockwise.
    shape : tuple of int
        ``(H, W)`` of the photo.
    zoom : float
        1 shows the page with some table round it; 1.6 shows only what lies within the page.
    """

    aspect: float = 1.4142
    bend_deg: float = 0.0
    tilt_deg: float = 25.0
    turn_deg: float = 8.0
    shape: tuple[int, int] = (1120, 960)
    zoom: float = 1.0

    def seen(self, page: Floats) -> Floats:
        """Points of the page, ``(x, y)`` from 0 to 1 and to ``aspect``, as points of the photo."""
        angle = np.deg2rad(max(self.bend_deg, 1e-4))
        radius = 1 / angle
        at = (page[:, 0] - 0.5) * angle
        x = radius * np.sin(at)
        z = radius * (np.cos(at) - np.cos(angle / 2))
        y = page[:, 1] - self.aspect / 2
        turn, tilt = np.deg2rad(self.turn_deg), np.deg2rad(self.tilt_deg)
        x, y = x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)
        distance = 1.9 / self.zoom
        depth = distance - (z * np.cos(tilt) + y * np.sin(tilt))
        height = y * np.cos(tilt) - z * np.sin(tilt)
        focal = 1.05 * max(self.shape)
        photo = np.stack((focal * x / depth, focal * height / depth), axis=1)
        return photo + np.array([(self.shape[1] - 1) / 2, (self.shape[0] - 1) / 2])

    def read(self, photo: Floats) -> Floats:
        """Points of the photo as points of the page, by Newton's method; also beyond its edge; far from it, NaN."""
        page = np.tile((0.5, self.aspect / 2), (len(photo), 1))
        step = 1e-4
        for _ in range(14):
            here = self.seen(page)
            across = (self.seen(page + (step, 0)) - here) / step
            down = (self.seen(page + (0, step)) - here) / step
            off = photo - here
            size = across[:, 0] * down[:, 1] - across[:, 1] * down[:, 0]
            size = np.where(np.abs(size) < 1e-6, 1e-6, size)
            move = np.stack(
                (
                    (off[:, 0] * down[:, 1] - off[:, 1] * down[:, 0]) / size,
                    (across[:, 0] * off[:, 1] - across[:, 1] * off[:, 0]) / size,
                ),
                axis=1,
            )
            page = np.clip(page + np.clip(move, -0.4, 0.4), -0.3, self.aspect + 0.3)
        far = np.hypot(*(self.seen(page) - photo).T) > 0.5
        return np.where(far[:, None], np.nan, page)

    def photo(self, page: NDArray[np.uint8], *, table: int = 110, seed: int = 0) -> NDArray[np.uint8]:
        """The colour photo of a grey page of any size, shape (H, W, 3), on a mottled table of about that luma."""
        height, width = self.shape
        coarse = 12
        y, x = np.meshgrid(np.arange(0, height + coarse, coarse), np.arange(0, width + coarse, coarse), indexing="ij")
        at = self.read(np.stack((x.ravel(), y.ravel()), axis=1).astype(np.float64)).reshape(*x.shape, 2)
        at = at * (np.array([page.shape[1] - 1, (page.shape[0] - 1) / self.aspect]))
        full = cv2.resize(at.astype(np.float32), None, fx=coarse, fy=coarse, interpolation=cv2.INTER_LINEAR)
        shift = coarse // 2
        full = cv2.copyMakeBorder(full, 0, coarse, 0, coarse, cv2.BORDER_REPLICATE)
        full = full[shift : shift + height, shift : shift + width]
        map_x, map_y = np.ascontiguousarray(full[..., 0]), np.ascontiguousarray(full[..., 1])
        inside = (map_x >= 0) & (map_y >= 0) & (map_x <= page.shape[1] - 1) & (map_y <= page.shape[0] - 1)
        map_x, map_y = np.nan_to_num(map_x, nan=-1.0), np.nan_to_num(map_y, nan=-1.0)
        paper = cv2.remap(page, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        mask = cv2.blur(inside.astype(np.float32), (3, 3))[..., None]
        rng = np.random.default_rng(seed)
        mottle = cv2.resize(rng.normal(size=(height // 6, width // 6)).astype(np.float32), (width, height))
        desk = table + 9 * mottle[..., None] + np.array([8.0, 0.0, -14.0])
        sheet = paper[..., None] * np.array([0.90, 0.90, 0.88]) + rng.normal(size=(height, width, 1)) * 1.5
        return np.clip(mask * sheet + (1 - mask) * desk, 0, 255).astype(np.uint8)
