"""Large bodies mean the same as small ones, and their hostile cousins are refused before anybody parses them."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recto.errors import InputError, LimitError, RequestError
from recto.web.lenient import read_base64, read_json_object
from recto.web.long_strings import LONG_BYTES, MAX_STRUCTURE_BYTES, cut_out

DATA = bytes(range(256)) * 1000
TEXT = base64.b64encode(DATA).decode()
assert len(TEXT) > LONG_BYTES


def image_of(body: str | bytes) -> bytes:
    return read_base64(read_json_object(body.encode() if isinstance(body, str) else body)["image"])


@pytest.mark.parametrize(
    ("before", "text", "after"),
    [
        ('{"image":"', TEXT, '"}'),
        ('\ufeff{"settings":{"a":[1,{"b":"}"}],},"Image" : "', TEXT, '" ,}'),
        (f'{{"other":"{TEXT[:-4]}","image":"', TEXT, '"}'),
        ('{"image":"', TEXT.replace("/", "\\/"), '"}'),
        ('{"image":"', TEXT.replace("+", "\\u002B").replace("=", "\\u003d"), '"}'),
        ('{"image":"', "\\r\\n".join(TEXT[k : k + 76] for k in range(0, len(TEXT), 76)), '"}'),
        ('{"image":"', "\r\n".join(TEXT[k : k + 76] for k in range(0, len(TEXT), 76)), '"}'),
        ('{"image":"data:image\\/png;base64,', TEXT, '"}'),
        ('{"image":"', TEXT, '", "name":"a\\"b\\\\"}'),
    ],
)
def test_pictures_as_every_writer_of_json_has_them(before: str, text: str, after: str) -> None:
    assert image_of(before + text + after) == DATA


@given(
    lengths=st.lists(st.integers(LONG_BYTES - 3, LONG_BYTES + 3), min_size=1, max_size=3),
    more=st.dictionaries(st.text(max_size=5), st.text(max_size=20) | st.integers() | st.lists(st.text()), max_size=3),
)
@settings(max_examples=60, derandomize=True)
def test_a_body_means_what_json_says_whatever_is_cut_out(lengths: list[int], more: dict[str, object]) -> None:
    value = {**{key.lower(): item for key, item in more.items()}, **{f"k{k}": "x" * n for k, n in enumerate(lengths)}}
    assert read_json_object(json.dumps(value).encode()) == value


def test_escapes_are_undone_wherever_a_piece_ends() -> None:
    for shift in range(8):
        text = "A" * shift + "AA\\u002b" * 400_000
        found = read_json_object(f'{{"image":"{text}"}}'.encode())["image"]
        assert found == text.replace("\\u002b", "+")


def test_a_name_that_a_body_invents_names_nothing() -> None:
    short, cut = cut_out(b'{"image":"%s"}' % TEXT.encode())
    (name,) = cut
    assert len(short) < 100
    again = read_json_object(b'{"image":"%s","other":"%s"}' % (name.encode(), TEXT.encode()))
    assert again["image"] == name


@pytest.mark.parametrize(
    "body",
    [
        b'{"image":"' + b"A" * 200_000,
        b'{"image":"' + b"\\" * 200_000 + b'"}',
        b'{"image":"' + b'\\"' * 100_000 + b'"}',
        b'{"image":"' + b"\\u0041" * 40_000 + b'"}',
        b'{"image":"' + b"\\x41" * 40_000 + b'"}',
        b'{"image":"' + b"\xff" * 200_000 + b'"}',
        b'{"image":' + b" " * (MAX_STRUCTURE_BYTES + 1) + b'"AAAA"}',
        b'{"image":"AAAA"' + b" " * (MAX_STRUCTURE_BYTES + 1) + b"}",
        b'{"image":' + b"1" * (MAX_STRUCTURE_BYTES + 1) + b"}",
        b'{"image":' + b"1" * 100_000 + b"}",
        b'{"image":' + b"[" * 100_000 + b"}",
        b'{"image":"AA' + b'","a":"' * 30_000 + b'"}',
        ('{"image":"' + "A" * MAX_STRUCTURE_BYTES + '"}').encode("utf-16"),
    ],
)
def test_bodies_that_want_to_be_expensive_are_refused(body: bytes) -> None:
    with pytest.raises(InputError) as caught:
        read_json_object(body)
    assert len(caught.value.message) < 200


@pytest.mark.parametrize("size", [10, 3_000_000])
@pytest.mark.parametrize("filling", ["=", " ", "\u00a0", "\ufeff", "\n="])
def test_base64_may_end_in_anything_that_means_nothing(filling: str, size: int) -> None:
    assert read_base64("QUJD" + filling * size) == b"ABC"
    with pytest.raises(RequestError):
        read_base64("QUJD" + filling * size + "\u00e9")
    if "=" in filling:
        with pytest.raises(RequestError):
            read_base64("QUJD" + filling * size + "QUJD")


def test_what_is_refused_is_refused_by_a_named_limit() -> None:
    with pytest.raises(LimitError, match="1,000,000"):
        read_json_object(b" " * (MAX_STRUCTURE_BYTES + 1))
