"""Pages of one file, several at a time and yet in their order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import cv2

Thing = TypeVar("Thing")
Made = TypeVar("Made")


def abreast(work: Callable[[Thing], Made], things: Iterable[Thing], threads: int) -> Generator[Made, None, None]:
    """``map(work, things)`` with as many threads, which hold at most that many things and one more.

    The things are taken in the caller's thread. When taking one fails, what was made of those before it comes first.
    OpenCV keeps to one thread meanwhile; NumPy, OpenCV, zlib and the nets let other threads go on while they work.
    """
    if threads == 1:
        yield from map(work, things)
        return
    used_before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    waiting: deque[Future[Made]] = deque()
    fault: Exception | None = None
    coming = iter(things)
    try:
        with ThreadPoolExecutor(threads) as pool:
            try:
                while True:
                    try:
                        waiting.append(pool.submit(work, next(coming)))
                    except StopIteration:
                        break
                    except Exception as error:
                        fault = error
                        break
                    if len(waiting) > threads:
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            finally:
                for future in waiting:
                    future.cancel()
    finally:
        cv2.setNumThreads(used_before)
    if fault is not None:
        raise fault
