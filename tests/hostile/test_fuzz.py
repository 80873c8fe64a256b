"""The targets of the fuzzer hold for what it begins with, for a first round of changes, and for all that it found."""

from __future__ import annotations

import numpy as np
import pytest

from tests.hostile.fuzz import TARGETS, seeds

FOUND: dict[str, list[bytes]] = {
    "recipes": [
        b'[{"filter":"rotate","angle_deg":' + b"9" * 5000 + b"}]",  # Python reads no number of so many digits
        b"[" * 100_000,
        b'["\\ud800"]',
    ],
    "uploads": [
        b"\x01--b\r\nContent-Disposition: form-data; name=recipe\r\n\r\n" + b"a," * 200_000 + b"\r\n--b--\r\n",
        b'\x00{"image": "AAAA", "recipe": [' + b"[" * 900 + b"]" * 900 + b"]}",
    ],
    "bodies": [b'{"image":"' + b"\\" * 200_000 + b'"}', b'{"image":' + b" " * 2_000_000 + b"}", b'"' * 100_000],
    "base64_text": ["\u00a0".encode() * 50_000, b"=" * 500_000, b"data:" + b" " * 500_000],
    "forms": [b"multipart/form-data; boundary=\xff\n--\xff", b"application/x-www-form-urlencoded\n" + b"&" * 99],
}
"""What raised something else or took very long before it was mended, and what is like it."""


@pytest.mark.parametrize("name", TARGETS)
def test_sound_inputs_and_a_first_round_of_changes_raise_nothing_else(name: str) -> None:
    rng = np.random.default_rng(8)
    for seed in seeds(name):
        TARGETS[name](seed)
        for _ in range(2 if name == "pages" else 10):
            data = bytearray(seed)
            for _ in range(int(rng.integers(1, 5))):
                data[int(rng.integers(len(data)))] = int(rng.integers(256))
            TARGETS[name](bytes(data))


@pytest.mark.parametrize("name", FOUND)
def test_what_was_found_raises_nothing_else_any_more(name: str) -> None:
    for data in FOUND[name]:
        TARGETS[name](data)
