"""Bad requests: bodies that nobody honest would send."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote

import numpy as np

from tests.codec.files import corners, saved

PAGE = saved(corners(), "PNG")
IMAGE = base64.b64encode(PAGE).decode()
JSON = {"Content-Type": "application/json"}
SUBMIT = "/v5.0/ocr/DeskewImage"
FORM = "/v5.0/ocr/ImageProcessing/PostSkewCorrectionFile"


@dataclass(frozen=True)
class BadRequest:
    """One request.

    Attributes
    ----------
    kind, name : str
        As of a bad file.
    method, path : str
        The path goes out as it stands.
    may_pass : bool
        It may also be taken for an honest one: what comes of it is then looked at.
    token : bool
        Goes out with a good token.
    """

    kind: str
    name: str
    method: str
    path: str
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    may_pass: bool = False
    token: bool = True


def _image(text: str) -> str:
    return f'{{"image":"{text}"}}'


def bad_bodies() -> Iterator[BadRequest]:
    """JSON, base64, recipes and forms, always the same."""
    yield from _json_bodies()
    yield from _mutated_bodies()
    yield from _recipes()
    yield from _forms()


def _json_bodies() -> Iterator[BadRequest]:
    deep = 100_000
    texts: dict[str, str | bytes] = {
        "nothing": "",
        "white space": " \n" * 500,
        "null": "null",
        "a number": "1e999",
        "a string": f'"{IMAGE}"',
        "a list": f'[{{"image":"{IMAGE}"}}]',
        "cut off": f'{{"image":"{IMAGE}',
        "two bodies": f'{{"image":"{IMAGE}"}}' * 2,
        "comments": f'{{/* */"image":"{IMAGE}"}}',
        "single quotes": f"{{'image':'{IMAGE}'}}",
        "no quotes": f"{{image:{IMAGE}}}",
        "image is null": '{"image":null}',
        "image is a list": f'{{"image":["{IMAGE}"]}}',
        "image is an object": '{"image":{"a":1}}',
        "image is true": '{"image":true}',
        "image is NaN": '{"image":NaN}',
        "image is Infinity": '{"image":-Infinity}',
        "image is huge": '{"image":' + "9" * 5000 + "}",
        "image is 1e999999": '{"image":1e999999}',
        "image is empty": '{"image":""}',
        "image is a path": '{"image":"/etc/passwd"}',
        "image is an address": '{"image":"http://127.0.0.1:22/"}',
        "image is a file address": '{"image":"file:///etc/passwd"}',
        "image is hex": _image(PAGE.hex()),
        "image with a NUL": f'{{"image":"{IMAGE[:40]}\\u0000{IMAGE[40:]}"}}',
        "image with a raw NUL": f'{{"image":"{IMAGE[:40]}\0{IMAGE[40:]}"}}',
        "image with a lone surrogate": f'{{"image":"{IMAGE}\\ud800"}}',
        "image with an emoji": f'{{"image":"{IMAGE}\U0001f600"}}',
        "image with padding inside": f'{{"image":"{IMAGE[:40]}=={IMAGE[40:]}"}}',
        "one digit too many": f'{{"image":"{IMAGE.rstrip("=")[:-1]}"}}',
        "half of the image": f'{{"image":"{IMAGE[: len(IMAGE) // 2]}"}}',
        "base64 of base64": _image(base64.b64encode(IMAGE.encode()).decode()),
        "base85": _image(base64.b85encode(PAGE).decode().replace("\\", "")),
        "endless padding": _image("=" * 100_000),
        "nested lists": '{"image":' + "[" * deep + "]" * deep + "}",
        "nested objects": '{"a":' * 9000 + "1" + "}" * 9000,
        "nested and open": "[" * 50_000,
        "many members": "{" + ",".join(f'"a{k}":1' for k in range(30_000)) + "}",
        "one member many times": "{" + '"image":"",' * 4000 + '"image":""}',
        "commas": "{" + "," * 100_000 + "}",
        "escapes": '{"image":"' + "\\u0041" * 30_000 + '"}',
        "bad escape": '{"image":"\\x41\\q"}',
        "backslashes": '{"image":"' + "\\" * 90_001 + '"}',
        "white space without end": '{"image":' + " " * 1_500_000 + '"A"}',
        "proto": '{"__proto__":{"image":"A"},"constructor":1}',
        "a merge key": '{"$ref":"file:///etc/passwd","image":"@/etc/passwd"}',
        "data of nothing": '{"image":"data:;base64,"}',
        "data without base64": '{"image":"data:image/png,abc"}',
        "long data head": '{"image":"data:' + "a" * 5000 + ';base64,AAAA"}',
        "UTF-16 cut": b"\xff\xfe{\x00",
        "UTF-32": '{"image":"!"}'.encode("utf-32"),
        "Latin-1": b'{"image":"\xe4"}',
        "only a mark": b"\xef\xbb\xbf",
        "overlong UTF-8": b'{"image":"\xc0\xaf"}',
        "NULs": bytes(5000),
        "noise": bytes(range(256)) * 20,
        "form in JSON": b"image=" + IMAGE.encode(),
        "XML": f"<image>{IMAGE}</image>",
        "multipart in JSON": b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\n',
    }
    for name, text in texts.items():
        body = text.encode() if isinstance(text, str) else text
        yield BadRequest("JSON and base64", name, "POST", SUBMIT, body, JSON)
        yield BadRequest("JSON and base64", f"{name}, natively", "POST", "/v1/tasks?recipe=deskew", body, JSON)
    for kind in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "a" * 300,
        "\xff",
        "application/json\t;x",
        ";",
    ):
        body = f'{{"image":"{IMAGE}"}}'.encode()
        yield BadRequest(
            "JSON and base64", f"said to be {kind[:20]}", "POST", SUBMIT, body, {"Content-Type": kind}, may_pass=True
        )
    for coding in ("gzip", "br", "deflate, gzip", "zstd", "x", "identity, gzip"):
        head = {**JSON, "Content-Encoding": coding}
        yield BadRequest("JSON and base64", f"packed as {coding}", "POST", SUBMIT, b"\x1f\x8b\x08\x00", head)


def _mutated_bodies() -> Iterator[BadRequest]:
    rng = np.random.default_rng(88)
    body = f'{{"image": "{IMAGE}", "settings": {{"a": [1, 2.5, true]}}, "name": "x"}}'.encode()
    marks = b'{}[]",:\\\x00\xff =+-_9eE.\n'
    for turn in range(80):
        damaged = bytearray(body)
        for _ in range(int(rng.integers(1, 6))):
            place = int(rng.integers(0, len(damaged)))
            how = int(rng.integers(3))
            if how == 0:
                damaged[place] = marks[int(rng.integers(len(marks)))]
            elif how == 1:
                del damaged[place : place + int(rng.integers(1, 20))]
            else:
                damaged[place:place] = bytes([marks[int(rng.integers(len(marks)))]]) * int(rng.integers(1, 9))
        yield BadRequest("JSON, mutated", f"number {turn}", "POST", SUBMIT, bytes(damaged), JSON, may_pass=True)


def _recipes() -> Iterator[BadRequest]:
    values = {
        "infinity": '[{"filter":"rotate","angle_deg":1e999}]',
        "NaN": '[{"filter":"rotate","angle_deg":NaN}]',
        "5,000 digits": '[{"filter":"rotate","angle_deg":' + "9" * 5000 + "}]",
        "a long fraction": '[{"filter":"rotate","angle_deg":0.' + "9" * 5000 + "e9999}]",
        "an angle in words": '[{"filter":"rotate","angle_deg":"ninety"}]',
        "an angle of lists": '[{"filter":"rotate","angle_deg":' + "[" * 900 + "]" * 900 + "}]",
        "a scale of 10 to the 9": '[{"filter":"upsample","scale":1000000000}]',
        "a negative scale": '[{"filter":"upsample","scale":-2}]',
        "no filter": '[{"angle_deg":1}]',
        "a filter that is none": '["nothing"]',
        "a filter with a path": '["../../etc/passwd"]',
        "a filter of the language": '["__class__"]',
        "a filter with a NUL": '["deskew\\u0000"]',
        "a filter that is a number": "[1]",
        "a filter that is a list": '[["deskew"]]',
        "a filter that is null": "[null]",
        "17 steps": json.dumps(["deskew"] * 17),
        "100,000 steps": json.dumps(["deskew"] * 5000),
        "an object": '{"filter":1}',
        "half of a list": '["deskew"',
        "nested lists": "[" * 5000 + "]" * 5000,
        "nested objects": '[{"filter":' * 500,
        "an unknown parameter": '[{"filter":"rotate","__init__":1}]',
        "a parameter of 60 kB": '[{"filter":"rotate","' + "a" * 60_000 + '":1}]',
        "a filter of 60 kB": json.dumps(["a" * 60_000]),
        "commas": "," * 60_000,
        "commas and no text": ",,,",
        "a lone surrogate": '["\\ud800"]',
        "a comma behind": '["deskew",]',
        "text of 80 kB": "deskew," * 12_000,
        "an empty name": '[""]',
        "white space": '[" deskew "]',
    }
    for name, recipe in values.items():
        body = json.dumps({"image": IMAGE, "recipe": recipe}).encode()
        yield BadRequest("recipes and numbers", name, "POST", "/v1/tasks", body, JSON, may_pass="fraction" in name)
        try:
            said = json.loads(recipe)
        except (ValueError, RecursionError):
            said = None
        if isinstance(said, list):
            whole = f'{{"image":"{IMAGE}","recipe":{recipe}}}'.encode()
            passes = "fraction" in name
            yield BadRequest(
                "recipes and numbers", f"{name}, as JSON", "POST", "/v1/tasks", whole, JSON, may_pass=passes
            )
        if len(recipe) < 4000:
            yield BadRequest(
                "recipes and numbers",
                f"{name}, asked",
                "POST",
                f"/v1/tasks?recipe={quote(recipe)}",
                PAGE,
                may_pass="fraction" in name,
            )
    for name, recipe in {
        "a number": "7",
        "true": "true",
        "an object": "{}",
        "null of objects": '[{"filter":null}]',
    }.items():
        whole = f'{{"image":"{IMAGE}","recipe":{recipe}}}'.encode()
        yield BadRequest("recipes and numbers", f"recipe is {name}", "POST", "/v1/tasks", whole, JSON)


def form_of(*parts: bytes, boundary: bytes = b"b", end: bytes = b"--b--\r\n") -> bytes:
    return b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts) + end


def _forms() -> Iterator[BadRequest]:
    head = b'Content-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
    sound = form_of(head + PAGE)
    bodies: dict[str, tuple[str, bytes]] = {
        "no boundary": ("", sound),
        "empty boundary": ("boundary=", sound),
        "another boundary": ("boundary=c", sound),
        "boundary of 300": ("boundary=" + "b" * 300, sound),
        "two boundaries": ("boundary=c; boundary=b", sound),
        "quoted and open": ('boundary="b', sound),
        "boundary with a line": ("boundary=b\x0bx", sound),
        "boundary of dashes": ("boundary=--", sound),
        "no end": ("boundary=b", form_of(head + PAGE, end=b"")),
        "end only": ("boundary=b", b"--b--\r\n"),
        "nothing": ("boundary=b", b""),
        "noise": ("boundary=b", bytes(range(256)) * 9),
        "bare line feeds": ("boundary=b", sound.replace(b"\r\n", b"\n")),
        "no file": ("boundary=b", form_of(b'Content-Disposition: form-data; name="other"\r\n\r\nx')),
        "empty file": ("boundary=b", form_of(head)),
        "no disposition": ("boundary=b", form_of(b"Content-Type: image/png\r\n\r\n" + PAGE)),
        "40 parts": ("boundary=b", form_of(*[head + b"x"] * 40)),
        "header of 100 kB": ("boundary=b", form_of(b"X: " + b"a" * 100_000 + b"\r\n" + head + PAGE)),
        "1,000 headers": ("boundary=b", form_of(b"X: y\r\n" * 1000 + head + PAGE)),
        "header without a colon": ("boundary=b", form_of(b"nonsense\r\n" + head + PAGE)),
        "header with a NUL": ("boundary=b", form_of(b"X\x00Y: z\r\n" + head + PAGE)),
        "form in a form": (
            "boundary=b",
            form_of(
                b'Content-Disposition: form-data; name="file"\r\n'
                b"Content-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\nx\r\n--c--"
            ),
        ),
        "boundary lines without end": ("boundary=b", b"--b\r\n" * 50_000),
        "carriage returns": ("boundary=b", form_of(head + b"\r" * 200_000)),
        "base64 in a form": (
            "boundary=b",
            form_of(
                b'Content-Disposition: form-data; name="file"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
                + IMAGE.encode()
            ),
        ),
        "name of 3 kB": (
            "boundary=b",
            form_of(b'Content-Disposition: form-data; name="' + b"f" * 3000 + b'"\r\n\r\nx'),
        ),
        "half a disposition": ("boundary=b", form_of(b'Content-Disposition: form-data; name="fi\r\n\r\n' + PAGE)),
        "file is text": ("boundary=b", form_of(b'Content-Disposition: form-data; name="file"\r\n\r\n../../etc/passwd')),
    }
    for name, (options, body) in bodies.items():
        kind = {"Content-Type": f"multipart/form-data; {options}".rstrip("; ")}
        passes = name in (
            "two boundaries",
            "quoted and open",
            "boundary with a line",
            "bare line feeds",
            "header with a NUL",
            "header without a colon",
        )
        yield BadRequest("multipart", name, "POST", FORM, body, kind, may_pass=passes)
        yield BadRequest(
            "multipart", f"{name}, natively", "POST", "/v1/tasks?recipe=deskew", body, kind, may_pass=passes
        )
    rng = np.random.default_rng(5)
    for turn in range(60):
        damaged = bytearray(sound)
        for place in rng.integers(0, 90, int(rng.integers(1, 5))):
            damaged[int(place)] = int(rng.choice(list(b'\r\n-b:;"= \x00\xff')))
        kind = {"Content-Type": "multipart/form-data; boundary=b"}
        yield BadRequest("multipart", f"mutated {turn}", "POST", FORM, bytes(damaged), kind, may_pass=True)
