"""Sizes as people write them, and what a limit says when it is exceeded."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from recto.codec import Limits
from recto.errors import LimitError


@pytest.mark.parametrize(
    ("said", "size"),
    [
        (5, 5),
        ("104857600", 104_857_600),
        ("500MB", 500_000_000),
        ("500 mb", 500_000_000),
        (" 2G ", 2_000_000_000),
        ("1.5GiB", 1_610_612_736),
        ("1kB", 1000),
        ("1Ki", 1024),
        ("3TB", 3_000_000_000_000),
        ("12 B", 12),
    ],
)
def test_a_size_is_read_as_it_is_written(said: object, size: int) -> None:
    assert Limits.model_validate({"max_bytes": said}).max_bytes == size


@pytest.mark.parametrize("said", ["", "MB", "-1", "1e9", "5 miles", "1,000", "0", "0.4B", 0])
def test_what_is_no_size_is_refused(said: object) -> None:
    with pytest.raises(ValidationError, match="max_bytes"):
        Limits.model_validate({"max_bytes": said})


def test_a_limit_says_what_raises_it() -> None:
    with pytest.raises(LimitError, match=r"raise max_bytes \(RECTO_MAX_BYTES\)\.$"):
        Limits().check_bytes(10**9)
    with pytest.raises(LimitError, match=r"raise max_megapixels \(RECTO_MAX_MEGAPIXELS\)\.$"):
        Limits().check_pixels(10**5, 10**5)
    with pytest.raises(LimitError, match=r"raise max_frames \(RECTO_MAX_FRAMES\)\.$"):
        Limits().check_frames(10**5)
