"""Forms in both encodings, from a body that is already in memory and under its limit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from recto.errors import RequestError

MAX_PARTS = 32


@dataclass(frozen=True)
class Part:
    """One field of a form.

    Attributes
    ----------
    name : str
    file_name : str or None
        As the client wrote it; never used as a path.
    data : bytes
    """

    name: str
    file_name: str | None
    data: bytes


def media_type(content_type: str | None) -> str:
    """``application/json`` from ``Application/JSON; charset=utf-8``; empty when there is none."""
    return (content_type or "").partition(";")[0].strip().lower()


def read_multipart(content_type: str, body: bytes) -> list[Part]:
    """The parts of a ``multipart/form-data`` body, in their order.

    Raises
    ------
    RequestError
        No boundary, a damaged or cut-off body, or more than ``MAX_PARTS`` parts.
    """
    _, options = parse_options_header(content_type)
    boundary = options.get(b"boundary")
    if not boundary:
        raise RequestError("The multipart body's Content-Type names no boundary.")
    collector = _Collector()
    try:
        parser = MultipartParser(boundary, collector.callbacks())
        parser.write(body)
        parser.finalize()
    except FormParserError as error:
        raise RequestError(f"The multipart body is damaged: {error}.") from None
    if not collector.ended:
        raise RequestError("The multipart body is cut off: its last boundary is missing.")
    return collector.parts


def read_form(content_type: str | None, body: bytes) -> Mapping[str, str]:
    """The text fields of a small form, urlencoded or multipart; the first of a name counts.

    Raises
    ------
    RequestError
        Neither of them, or damaged.
    """
    pairs: list[tuple[str, str]]
    kind = media_type(content_type)
    try:
        if kind == "multipart/form-data":
            parts = read_multipart(content_type or "", body)
            pairs = [(part.name, part.data.decode()) for part in parts]
        elif kind in ("application/x-www-form-urlencoded", ""):
            pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MAX_PARTS)
        else:
            raise RequestError(f"A form is urlencoded or multipart, not {kind}.")
    except ValueError:
        raise RequestError("The form is damaged.") from None
    fields: dict[str, str] = {}
    for name, value in pairs:
        fields.setdefault(name.strip().lower(), value)
    return fields


class _Collector:
    """Gathers what the parser calls back."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self.ended = False
        self._header_name = bytearray()
        self._header_value = bytearray()
        self._disposition = b""
        self._data: list[bytes] = []

    def callbacks(self) -> Any:
        return {
            "on_part_begin": self._part_begins,
            "on_header_field": lambda data, start, end: self._header_name.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._header_value.extend(data[start:end]),
            "on_header_end": self._header_ends,
            "on_part_data": lambda data, start, end: self._data.append(data[start:end]),
            "on_part_end": self._part_ends,
            "on_end": self._end,
        }

    def _part_begins(self) -> None:
        if len(self.parts) >= MAX_PARTS:
            raise RequestError(f"The multipart body has more than {MAX_PARTS} parts.")
        self._disposition, self._data = b"", []

    def _header_ends(self) -> None:
        if bytes(self._header_name).lower() == b"content-disposition":
            self._disposition = bytes(self._header_value)
        self._header_name.clear()
        self._header_value.clear()

    def _part_ends(self) -> None:
        _, options = parse_options_header(self._disposition)
        name = options.get(b"name", b"").decode("utf-8", "replace")
        file_name = options.get(b"filename")
        data = self._data[0] if len(self._data) == 1 else b"".join(self._data)
        self.parts.append(Part(name, None if file_name is None else file_name.decode("utf-8", "replace"), data))

    def _end(self) -> None:
        self.ended = True
