"""Patches that another process renews while the net learns: making one costs as much as learning from it."""

from __future__ import annotations

import multiprocessing
import os
import time
from multiprocessing.sharedctypes import RawArray
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from lab.training.binarize.patches import SIDE_PX, Patches, Real
from lab.training.binarize.planes import SCALES

_LAYERS = 5


class Pool:
    """Patches in memory that both processes see; a few are made anew all the time.

    Parameters
    ----------
    real : list of Real
    seed : int
    size : int
        How many patches are kept.
    bank : int
        Squares of own strokes kept by the maker.
    real_share : float
    duty : float
        Share of its time that the maker may work, 0 to 1.
    """

    def __init__(
        self, real: list[Real], seed: int, size: int = 2000, bank: int = 160, real_share: float = 0.5, duty: float = 0.4
    ) -> None:
        self._memory = RawArray("B", size * _LAYERS * SIDE_PX * SIDE_PX)
        self._made = multiprocessing.Value("q", 0)
        self.size = size
        self.rng = np.random.default_rng(seed + 1)
        self._maker = multiprocessing.Process(target=self._make, args=(real, seed, bank, real_share, duty), daemon=True)
        self._maker.start()

    @property
    def made(self) -> int:
        """How many patches there were so far."""
        return int(self._made.value)

    def batch(self, size: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Planes ``(size, 4, 256, 256)`` and truth ``(size, 1, 256, 256)``, mirrored and turned at random."""
        while self.made < min(self.size, 20 * size):
            time.sleep(0.2)
        slots = self._slots()
        inputs = np.empty((size, _LAYERS - 1, SIDE_PX, SIDE_PX), dtype=np.float32)
        truths = np.empty((size, 1, SIDE_PX, SIDE_PX), dtype=np.float32)
        chosen = self.rng.choice(min(self.size, self.made), size, replace=False)
        for i, slot in enumerate(chosen):
            turns, flip = int(self.rng.integers(4)), int(self.rng.choice((1, -1)))
            turned = np.rot90(slots[slot], turns, (1, 2))[:, :, ::flip]
            inputs[i] = turned[:-1] / SCALES
            truths[i, 0] = turned[-1]
        return inputs, truths

    def stop(self) -> None:
        self._maker.terminate()
        self._maker.join()

    def _slots(self) -> NDArray[np.uint8]:
        return np.frombuffer(self._memory, dtype=np.uint8).reshape(self.size, _LAYERS, SIDE_PX, SIDE_PX)

    def _make(self, real: list[Real], seed: int, bank: int, real_share: float, duty: float) -> None:
        os.nice(5)
        cv2.setNumThreads(1)
        source = Patches(real, seed, bank, real_share)
        slots: NDArray[Any] = self._slots()
        while True:
            began = time.process_time()
            for planes, ink in source.patches():
                slot = slots[self.made % self.size]
                slot[:-1] = planes
                slot[-1] = ink
                with self._made.get_lock():
                    self._made.value += 1
            if self.made > self.size:
                time.sleep((time.process_time() - began) * (1 - duty) / duty)
