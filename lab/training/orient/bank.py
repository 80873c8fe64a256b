"""Patches of rendered pages: made once, page by page from the seed, kept in shards."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from lab.pages import DAMAGES, NON_TEXT, SCRIPTS, damage, non_text_page, render_page, scripts_with_fonts
from lab.training.orient.hands import leaf
from recto.filters.orient.text_patches import text_map, text_patches

BANK_PX = 208
BANK_SCALE = 1.25
"""Patches of the bank are larger than those of the net, and so is their type: room to turn and to scale."""
PAGES_PER_SHARD = 100
_PER_PAGE = 10
_DAMAGE_WEIGHTS = {"clean": 0.5, "scan": 2.0, "photo": 1.0, "fax": 2.0, "inverse": 0.3}
_VERTICAL_SHARE = 0.5
_ARCHAIC_SHARE = 0.3
_LEAVES_SHARE = 0.4


def turned(grey: NDArray[np.uint8], angle_deg: float) -> NDArray[np.uint8]:
    """The page turned clockwise by a small angle on a canvas of the same shape."""
    height, width = grey.shape
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), -angle_deg, 1.0)
    edge = int(np.median(grey[:, :: max(1, width // 64)]))
    return np.asarray(
        cv2.warpAffine(grey, matrix, (width, height), flags=cv2.INTER_LINEAR, borderValue=edge), dtype=np.uint8
    )


def random_page(rng: np.random.Generator, script: str) -> NDArray[np.uint8]:
    """A rendered page of any layout, upright but for skew, damaged."""
    dpi = int(rng.choice((130, 150, 180, 200, 220)))
    size = (float(rng.uniform(95, 210)), float(rng.uniform(95, 220)))
    layout = "vertical" if script in ("chinese", "japanese") and rng.random() < _VERTICAL_SHARE else None
    point = float(np.exp(rng.uniform(np.log(7.0), np.log(15.0))))
    archaic = script == "latin" and rng.random() < _ARCHAIC_SHARE
    grey = render_page(rng, script=script, dpi=dpi, size_mm=size, layout=layout, body_pt=point, archaic=archaic).grey
    return worn(grey, rng, dpi)


def worn(grey: NDArray[np.uint8], rng: np.random.Generator, dpi: int) -> NDArray[np.uint8]:
    """The page with some skew, damaged once or twice."""
    if rng.random() < 0.8:
        grey = turned(grey, float(rng.uniform(-15, 15) if rng.random() < 0.4 else rng.normal(0, 2)))
    names = list(DAMAGES)
    weights = np.array([_DAMAGE_WEIGHTS.get(name, 0.8) for name in names])
    for _ in range(1 if rng.random() < 0.7 else 2):
        grey = damage(grey, rng, str(rng.choice(names, p=weights / weights.sum())), dpi)
    return grey


def page_patches(seed: int, number: int) -> tuple[list[NDArray[np.uint8]], str]:
    """The patches of page ``number``, and its script or ``none`` when it holds no text."""
    rng = np.random.default_rng((seed, number))
    known = scripts_with_fonts()
    if rng.random() < 0.1:
        kind = str(rng.choice(list(NON_TEXT)))
        grey = non_text_page(rng, kind, int(rng.integers(500, 1800)), int(rng.integers(500, 1800)))
        grey = damage(grey, rng, str(rng.choice(("clean", "scan", "fax", "jpeg"))))
        script = "none"
    elif rng.random() < _LEAVES_SHARE:
        grey, script = leaf(rng)
        grey = worn(grey, rng, 150)
    else:
        script = str(rng.choice(known)) if rng.random() < 0.55 else "latin"
        grey = random_page(rng, script)
    found = text_map(grey)
    if found is None:
        return [], script
    return text_patches(grey, found, limit=_PER_PAGE, scale=BANK_SCALE, side_px=BANK_PX), script


def make_shard(folder: Path, seed: int, shard: int, go_on: Callable[[], bool] = lambda: True) -> bool:
    """Write shard number ``shard`` unless it is there; False when ``go_on`` said to stop before its end."""
    path = folder / f"patches-{seed}-{shard:04d}.npz"
    if path.exists():
        return True
    patches: list[NDArray[np.uint8]] = []
    scripts: list[int] = []
    names = (*SCRIPTS, "none")
    for number in range(shard * PAGES_PER_SHARD, (shard + 1) * PAGES_PER_SHARD):
        if not go_on():
            return False
        found, script = page_patches(seed, number)
        patches += found
        scripts += [names.index(script)] * len(found)
    partial = path.with_suffix(".part")
    with partial.open("wb") as file:
        np.savez(file, patches=np.stack(patches), scripts=np.array(scripts, np.int8))
    partial.rename(path)
    return True


def load_bank(folder: Path, seed: int) -> tuple[NDArray[np.uint8], NDArray[np.int8]]:
    """All patches, shape (N, BANK_PX, BANK_PX), and the number of the script of each."""
    files = sorted(folder.glob(f"patches-{seed}-*.npz"))
    parts = [np.load(path) for path in files]
    return np.concatenate([p["patches"] for p in parts]), np.concatenate([p["scripts"] for p in parts])
