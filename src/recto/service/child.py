"""What runs in a child process: bytes in, PNG pages out. It knows neither database nor store."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import traceback
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.sharedctypes import Synchronized

import cv2

from recto.codec import Limits, decode, encode_png, probe
from recto.errors import InputError
from recto.pipeline import plan, run

_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Answer:
    """What came of an attempt, in plain values that always survive the way back.

    Attributes
    ----------
    pages : tuple of bytes
        A PNG for each page of the input.
    notes : tuple of str
        What the filters have to say.
    refused : str or None
        Why the input cannot be processed, however often it is tried.
    crashed : str or None
        What went wrong on our side; ``trace`` is for the log.
    """

    pages: tuple[bytes, ...] = ()
    notes: tuple[str, ...] = ()
    refused: str | None = None
    crashed: str | None = None
    trace: str = ""


def begin(parent_pid: int, pid: Synchronized[int]) -> None:
    """Set a child up: it dies with its parent, is the first to go when memory is short, and uses one core."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        with suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:
            score.write("1000")
    if os.getppid() != parent_pid:
        os._exit(1)
    cv2.setNumThreads(1)
    pid.value = os.getpid()


def nothing() -> None:
    """Given to a new child so that it is up before the first page comes."""


def process(body: bytes, recipe: str, limits: Limits) -> Answer:
    """Take every page of a file through a recipe.

    One page that cannot be processed refuses the whole file and is named: a result with holes would pass for whole.
    """
    pages: list[bytes] = []
    notes: list[str] = []
    many = False
    try:
        steps = plan(recipe)
        many = probe(body, limits).frames > 1
        for page in decode(body, limits):
            outcome = run(page, steps)
            pages.append(encode_png(outcome.page))
            notes += [_said(note, len(pages), many) for note in outcome.notes]
    except InputError as error:
        return Answer(refused=_said(error.message, len(pages) + 1, many))
    except MemoryError:
        return Answer(crashed="There was not enough memory for it", trace=traceback.format_exc())
    except Exception as error:
        return Answer(crashed=f"An internal error came up ({type(error).__name__})", trace=traceback.format_exc())
    return Answer(tuple(pages), tuple(notes))


def _said(text: str, number: int, many: bool) -> str:
    return f"page {number}: {text}" if many else text
