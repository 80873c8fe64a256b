"""Tesseract and RapidOCR, each with a memory on disk: what was read once need not be read again."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from lab.metrics.ocr import read_text

Samples = NDArray[np.uint8]

_CHILD = Path(__file__).with_name("rapid_child.py")


class Reads(Protocol):
    """What reads a picture."""

    def read(self, samples: Samples, dpi: int, psm: int) -> str:
        """The text, a line of print to a line."""
        ...


class Memory:
    """Text by a hash of what was read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}

    @staticmethod
    def key(samples: Samples, how: str) -> str:
        head = f"{samples.shape}/{how}/".encode()
        return hashlib.sha1(head + np.ascontiguousarray(samples).tobytes()).hexdigest()

    def keep(self, key: str, text: str) -> str:
        self.known[key] = text
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps(self.known))
        return text


class Tesseract:
    """Tesseract in one of its languages."""

    def __init__(self, memory: Memory, language: str = "eng") -> None:
        self.memory, self.language = memory, language

    def read(self, samples: Samples, dpi: int, psm: int) -> str:
        how = f"{dpi}/{psm}" + ("" if self.language == "eng" else f"/{self.language}")
        key = self.memory.key(samples, how)
        if key in self.memory.known:
            return self.memory.known[key]
        return self.memory.keep(key, read_text(samples, dpi=dpi, psm=psm, language=self.language))


class Rapid:
    """RapidOCR in a process of its own, so that it may live in another environment."""

    def __init__(self, memory: Memory, python: str) -> None:
        self.memory = memory
        self._child = subprocess.Popen([python, str(_CHILD)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def read(self, samples: Samples, dpi: int, psm: int) -> str:
        key = self.memory.key(samples, "rapid")
        if key in self.memory.known:
            return self.memory.known[key]
        ok, encoded = cv2.imencode(".png", samples)
        child = self._child
        assert ok
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(len(encoded).to_bytes(4, "big") + encoded.tobytes())
        child.stdin.flush()
        line = child.stdout.readline()
        if not line:
            raise RuntimeError("RapidOCR ended; its own messages stand above")
        return self.memory.keep(key, "\n".join(json.loads(line)))

    def close(self) -> None:
        """End the process."""
        if self._child.stdin is not None:
            self._child.stdin.close()
        self._child.wait()


def rapid(memory: Memory, python: str) -> Rapid | None:
    """RapidOCR by the interpreter ``python``, or by this one where it is installed; None where it is not."""
    if not python and importlib.util.find_spec("rapidocr") is None:
        return None
    return Rapid(memory, python or sys.executable)
