"""What clients really send is understood, and what nobody can mean is refused."""

from __future__ import annotations

import base64
import json
import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recto.errors import LimitError, RequestError
from recto.web.lenient import MAX_JSON_MARKS, read_base64, read_json_object

plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def lowered(value: object) -> object:
    if isinstance(value, dict):
        return {key.lower(): lowered(inner) for key, inner in value.items()}
    return [lowered(inner) for inner in value] if isinstance(value, list) else value


def with_trailing_commas(value: object) -> str:
    if isinstance(value, dict):
        inside = "".join(f"{json.dumps(key)}: {with_trailing_commas(inner)} ,\n" for key, inner in value.items())
        return "{" + inside + "}"
    if isinstance(value, list):
        return "[" + "".join(f"{with_trailing_commas(inner)}, " for inner in value) + "]"
    return json.dumps(value)


@given(st.dictionaries(st.text(), plain, max_size=4))
@settings(max_examples=100, derandomize=True)
def test_json_means_what_it_says_with_and_without_trailing_commas(value: dict[str, object]) -> None:
    assert read_json_object(json.dumps(value).encode()) == lowered(value)
    assert read_json_object(with_trailing_commas(value).encode()) == lowered(value)


@pytest.mark.parametrize(
    "body",
    [
        b'{"image":"aGk=",}',
        b'{"image": "aGk=",\r\n}\r\n',
        b'{"Image":"aGk="}',
        b'\xef\xbb\xbf{"image":"aGk="}',
        '{"image":"aGk="}'.encode("utf-16"),
        b'{"image":"aGk=","settings":{"Rotate":90,},"whatever":[1,2,],}',
    ],
)
def test_bodies_as_seen_in_the_wild(body: bytes) -> None:
    assert read_json_object(body)["image"] == "aGk="


def test_commas_inside_strings_stay() -> None:
    assert read_json_object(rb'{"a":",}","b":"\",]\\",}') == {"a": ",}", "b": '",]\\'}


def test_a_raw_line_break_in_a_string_is_accepted() -> None:
    assert read_json_object(b'{"image":"aG\r\nk="}')["image"] == "aG\r\nk="


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'"text"', b"null", b'{"a":,}', b'{"a" 1}', b"\xff\xfe\xfd", b'{"a":NaN}', b'{"a":"']
    + [b'{"a":' * 300 + b"1" + b"}" * 300 + b"x", b'{"a":' + b"9" * 5000 + b"}"],
)
def test_what_is_not_a_json_object_is_refused(body: bytes) -> None:
    with pytest.raises(RequestError):
        read_json_object(body)


def test_deep_nesting_is_refused_and_not_a_crash() -> None:
    body = b'{"a":' * 15_000 + b"1" + b"}" * 15_000
    with pytest.raises((RequestError, LimitError)):
        read_json_object(body)


def test_a_body_of_nothing_but_brackets_is_refused_by_a_named_limit() -> None:
    with pytest.raises(LimitError, match=str(MAX_JSON_MARKS)[:2]):
        read_json_object(b'{"a":[' + b"[]," * MAX_JSON_MARKS + b"[]]}")


@given(st.binary(min_size=1, max_size=200))
@settings(max_examples=200, derandomize=True)
def test_base64_in_every_dress_gives_the_same_bytes(data: bytes) -> None:
    text = base64.b64encode(data).decode()
    dresses = [
        text,
        text.rstrip("="),
        base64.urlsafe_b64encode(data).decode(),
        "data:image/png;base64," + text,
        "DATA:;base64," + text.rstrip("="),
        "\r\n".join(textwrap.wrap(text, 7)) + "\n",
        f"  {text}\t",
    ]
    for dress in dresses:
        assert read_base64(dress) == data, dress


@given(st.text(alphabet="AZaz09+/-_= \n!,é\x00\ud800", max_size=40))
@settings(max_examples=300, derandomize=True)
def test_text_is_either_base64_or_refused(text: str) -> None:
    try:
        data = read_base64(text)
    except RequestError:
        return
    digits = text.translate(str.maketrans("-_", "+/", " \n")).rstrip("=")
    assert base64.b64encode(data).decode().rstrip("=")[:-1] == digits[:-1]


@pytest.mark.parametrize("length", [3 * 2**18 - 1, 3 * 2**18, 2_000_001])
def test_long_base64_is_decoded_across_its_pieces(length: int) -> None:
    data = bytes(range(256)) * (length // 256 + 1)
    data = data[:length]
    text = base64.b64encode(data).decode()
    assert read_base64(text) == data
    assert read_base64("\n".join(text[k : k + 77] for k in range(0, len(text), 77))) == data
    with pytest.raises(RequestError):
        read_base64(text[: 2**20 - 2] + "==" + text[2**20 :] + "AAAA")


@pytest.mark.parametrize("text", ["", "   ", "====", "A", "AAAAA", "a!bc", "AA=AA", "data:image/png;base64,", "äöü="])
def test_what_is_not_base64_is_refused(text: str) -> None:
    with pytest.raises(RequestError):
        read_base64(text)
