"""A seeded source of sharp patches: scans, rendered sheets, copies of forms, pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from lab.training.upsample.sheets import Samples, picture, rendered_sheet, scanned
from lab.training.upsample.writings import east_asian_sheet, form_sheet, greek_sheet

_SHARES = {
    "scan": 0.40,
    "shrunk": 0.14,
    "grey": 0.03,
    "rendered": 0.10,
    "thresholded": 0.06,
    "picture": 0.04,
    "east": 0.11,
    "greek": 0.06,
    "form": 0.06,
}


@dataclass
class Sheets:
    """A seeded source of sharp patches.

    Attributes
    ----------
    scans : list of uint8 ndarray
        1-bit pages at 300 or 400 dpi.
    small : list of uint8 ndarray
        Grey pages of a low resolution.
    fonts : Path, optional
        A folder with more fonts than the machine has installed.
    """

    rng: np.random.Generator
    scans: list[Samples]
    small: list[Samples]
    fonts: Path | None = None
    pool: int = 40
    _pools: dict[str, list[Samples]] = field(default_factory=dict)
    _taken: int = 0

    def __post_init__(self) -> None:
        for kind, draw in self._drawers().items():
            self._pools[kind] = [draw() for _ in range(self.pool if kind == "rendered" else self.pool // 2)]

    def patch(self, side_px: int) -> tuple[Samples, str]:
        """A sharp square patch and what it is, of the kinds in ``_SHARES``."""
        self._refresh()
        kind = str(self.rng.choice(list(_SHARES), p=list(_SHARES.values())))
        if kind in ("scan", "shrunk"):
            factor = 1.0 if kind == "scan" else float(self.rng.uniform(0.35, 0.95))
            return self._cut(self.scans, side_px, factor), kind
        if kind == "grey":
            return self._cut(self.small, side_px, 1.0), kind
        if kind == "thresholded":
            return scanned(self._cut(self._pools["rendered"], side_px, 1.0), self.rng), kind
        lowest = {"rendered": 0.3, "picture": 0.5, "east": 0.5, "greek": 0.4, "form": 0.45}[kind]
        whole = kind != "picture" and self.rng.random() < (0.3 if kind == "form" else 0.6)
        return self._cut(self._pools[kind], side_px, 1.0 if whole else float(self.rng.uniform(lowest, 1.0))), kind

    def picture(self, side_px: int) -> Samples:
        """A patch of a picture, without text."""
        return self._cut(self._pools["picture"], side_px, 1.0)

    def _drawers(self) -> dict[str, Callable[[], Samples]]:
        return {
            "rendered": lambda: rendered_sheet(self.rng),
            "picture": lambda: picture(self.rng),
            "east": lambda: east_asian_sheet(self.rng, self.fonts),
            "greek": lambda: greek_sheet(self.rng, self.fonts),
            "form": lambda: form_sheet(self.rng, self.fonts),
        }

    def _refresh(self) -> None:
        """Now and then a sheet of a pool is drawn anew."""
        self._taken += 1
        if self._taken % 150 == 0:
            kinds = ("rendered", "east", "greek", "rendered", "east", "form", "picture")
            kind = kinds[self._taken // 150 % len(kinds)]
            pool = self._pools[kind]
            pool[int(self.rng.integers(len(pool)))] = self._drawers()[kind]()

    def _cut(self, sheets: list[Samples], side_px: int, factor: float) -> Samples:
        """A patch with something on it, shrunk by ``factor`` and now and then turned by quarters."""
        wide_px = round(side_px / factor)
        patch = np.full((wide_px, wide_px), 255, np.uint8)
        for _ in range(6):
            sheet = sheets[int(self.rng.integers(len(sheets)))]
            top = int(self.rng.integers(0, max(1, sheet.shape[0] - wide_px + 1)))
            left = int(self.rng.integers(0, max(1, sheet.shape[1] - wide_px + 1)))
            part = sheet[top : top + wide_px, left : left + wide_px]
            patch[:] = 255
            patch[: part.shape[0], : part.shape[1]] = part
            dark = float((patch < 128).mean())
            if 0.02 < dark < 0.6:
                break
        if factor < 1.0:
            patch = np.asarray(cv2.resize(patch, (side_px, side_px), interpolation=cv2.INTER_AREA))
        turn = self.rng.random()
        if turn < 0.08:
            patch = np.rot90(patch, int(self.rng.integers(1, 4)))
        return np.ascontiguousarray(patch)
