"""What runs in the process apart: it reads headers, one after the other, and can do little else.

Whoever takes this process over by a fault of a decoder finds no secrets in its environment, can open no file and no
socket, and is gone after so many files.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import struct
import sys
from contextlib import suppress
from dataclasses import astuple
from typing import Any, BinaryIO

from recto.codec.limits import Limits
from recto.codec.reader import probe
from recto.codec.subordinate import say_nothing, stay_below
from recto.errors import InputError, LimitError

READY = {"ready": True}
_OPEN_FILES = 3


def main() -> None:
    """Answer each file on standard input, until it ends."""
    asked: dict[str, Any] = json.loads(sys.argv[1])
    limits = Limits.model_validate(asked["limits"])
    if os.getppid() != asked["parent_pid"]:
        return
    _warm_up()
    # Libraries that print must not be taken for answers.
    inwards, outwards = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    answer(outwards, READY)
    _confine(asked["memory_mb"])
    while (data := _next_file(inwards)) is not None:
        signal.setitimer(signal.ITIMER_REAL, asked["timeout_s"])  # its default is to end the process, wherever it is
        said = look(data, limits)
        signal.setitimer(signal.ITIMER_REAL, 0)
        answer(outwards, said)


def look(data: bytes, limits: Limits) -> dict[str, Any]:
    """The header or the refusal in plain values: who asked must not have to unpickle what a stranger may have made."""
    try:
        return {"header": astuple(probe(data, limits))}
    except LimitError as error:
        return {"limit": [error.limit, error.allowed, error.found, error.advice]}
    except InputError as error:
        return {"refused": [error.code, error.message]}
    except MemoryError:
        return {"refused": ["unreadable-image", "The file needs more memory to look at than there is."]}


def answer(outwards: BinaryIO, said: dict[str, Any]) -> None:
    """Length and JSON."""
    text = json.dumps(said).encode()
    try:
        outwards.write(struct.pack("<I", len(text)) + text)
        outwards.flush()
    except BrokenPipeError:
        os._exit(0)  # who asked is gone; an orderly end would try to write the rest once more


def _next_file(inwards: BinaryIO) -> bytes | None:
    head = inwards.read(8)
    if len(head) < 8:
        return None
    (size,) = struct.unpack("<Q", head)
    data = inwards.read(size)
    return data if len(data) == size else None


def _warm_up() -> None:
    """Load now what would be loaded at the first file: afterwards nothing can be opened."""
    from PIL import Image

    import recto.codec.heic
    import recto.codec.pdf  # noqa: F401

    Image.init()


def _confine(memory_mb: float) -> None:
    stay_below()
    if sys.platform == "linux":
        with open("/proc/self/statm") as pages:
            used = int(pages.read().split()[0]) * resource.getpagesize()
        _limit(resource.RLIMIT_AS, used + int(memory_mb * 1e6))
    say_nothing()
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_NOFILE, _OPEN_FILES)


def _limit(what: int, most: int) -> None:
    hard = resource.getrlimit(what)[1]
    least = most if hard == resource.RLIM_INFINITY else min(most, hard)
    with suppress(OSError, ValueError):
        resource.setrlimit(what, (least, least))


if __name__ == "__main__":
    main()
