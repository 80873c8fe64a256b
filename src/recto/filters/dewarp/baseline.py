"""The baseline of a chain of letters: which of them stand on it, which reach below, and which tell nothing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_DEPTH = 0.28
_SKIP = 2.5
_SKIP_SMALL = 0.4
_BELOW = 1.0
_BREAK = 9.0
_REACH = 4


def baseline(glyphs: Floats) -> Floats | None:
    """Points of the baseline under the letters of one line, from left to right.

    Each letter stands on the line, hangs below it, or is left out (marks, dirt, shaded creases): the cheapest choice
    for the whole line, when steps from letter to letter are small, is found by dynamic programming. It follows a
    crease within a word, where a smooth curve would call the letters beyond it descenders.

    Parameters
    ----------
    glyphs : float64 ndarray, shape (N, 4) or wider
        Left, top, width and height of the letters, from left to right.

    Returns
    -------
    float64 ndarray, shape (M, 2), x first, or None
        None when the line is short or too few letters agree.
    """
    x = glyphs[:, 0] + glyphs[:, 2] / 2
    feet = glyphs[:, 1] + glyphs[:, 3]
    tall = float(np.sort(glyphs[:, 3])[3 * (len(glyphs) - 1) // 4])
    if x[-1] - x[0] < 2.0 * tall:
        return None
    small = glyphs[:, 3] < 0.55 * tall
    used, below = _chosen((x / tall).tolist(), (feet / tall).tolist(), small.tolist())
    stands = np.array(used, dtype=np.intp)
    if len(stands) < max(3, 0.45 * len(x)):
        return None
    return np.stack((x[stands], feet[stands] - _DEPTH * tall * np.array(below)), axis=1)


def _chosen(x: list[float], feet: list[float], small: list[bool]) -> tuple[list[int], list[bool]]:
    """Indices of the letters that tell where the line is, and which of them hang below it; heights of letters are 1."""
    count = len(x)
    total: list[tuple[float, float]] = []
    back: list[tuple[tuple[int, int], tuple[int, int]]] = []
    skip = [_SKIP_SMALL if s else _SKIP for s in small]
    before = 0.0
    best, last = np.inf, (-1, -1)
    after = sum(skip)
    for i in range(count):
        costs, froms = [], []
        for hangs in (0, 1):
            own = (_BELOW if hangs else 0.0) + (2.0 if small[i] else 0.0)
            least, source = before, (-1, -1)
            here = feet[i] - _DEPTH * hangs
            skipped = 0.0
            for j in range(i - 1, max(-1, i - 1 - _REACH), -1):
                run = x[i] - x[j]
                spread = 0.0036 + 0.02 * run * run
                for hung in (0, 1):
                    step = here - feet[j] + _DEPTH * hung
                    cost = total[j][hung] + skipped + min(step * step / spread, _BREAK)
                    if cost < least:
                        least, source = cost, (j, hung)
                skipped += skip[j]
            costs.append(least + own)
            froms.append(source)
        total.append((costs[0], costs[1]))
        back.append((froms[0], froms[1]))
        before += skip[i]
        after -= skip[i]
        for hangs in (0, 1):
            if costs[hangs] + after < best:
                best, last = costs[hangs] + after, (i, hangs)
    used, below = [], []
    while last[0] >= 0:
        used.append(last[0])
        below.append(bool(last[1]))
        last = back[last[0]][last[1]]
    return used[::-1], below[::-1]
