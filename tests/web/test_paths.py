"""Every spelling that clients and docs use reaches the one route."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from recto.web.paths import AnySpelling, spelling_key
from recto.web.v5 import table
from recto.web.v5.operations import PREFIXES, names_here


def routed(path: str, **options: Any) -> str:
    seen: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["path"])

    asyncio.run(AnySpelling(app, table(**options))({"type": "http", "path": path}, None, None))  # type: ignore[arg-type]
    return seen[0]


@pytest.mark.parametrize("name", names_here())
@pytest.mark.parametrize("prefix", PREFIXES)
def test_every_operation_at_every_prefix_in_any_case(prefix: str, name: str) -> None:
    wanted = "/v5.0/ocr/" + name
    for spelling in (prefix + name, (prefix + name).lower(), (prefix + name).upper(), prefix + name + "/"):
        assert routed(spelling) == wanted


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("/./v5.0/BinarizeImage", "/v5.0/ocr/BinarizeImage"),
        ("//v5.0//ocr//binarizeimage//", "/v5.0/ocr/BinarizeImage"),
        ("/v5.0/ocr/ImageProcessing/PostUpsamplingFile", "/v5.0/ocr/ImageProcessing/PostUpsamplingImageFile"),
        ("/Connect/Token/", "/connect/token"),
        ("/v5.0/ocr/djvu2pdf", "/v5.0/ocr/DjVu2PDF"),
        ("/v5.0/ocr/Unheard", "/v5.0/ocr/Unheard"),
        ("/", "/"),
        ("/BinarizeImage", "/BinarizeImage"),
    ],
)
def test_spellings(path: str, wanted: str) -> None:
    assert routed(path) == wanted


def test_bare_paths_are_served_on_request() -> None:
    assert routed("/binarizeimage", bare_paths=True) == "/v5.0/ocr/BinarizeImage"


def test_a_key_never_climbs_out() -> None:
    assert spelling_key("/v5.0/../docs") == "/v5.0/../docs"
    assert spelling_key("") == spelling_key("/.") == "/"
