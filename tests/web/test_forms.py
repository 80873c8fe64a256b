"""Forms as the SDKs write them."""

from __future__ import annotations

import pytest
import urllib3

from recto.errors import RequestError
from recto.web.forms import MAX_PARTS, media_type, read_form, read_multipart
from recto.web.v5.uploads import image_in_multipart

PICTURE = bytes(range(256)) * 300 + b"\r\n--not the boundary\r\n"


def test_urllib3s_multipart_gives_the_same_bytes_back() -> None:
    fields = {"other": "text", "file": ("näme.png", PICTURE, "image/png")}
    body, content_type = urllib3.encode_multipart_formdata(fields)
    parts = {part.name: part for part in read_multipart(content_type, body)}
    assert parts["file"].data == PICTURE
    assert parts["other"].data == b"text"
    assert image_in_multipart(content_type, body) == PICTURE


@pytest.mark.parametrize("disposition", ['form-data; name="file"; filename="a b.tif"', "form-data; name=FILE"])
def test_quoted_boundaries_and_plain_names(disposition: str) -> None:
    body = (
        b'--b b"x\r\nContent-Disposition: '.replace(b'b b"x', b"bb:x")
        + disposition.encode()
        + b"\r\nContent-Type: whatever\r\n\r\n"
        + PICTURE
        + b"\r\n--bb:x--\r\n"
    )
    assert image_in_multipart('multipart/form-data; boundary="bb:x"', body) == PICTURE


def _body(*parts: bytes, end: bytes = b"--b--\r\n") -> bytes:
    return b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + end


FILE = b'Content-Disposition: form-data; name="file"\r\n\r\n'


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        _body(FILE + b"abc", end=b""),
        _body(FILE),
        _body(b'Content-Disposition: form-data; name="picture"\r\n\r\nabc'),
        _body(*[FILE + b"abc"] * (MAX_PARTS + 1)),
    ],
)
def test_damaged_forms_and_forms_without_a_file_are_refused(body: bytes) -> None:
    with pytest.raises(RequestError):
        image_in_multipart("multipart/form-data; boundary=b", body)


def test_a_form_without_a_boundary_is_refused() -> None:
    with pytest.raises(RequestError, match="boundary"):
        image_in_multipart("multipart/form-data", _body(FILE + b"abc"))


def test_text_forms_in_both_encodings() -> None:
    wanted = {"grant_type": "client_credentials", "client_id": "a&b", "client_secret": "c+d=é"}
    body, content_type = urllib3.encode_multipart_formdata(wanted)
    assert read_form(content_type, body) == wanted
    encoded = b"grant_type=client_credentials&client_id=a%26b&client_secret=c%2Bd%3D%C3%A9&client_id=second"
    assert read_form("application/x-www-form-urlencoded; charset=UTF-8", encoded) == wanted
    assert read_form(None, encoded) == wanted


@pytest.mark.parametrize(("kind", "body"), [("application/json", b"{}"), ("", b"&".join([b"a=b"] * 99)), ("", b"\xff")])
def test_other_forms_are_refused(kind: str, body: bytes) -> None:
    with pytest.raises(RequestError):
        read_form(kind, body)


def test_media_type() -> None:
    assert media_type("Application/JSON; charset=utf-8") == "application/json"
    assert media_type(None) == ""
