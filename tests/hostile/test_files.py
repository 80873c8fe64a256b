"""Every bad file is refused with a reason or does no harm; at worst its child dies, and the next page is read."""

from __future__ import annotations

import pytest

from recto.codec import Limits, decode, probe
from recto.errors import InputError
from tests.hostile.bombs import one_file_of
from tests.hostile.corpus import bad_files, everyday_files
from tests.hostile.judge import DIED, LATE, LIMITS, clear, fates, faults, table


def test_a_tenth_of_the_corpus_every_day() -> None:
    found = list(fates(everyday_files()))
    assert faults(found) == []
    assert len(found) > 150
    assert not {fate.outcome for fate in found} & {DIED, LATE}


@pytest.mark.slow
def test_the_whole_corpus() -> None:
    found = list(fates(bad_files()))
    assert faults(found) == []
    assert len(found) > 2000
    assert len(table(found)) >= 12
    assert sum(fate.outcome in (DIED, LATE) for fate in found) < 10


def test_the_corpus_is_always_the_same_and_no_file_is_in_it_twice() -> None:
    first, again = everyday_files(), everyday_files()
    assert first == again
    assert len({file.data for file in first}) > 0.95 * len(first)
    assert len({(file.kind, file.name) for file in first}) == len(first)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("TIFF of a billion strips", "hold more than the file"),
        ("TIFF of a billion strips in 4 bytes each, all there", "9,000,000 strips"),
        ("TIFF whose every tag is the whole file", "hold more than the file"),
        ("TIFF with 60,000 tags", "60,009 tags"),
        ("JPEG of 5,000 scans", "5,010 scans"),
        ("JPEG of 100,000 fill bytes before each of 50 comments", "too much stands before"),
        ("PNG with 200,000 empty chunks", "too many chunks"),
        ("PDF picture of 100,000 x 100,000", "max_megapixels"),
    ],
)
def test_what_was_found_once_is_refused_by_its_name(name: str, words: str) -> None:
    """Each of these cost minutes, gigabytes or the whole process before."""
    data = one_file_of(name)
    with pytest.raises(InputError, match=words) as caught:
        list(decode(data, LIMITS))
    assert clear(caught.value.message)


def test_a_canvas_is_measured_before_libwebp_allocates_it() -> None:
    canvas = b"\xff\xff\xff\xff\xff\xff"
    data = b"RIFF\x16\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00" + canvas
    with pytest.raises(InputError, match="max_megapixels is limited to 200, found 281,474,976"):
        probe(data, Limits())


def test_messages_that_say_too_much_are_found_out() -> None:
    for text in (
        "Traceback (most recent call last).",
        "The PNG is at 0x7f12ab.",
        "what",
        'The PNG: File "x.py", line 1.',
    ):
        assert not clear(text)
    assert clear("The PNG is truncated: a chunk reaches beyond the end of the file.")
