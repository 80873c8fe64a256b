"""Bytes in, PNG pages out."""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterator, MutableSequence
from dataclasses import dataclass
from multiprocessing.sharedctypes import Synchronized
from typing import Any

import cv2

from recto.child.page_counter import PageCounter
from recto.child.report import inspection_of, report_of
from recto.codec import Limits, decode, encode_png, probe
from recto.codec.subordinate import say_nothing, stay_below
from recto.errors import InputError
from recto.pipeline import inspect, plan, run
from recto.raster import Page

_COUNTER = PageCounter()


@dataclass(frozen=True)
class Answer:
    """What came of an attempt, in plain values that always survive the way back.

    Attributes
    ----------
    pages : tuple of bytes
        A PNG for each page of the input.
    notes : tuple of str
        What the filters have to say.
    reports : tuple of dict
        What was found on each page and done to it; see ``recto.child.report``.
    refused : str or None
        Why the input cannot be processed, however often it is tried.
    crashed : str or None
        What went wrong on our side; ``trace`` is for the log.
    """

    pages: tuple[bytes, ...] = ()
    notes: tuple[str, ...] = ()
    reports: tuple[dict[str, Any], ...] = ()
    refused: str | None = None
    crashed: str | None = None
    trace: str = ""


def begin(parent_pid: int, pid: Synchronized[int], counted: MutableSequence[int]) -> None:
    """Set a child up: it dies with its parent, says nothing but its answer, and uses one core."""
    stay_below()
    if os.getppid() != parent_pid:
        os._exit(1)
    say_nothing()
    cv2.setNumThreads(1)
    _COUNTER.shared = counted
    pid.value = os.getpid()


def nothing() -> None:
    """Given to a new child so that it is up before the first page comes."""


def process(body: bytes, recipe: str, limits: Limits) -> Answer:
    """Take every page of a file through a recipe.

    One page that cannot be processed refuses the whole file and is named: a result with holes would pass for whole.
    """
    file = _File(body, limits)
    pages: list[bytes] = []
    notes: list[str] = []
    reports: list[dict[str, Any]] = []
    with file:
        steps = plan(recipe)
        for page in file.pages():
            outcome = run(page, steps)
            pages.append(encode_png(outcome.page))
            notes += [file.said(note) for note in outcome.notes]
            reports.append(report_of(page, outcome))
    return file.fault or Answer(tuple(pages), tuple(notes), tuple(reports))


def look(body: bytes, recipe: str, limits: Limits) -> Answer:
    """What every filter finds on each page; nothing is applied, and the recipe is passed over."""
    file = _File(body, limits)
    reports: list[dict[str, Any]] = []
    with file:
        reports += [inspection_of(page, inspect(page)) for page in file.pages()]
    return file.fault or Answer(reports=tuple(reports))


class _File:
    """The file in hand; as a context it turns what goes wrong into an answer.

    Attributes
    ----------
    fault : Answer or None
        What to answer instead of a result.
    """

    def __init__(self, body: bytes, limits: Limits) -> None:
        self._body = body
        self._limits = limits
        self._number = 1
        self._many = False
        self.fault: Answer | None = None

    def pages(self) -> Iterator[Page]:
        """One after the other."""
        frames = probe(self._body, self._limits).frames
        self._many = frames > 1
        _COUNTER.begin(frames)
        for page in decode(self._body, self._limits):
            yield page
            self._number += 1
            _COUNTER.one_more()

    def said(self, text: str) -> str:
        """A sentence about the page that is being worked on."""
        return f"page {self._number}: {text}" if self._many else text

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if isinstance(error, InputError):
            self.fault = Answer(refused=self.said(error.message))
        elif isinstance(error, MemoryError):
            self.fault = Answer(crashed="There was not enough memory for it", trace=traceback.format_exc())
        elif isinstance(error, Exception):
            what = f"An internal error came up ({type(error).__name__})"
            self.fault = Answer(crashed=what, trace=traceback.format_exc())
        return self.fault is not None
