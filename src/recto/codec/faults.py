"""What decoders throw and warn about, turned into errors of the house."""

from __future__ import annotations

import re
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from recto.errors import RectoError, UnreadableImageError

_lock = threading.Lock()
_asking = 0
_guard = warnings.catch_warnings()


@contextmanager
def silence() -> Iterator[None]:
    """Drop Python warnings until the last thread that asked for it is done.

    One ``catch_warnings`` per thread would let two threads restore each other's filters.
    """
    global _asking, _guard
    with _lock:
        _asking += 1
        if _asking == 1:
            _guard = warnings.catch_warnings()
            _guard.__enter__()
            warnings.simplefilter("ignore")
    try:
        yield
    finally:
        with _lock:
            _asking -= 1
            if _asking == 0:
                _guard.__exit__(None, None, None)


@contextmanager
def reading(what: str) -> Iterator[None]:
    """Whatever is thrown inside is about the bytes of ``what``, such as ``PNG`` or ``page 3 of the PDF``.

    Raises
    ------
    UnreadableImageError
        In place of anything but an error of the house.
    """
    try:
        with silence():
            yield
    except RectoError:
        raise
    except MemoryError as fault:
        raise UnreadableImageError(f"The {what} needs more memory to decode than there is.") from fault
    except Exception as fault:
        raise UnreadableImageError(f"The {what} cannot be read: {_words(fault)}.") from fault


def _words(fault: Exception) -> str:
    """The fault in one line without the addresses and object names of a decoder."""
    said = " ".join(str(fault).split())
    if not said or "cannot identify image" in said or "object at 0x" in said:
        return "its header is damaged or cut short"
    if isinstance(fault, EOFError):
        return "it ends before all of its frames"
    said = re.sub(r"\(\d+ bytes not processed\)", "", said).strip()
    if said.startswith(("image file is truncated", "Truncated")):
        return "it is truncated, the picture ends before its last row"
    if said.startswith(("decoder error", "broken data stream", "unrecognized data stream")):
        return f"its pixel data are damaged or cut short ({said.split(' when ')[0]})"
    return said.rstrip(".")
