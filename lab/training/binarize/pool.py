"""Pieces that another process renews while the net learns: making them costs as much as learning from them."""

from __future__ import annotations

import multiprocessing
import os
import time
from multiprocessing.sharedctypes import RawArray

import cv2
import numpy as np
from numpy.typing import NDArray

from lab.training.binarize.model import PLANES
from lab.training.binarize.patches import PIECE_PX, Patches, Real
from lab.training.binarize.planes import SCALES

SIDE_PX = 256


def cut(
    piece: NDArray[np.uint8], rng: np.random.Generator, side: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Planes ``(4, side, side)`` and truth ``(side, side)`` of a quarter, or all, of a piece, mirrored and turned."""
    top, left = (int(v) * side for v in rng.integers(0, PIECE_PX // side, 2))
    part = np.rot90(piece[:, top : top + side, left : left + side], int(rng.integers(4)), (1, 2))
    part = part[:, :, :: int(rng.choice((1, -1)))]
    return part[:PLANES] / SCALES, part[PLANES] / np.float32(255)


class Pool:
    """Pieces in memory that both processes see; a few are made anew all the time.

    Parameters
    ----------
    real : list of Real
    seed : int
    size : int
        How many pieces are kept.
    bank : int
        Squares of own strokes kept by the maker.
    real_share : float
    duty : float
        Share of its time that the maker may work, 0 to 1.
    taught : uint8 ndarray, shape (n, 5, 512, 512), optional
        Pages without truth and what a teacher says of them.
    taught_share : float
        Share of the pieces that are of those.
    """

    def __init__(
        self,
        real: list[Real],
        seed: int,
        size: int = 600,
        bank: int = 160,
        real_share: float = 0.5,
        duty: float = 0.4,
        taught: NDArray[np.uint8] | None = None,
        taught_share: float = 0.0,
    ) -> None:
        self.taught = np.empty((0, PLANES + 1, PIECE_PX, PIECE_PX), dtype=np.uint8) if taught is None else taught
        self.taught_share = taught_share if len(self.taught) else 0.0
        self._memory = RawArray("B", size * (PLANES + 1) * PIECE_PX * PIECE_PX)
        self._made = multiprocessing.Value("q", 0)
        self.size = size
        self.rng = np.random.default_rng(seed + 1)
        self._maker = multiprocessing.Process(target=self._make, args=(real, seed, bank, real_share, duty), daemon=True)
        self._maker.start()

    @property
    def made(self) -> int:
        """How many pieces there were so far."""
        return int(self._made.value)

    def batch(self, size: int, side: int = SIDE_PX) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Planes ``(size, 4, side, side)`` and truth ``(size, 1, side, side)``, mirrored and turned at random."""
        while self.made < min(self.size, 20 * size):
            time.sleep(0.2)
        slots = self._slots()
        pairs = []
        for slot in self.rng.choice(min(self.size, self.made), size, replace=False):
            taught = self.rng.random() < self.taught_share
            piece = self.taught[int(self.rng.integers(len(self.taught)))] if taught else slots[slot]
            pairs.append(cut(piece, self.rng, side))
        return np.stack([seen for seen, _ in pairs]), np.stack([ink[None] for _, ink in pairs])

    def stop(self) -> None:
        self._maker.terminate()
        self._maker.join()

    def _slots(self) -> NDArray[np.uint8]:
        return np.frombuffer(self._memory, dtype=np.uint8).reshape(self.size, PLANES + 1, PIECE_PX, PIECE_PX)

    def _make(self, real: list[Real], seed: int, bank: int, real_share: float, duty: float) -> None:
        os.nice(5)
        cv2.setNumThreads(1)
        source = Patches(real, seed, bank, real_share)
        slots = self._slots()
        while True:
            began = time.process_time()
            slots[self.made % self.size] = source.piece()
            with self._made.get_lock():
                self._made.value += 1
            if self.made > self.size:
                time.sleep((time.process_time() - began) * (1 - duty) / duty)
