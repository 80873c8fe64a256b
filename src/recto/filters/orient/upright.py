"""Which way up a page lies: patches of its text, a net that scores how upright each looks, and their vote."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recto import nets
from recto.filters.orient.text_patches import as_ink, text_map, text_patches
from recto.raster.page import Samples

_PATCHES = 16
_MORE_PATCHES = 8
_CLEAR = 0.97
GATE = 0.9
"""The confidence from which a page is turned, unless told otherwise."""
_LOUDEST, _ENOUGH = 6.0, 6.5
"""Log odds beyond 6 count as 6; summed over the root of the number of patches that speak, 6.5 gives ``GATE``.

On pages of the calibration no wrong answer got beyond 4.4, and no page without text beyond 5.3.
"""
_OTHER_SCALES = (0.75, 1.35)

Evidence = NDArray[np.float64]
"""Log probability, patch by patch, that the page lies turned clockwise by 0, 90, 180 and 270 degrees: (N, 4)."""


def orientation(grey: Samples) -> tuple[int, float] | None:
    """How a page lies.

    Parameters
    ----------
    grey : uint8 ndarray, shape (H, W)

    Returns
    -------
    (int, float) or None
        The angle in degrees, 0, 90, 180 or 270, by which it is turned clockwise, and the confidence from 0 to 1.
        None when there is nothing on it that may be text.
    """
    found = text_map(grey)
    if found is None:
        return None
    patches = text_patches(grey, found, limit=_PATCHES)
    if not patches:
        return None
    evidence = patch_evidence(patches)
    first = vote(evidence)
    if first[1] >= _CLEAR:
        return first
    # Broken or touching letters mislead about the size of the type: look again at smaller and at larger type.
    more = [p for scale in _OTHER_SCALES for p in text_patches(grey, found, limit=_MORE_PATCHES, scale=scale)]
    return vote(np.concatenate((evidence, patch_evidence(more)))) if more else first


def patch_evidence(patches: list[Samples]) -> Evidence:
    """What the net says about each patch."""
    ink = np.stack([as_ink(patch) for patch in patches])
    # Turned back counterclockwise, the right one of the four looks upright; one net judges all four.
    turned = np.concatenate([np.rot90(ink, k, (1, 2)) for k in range(4)])[:, None]
    (scores,) = nets.load("orient").run(patches=np.ascontiguousarray(turned, dtype=np.float32))
    logits = scores.reshape(4, len(patches)).T.astype(np.float64)
    logits -= logits.max(axis=1, keepdims=True)
    normalised: Evidence = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return normalised


def vote(evidence: Evidence) -> tuple[int, float]:
    """The orientation in degrees and its confidence, from the evidence of the patches.

    Patches of one page err together, so that their log odds do not simply add up: the leads of the best turn over its
    rival, cut at ``_LOUDEST``, are summed over the root of their number, as in a sign test in which each says how sure
    it is. A patch that leans nowhere, as a picture does, says nothing and is not counted.
    """
    mean = evidence.mean(axis=0)
    best, rival = (int(k) for k in np.argsort(-mean, kind="stable")[:2])
    lead = np.clip(evidence[:, best] - evidence[:, rival], -_LOUDEST, _LOUDEST)
    # One more than there are, so that a single patch, however loud, stays below the gate: 6 / √2 is 4.2.
    speaking = 1.0 + float((1.0 - np.exp(-np.abs(lead))).sum())
    agreed = max(0.0, float(lead.sum())) / np.sqrt(speaking)
    return 90 * best, float(np.tanh(agreed / _ENOUGH * np.arctanh(GATE)))
