"""What a dewarping filter is measured against."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import tempfile
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.uint8]
PAGE_DEWARP = os.environ.get("PAGE_DEWARP") or shutil.which("page-dewarp")
_MOST_CPU_SECONDS = 120
_MOST_BYTES = 14 << 30


def untouched(photo: Samples) -> Samples:
    """The photo itself."""
    return photo


def four_corners(photo: Samples) -> Samples:
    """The usual recipe: Canny edges, the largest contour with four corners, one projective map.

    The photo itself when no quadrilateral of a tenth of it is found.
    """
    scale = 800 / max(photo.shape[:2])
    grey = cv2.cvtColor(cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
    edges = cv2.dilate(cv2.Canny(cv2.GaussianBlur(grey, (5, 5), 0), 50, 150), np.ones((3, 3), np.uint8))
    contours, _ = cv2.findContours(edges, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    for contour in sorted(contours, key=cv2.contourArea, reverse=True)[:10]:
        hull = cv2.convexHull(contour)
        quad = cv2.approxPolyDP(hull, 0.02 * cv2.arcLength(hull, True), True)
        if len(quad) == 4 and cv2.contourArea(quad) > 0.1 * grey.size:
            return _flattened(photo, quad[:, 0].astype(np.float32) / scale)
    return photo


def _flattened(photo: Samples, quad: NDArray[np.float32]) -> Samples:
    total, difference = quad.sum(axis=1), np.diff(quad, axis=1)[:, 0]
    tl, br = quad[total.argmin()], quad[total.argmax()]
    tr, bl = quad[difference.argmin()], quad[difference.argmax()]
    width = round(max(float(np.hypot(*(tr - tl))), float(np.hypot(*(br - bl)))))
    height = round(max(float(np.hypot(*(bl - tl))), float(np.hypot(*(br - tr)))))
    source = np.array([tl, tr, br, bl], dtype=np.float32)
    target = np.array([[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]], dtype=np.float32)
    matrix = cv2.getPerspectiveTransform(source, target)
    return np.asarray(cv2.warpPerspective(photo, matrix, (width, height), flags=cv2.INTER_CUBIC), dtype=np.uint8)


def page_dewarp(photo: Samples) -> Samples | None:
    """What the ``page-dewarp`` command of the package index makes of the photo, one process each; None when it fails.

    It runs where ``PAGE_DEWARP`` says, with colour kept, two minutes of CPU and 14 GB of addresses.
    """
    assert PAGE_DEWARP is not None

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (_MOST_BYTES, _MOST_BYTES))
        resource.setrlimit(resource.RLIMIT_CPU, (_MOST_CPU_SECONDS, _MOST_CPU_SECONDS))

    with tempfile.TemporaryDirectory() as folder:
        cv2.imwrite(f"{folder}/photo.png", photo[..., ::-1])
        command = [PAGE_DEWARP, "-nb", "1", "photo.png"]
        try:
            subprocess.run(command, cwd=folder, check=True, capture_output=True, preexec_fn=limit)
        except (subprocess.SubprocessError, OSError):
            return None
        made = [p for p in Path(folder).glob("*.png") if p.name != "photo.png"]
        result = cv2.imread(str(made[0])) if made else None
    return None if result is None else np.ascontiguousarray(result[..., ::-1])
