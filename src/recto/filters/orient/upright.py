"""Which way up a page lies: patches of its text, a net that scores how upright each looks, and their vote."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recto import nets
from recto.filters.orient.text_patches import as_ink, text_map, text_patches
from recto.raster.page import Samples

_FIRST_LOOK = 12
_SURE = 0.9999


def turn_evidence(grey: Samples) -> NDArray[np.float64] | None:
    """Evidence for each of the four ways a page may lie; None when there is nothing to look at.

    Parameters
    ----------
    grey : uint8 ndarray, shape (H, W)

    Returns
    -------
    float64 ndarray, shape (N, 4)
        Log probability, patch by patch, that the page lies turned clockwise by 0, 90, 180 and 270 degrees.
    """
    found = text_map(grey)
    if found is None:
        return None
    patches = text_patches(grey, found, limit=_FIRST_LOOK)
    return patch_evidence(patches) if patches else None


def patch_evidence(patches: list[Samples]) -> NDArray[np.float64]:
    """Log probability of each turn for each patch, shape (N, 4)."""
    ink = np.stack([as_ink(patch) for patch in patches])
    # Turned back counterclockwise, the right one of the four looks upright; one net judges all four.
    turned = np.concatenate([np.rot90(ink, k, (1, 2)) for k in range(4)])[:, None]
    (scores,) = nets.load("orient").run(patches=np.ascontiguousarray(turned, dtype=np.float32))
    logits = scores.reshape(4, len(patches)).T.astype(np.float64)
    logits -= logits.max(axis=1, keepdims=True)
    normalised: NDArray[np.float64] = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return normalised


def vote(evidence: NDArray[np.float64]) -> tuple[int, float]:
    """The orientation in degrees and its confidence, from the evidence of the patches.

    Patches of one page err together (the same type, the same damage), so their evidence is not simply added:
    the mean counts as that of a few independent patches, fewer when the patches disagree.
    """
    count = len(evidence)
    mean = evidence.mean(axis=0)
    best = int(mean.argmax())
    lead = evidence[:, best][:, None] - np.delete(evidence, best, axis=1)
    rival = lead[:, int(lead.mean(axis=0).argmin())]
    margin = float(rival.mean())
    spread = float(rival.std()) / np.sqrt(count)
    confidence = 1 / (1 + np.exp(-(margin - spread) * min(count, 4) * 0.5))
    return 90 * best, float(np.clip(2 * confidence - 1, 0.0, 1.0))
