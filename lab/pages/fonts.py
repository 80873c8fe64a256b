"""The fonts of the machine, by script. Nothing is shipped: what is not installed is not used."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from PIL import ImageFont

_FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".local/share/fonts")
_EUROPEAN = (
    "LiberationSerif-*.ttf",
    "LiberationSans-*.ttf",
    "LiberationSansNarrow-*.ttf",
    "LiberationMono-*.ttf",
    "DejaVuSerif*.ttf",
    "DejaVuSans*.ttf",
    "NotoSans-*.ttf",
    "NotoSerif-*.ttf",
    "NotoSansDisplay-*.ttf",
    "NotoSerifDisplay-*.ttf",
)
_PATTERNS: dict[str, tuple[str, ...]] = {
    "latin": _EUROPEAN,
    "cyrillic": _EUROPEAN,
    "greek": _EUROPEAN,
    "arabic": ("NotoNaskhArabic-*.ttf", "NotoKufiArabic-*.ttf", "NotoSansArabic-*.ttf", "NotoNastaliqUrdu-*.ttf"),
    "hebrew": ("NotoSansHebrew-*.ttf", "NotoSerifHebrew-*.ttf", "LiberationSerif-*.ttf", "LiberationSans-*.ttf"),
    "devanagari": ("NotoSansDevanagari-*.ttf", "NotoSerifDevanagari-*.ttf"),
    "chinese": ("NotoSansCJK-*.ttc", "NotoSerifCJK-*.ttc"),
    "japanese": ("NotoSansCJK-*.ttc", "NotoSerifCJK-*.ttc"),
    "korean": ("NotoSansCJK-*.ttc", "NotoSerifCJK-*.ttc"),
}
_COLLECTION_INDEX = {"japanese": 0, "korean": 1, "chinese": 2}
SAMPLES = {
    "latin": "ağéß",
    "cyrillic": "ёжђ",
    "greek": "ωά",
    "arabic": "عبد",
    "hebrew": "אבג",
    "devanagari": "कखग",
    "chinese": "这国",
    "japanese": "の国",
    "korean": "한국",
}
"""Signs that tell whether a font can write a script."""


@dataclass(frozen=True)
class Face:
    """One font of a file, with its family's regular, bold and italic faces told apart by name."""

    path: Path
    index: int = 0

    @property
    def family(self) -> str:
        return self.path.stem.split("-")[0]

    @property
    def style(self) -> str:
        return self.path.stem.partition("-")[2] or "Regular"

    def at(self, size_px: int) -> ImageFont.FreeTypeFont:
        """The face at a size of ``size_px`` pixels per em."""
        return _sized(self, size_px)

    def covers(self, text: str) -> bool:
        """Whether every sign of ``text`` has a glyph."""
        return all(_has_glyph(self, sign) for sign in text)


@cache
def _sized(face: Face, size_px: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(face.path), size_px, index=face.index)


@cache
def _has_glyph(face: Face, sign: str) -> bool:
    missing = np.array(face.at(24).getmask("\U000fffff"))
    drawn = np.array(face.at(24).getmask(sign))
    return drawn.shape != missing.shape or not np.array_equal(drawn, missing)


@cache
def faces(script: str) -> tuple[Face, ...]:
    """The installed faces that can write ``script``, in the order of their names."""
    extra = os.environ.get("LAB_FONTS")
    folders = (Path(extra),) if extra else _FOLDERS
    found = {
        path.name: Face(path, _COLLECTION_INDEX.get(script, 0) if path.suffix == ".ttc" else 0)
        for folder in folders
        if folder.is_dir()
        for pattern in _PATTERNS[script]
        for path in folder.rglob(pattern)
        if "Math" not in path.name
    }
    return tuple(found[name] for name in sorted(found) if found[name].covers(SAMPLES[script]))


@cache
def families(script: str) -> dict[str, dict[str, Face]]:
    """Family → style → face. A family without a regular style is left out."""
    grouped: dict[str, dict[str, Face]] = {}
    for face in faces(script):
        grouped.setdefault(face.family, {})[face.style] = face
    return {name: styles for name, styles in grouped.items() if "Regular" in styles}


def scripts_with_fonts() -> tuple[str, ...]:
    """The scripts that this machine can draw."""
    return tuple(script for script in _PATTERNS if families(script))
