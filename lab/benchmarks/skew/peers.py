"""Other programs that find the skew of a page, each as a function from grey samples to degrees clockwise."""

from __future__ import annotations

import ctypes
import ctypes.util
import re
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.uint8]
Finder = Callable[[Samples, float], float]


def found() -> dict[str, Finder]:
    """The peers that are installed here."""
    peers: dict[str, Finder] = {}
    for name, make in (("Leptonica sweep", _leptonica), ("jdeskew", _jdeskew), ("deskew", _deskew)):
        try:
            peers[name] = make()
        except (ImportError, OSError):
            print(f"{name}: not installed, left out", flush=True)
    try:
        subprocess.run(["tesseract", "--version"], capture_output=True, check=True)
        peers["Tesseract --psm 2"] = _tesseract
    except (OSError, subprocess.CalledProcessError):
        print("Tesseract: not installed, left out", flush=True)
    return peers


def _leptonica() -> Finder:
    """Otsu's threshold, then the sweep over the whole range, as the library's own programs do."""
    lept = ctypes.CDLL(ctypes.util.find_library("lept") or "liblept.so.5")
    pointer, integer, real = ctypes.c_void_p, ctypes.c_int, ctypes.c_float
    lept.pixReadMem.restype = pointer
    lept.pixReadMem.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
    lept.pixOtsuAdaptiveThreshold.argtypes = [pointer, *[integer] * 4, real, pointer, ctypes.POINTER(pointer)]
    floats = ctypes.POINTER(real)
    lept.pixFindSkewSweepAndSearch.argtypes = [pointer, floats, floats, integer, integer, real, real, real]
    lept.pixDestroy.argtypes = [ctypes.POINTER(pointer)]
    lept.setMsgSeverity(6)

    def find(grey: Samples, max_angle_deg: float) -> float:
        height, width = grey.shape
        coded = b"P5\n%d %d\n255\n" % (width, height) + np.ascontiguousarray(grey).tobytes()
        page, ink = pointer(lept.pixReadMem(coded, len(coded))), pointer()
        lept.pixOtsuAdaptiveThreshold(page, width, height, 0, 0, 0.1, None, ctypes.byref(ink))
        angle, confidence = real(), real()
        lept.pixFindSkewSweepAndSearch(
            ink, ctypes.byref(angle), ctypes.byref(confidence), 4, 2, max_angle_deg, 1.0, 0.01
        )
        for pix in (page, ink):
            lept.pixDestroy(ctypes.byref(pix))
        return -angle.value

    return find


def _jdeskew() -> Finder:
    from jdeskew.estimator import get_angle

    return lambda grey, max_angle_deg: float(get_angle(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), angle_max=max_angle_deg))


def _deskew() -> Finder:
    from deskew import determine_skew

    return lambda grey, max_angle_deg: float(determine_skew(grey) or 0.0)


def _tesseract(grey: Samples, max_angle_deg: float) -> float:
    with tempfile.TemporaryDirectory() as folder:  # with --psm 2 it reads no standard input
        page = Path(folder, "page.png")
        cv2.imwrite(str(page), grey)
        command = ["tesseract", str(page), "stdout", "--psm", "2", "--dpi", "300"]
        said = subprocess.run(command, capture_output=True, check=False)
    match = re.search(rb"Deskew angle: ([-0-9.]+)", said.stdout + said.stderr)
    return float(np.rad2deg(float(match.group(1)))) if match else 0.0
