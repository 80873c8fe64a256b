"""How well a page is read: word F1 and character error rate."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray


def read_text(
    samples: NDArray[np.uint8], dpi: int = 300, folder: Path | None = None, psm: int = 3, language: str = "eng"
) -> str:
    """What Tesseract reads on a page (R, G, B or grey).

    Parameters
    ----------
    samples : uint8 ndarray, shape (H, W) or (H, W, 3)
    dpi : int
        Told to Tesseract, which is at its best near 300.
    folder : Path, optional
        Not used for files; the page is sent through a pipe. Kept for callers that want a working directory.
    psm : int
        Tesseract's page segmentation mode.
    language : str
        One that ``tesseract --list-langs`` names.
    """
    page = samples if samples.ndim == 2 else np.ascontiguousarray(samples[..., ::-1])
    ok, encoded = cv2.imencode(".png", page, [cv2.IMWRITE_PNG_COMPRESSION, 1])
    assert ok
    command = ["tesseract", "stdin", "stdout", "-l", language, "--dpi", str(dpi), "--psm", str(psm)]
    done = subprocess.run(
        command, input=encoded.tobytes(), capture_output=True, check=True, cwd=folder, env=_one_thread()
    )
    return done.stdout.decode("utf-8", "replace")


def _one_thread() -> dict[str, str]:
    import os

    return {**os.environ, "OMP_THREAD_LIMIT": "1"}


def word_f1(read: Sequence[str], truth: Sequence[str]) -> float:
    """Harmonic mean of precision and recall of words as multisets, whatever their order: 0 to 1.

    Two empty sequences agree: 1.
    """
    if not read and not truth:
        return 1.0
    common = sum((Counter(read) & Counter(truth)).values())
    return 2.0 * common / (len(read) + len(truth))


def cer(read: str, truth: str) -> float:
    """Levenshtein distance over the length of the truth; white space runs count as one blank. Can exceed 1."""
    a, b = " ".join(read.split()), " ".join(truth.split())
    return edit_distance(a, b) / max(len(b), 1)


def edit_distance(a: str, b: str) -> int:
    """Fewest insertions, deletions and replacements that turn ``a`` into ``b``; one row of numpy at a time."""
    if not a or not b:
        return len(a) + len(b)
    letters = np.frombuffer(b.encode("utf-32-le"), dtype=np.uint32)
    steps = np.arange(len(b) + 1)
    row = steps.copy()
    for k, letter in enumerate(a, start=1):
        best = np.minimum(row[1:] + 1, row[:-1] + (letters != ord(letter)))
        row = np.concatenate(([k], best))
        row = np.minimum.accumulate(row - steps) + steps
    return int(row[-1])
