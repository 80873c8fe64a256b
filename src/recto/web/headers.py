"""Sentences in headers."""

from __future__ import annotations

from urllib.parse import quote

MAX_NOTES_CHARS = 2000
"""Longer headers are refused by some clients and proxies."""


def header_text(text: str) -> str:
    """Text that is safe in a header: itself where it is printable ASCII, otherwise as RFC 8187 writes it."""
    if len(text) > MAX_NOTES_CHARS:
        text = text[: MAX_NOTES_CHARS - 3] + "..."
    text = " ".join(text.split())
    if text.isascii() and text.isprintable():
        return text
    return "UTF-8''" + quote(text.encode("utf-8", "replace"), safe="!#$&+-.^_`|~ ,;:()=")
