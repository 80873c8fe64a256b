"""``probe`` in a process apart: a file that brings its reader down costs one answer and not the server."""

from __future__ import annotations

import fcntl
import json
import os
import select
import signal
import struct
import subprocess
import sys
import time
from contextlib import suppress
from typing import Any

from recto.codec.limits import Limits
from recto.codec.reader import Header
from recto.errors import (
    AttemptFailedError,
    ChildStartError,
    InputError,
    LimitError,
    UnreadableImageError,
    UnsupportedFormatError,
)

START_WITHIN_S = 60.0
MAX_ANSWER_BYTES = 65_536
_PIPE_BYTES = 1 << 20
_ON_TOP_S = 1.0
"""The child ends itself by an alarm; this is for one that is stopped or starved."""

_REFUSALS: dict[str, type[InputError]] = {
    error.code: error for error in (UnreadableImageError, UnsupportedFormatError, InputError)
}
_KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PYTHONHOME", "TMPDIR")


class Prober:
    """A warm child process that reads headers, one at a time. Its methods block; only ``kill`` may come from outside.

    Parameters
    ----------
    limits : Limits
    timeout_s : float
        Wall-clock time for one file.
    memory_mb : float
        Address space that the child may use on top of what it needs to be there.
    """

    def __init__(self, limits: Limits, *, timeout_s: float, memory_mb: float) -> None:
        self._limits = limits
        self._timeout_s = timeout_s
        self._memory_mb = memory_mb
        self._ready = False
        self.files = 0
        self._process = self._start()

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the child can be given a file."""
        return self._process.poll() is None

    def probe(self, data: bytes) -> Header | None:
        """As ``codec.probe``; None when it took too long.

        Raises
        ------
        UnsupportedFormatError, UnreadableImageError, LimitError
            As ``codec.probe``.
        AttemptFailedError
            The child died. It is of no more use then, nor after a None; see ``alive``.
        ChildStartError
            It never came up; likewise.
        """
        if not self._ready:
            self._wait_until_ready()
        self.files += 1
        deadline = time.monotonic() + self._timeout_s + _ON_TOP_S
        try:
            self._send(struct.pack("<Q", len(data)), deadline)
            self._send(data, deadline)
            said = self._receive(deadline)
        except (OSError, EOFError, ValueError) as error:
            why = self._end()
            if why is None:
                return None
            raise AttemptFailedError(why) from error
        return _header_of(said)

    def kill(self) -> None:
        """End the child now, also in the middle of a file."""
        self._process.kill()

    def close(self) -> None:
        """Kill the child and clear up after it. Safe to call twice."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with suppress(OSError):
                pipe.close()

    def _start(self) -> subprocess.Popen[bytes]:
        asked = {
            "limits": self._limits.model_dump(),
            "timeout_s": self._timeout_s,
            "memory_mb": self._memory_mb,
            "parent_pid": os.getpid(),
        }
        environment = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
        environment |= {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONDONTWRITEBYTECODE": "1"}
        environment |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        try:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "recto.codec.looking", json.dumps(asked)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=environment,
                bufsize=0,
                start_new_session=True,  # Ctrl-C is for the server to answer
            )
        except OSError as error:
            raise ChildStartError(f"No process comes up to look at files ({error.strerror}).") from error
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None
            os.set_blocking(pipe.fileno(), False)
            with suppress(OSError, AttributeError):
                fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        return process

    def _wait_until_ready(self) -> None:
        try:
            self._ready = "ready" in self._receive(time.monotonic() + START_WITHIN_S)
        except (OSError, EOFError, ValueError) as error:
            why = self._end() or f"it took longer than {START_WITHIN_S:g} s"
            raise ChildStartError(f"No process comes up to look at files: {why}.") from error

    def _send(self, data: bytes, deadline: float) -> None:
        assert self._process.stdin is not None
        pipe = self._process.stdin.fileno()
        rest = memoryview(data)
        while rest:
            _wait_for(pipe, select.POLLOUT, deadline)
            with suppress(BlockingIOError):
                rest = rest[os.write(pipe, rest[:_PIPE_BYTES]) :]

    def _receive(self, deadline: float) -> dict[str, Any]:
        (size,) = struct.unpack("<I", self._read(4, deadline))
        if size > MAX_ANSWER_BYTES:
            raise ValueError("the answer is too long")
        said = json.loads(self._read(size, deadline))
        if not isinstance(said, dict):
            raise ValueError("the answer is none")
        return said

    def _read(self, size: int, deadline: float) -> bytes:
        assert self._process.stdout is not None
        pipe = self._process.stdout.fileno()
        got = b""
        while len(got) < size:
            _wait_for(pipe, select.POLLIN, deadline)
            part = os.read(pipe, size - len(got))
            if not part:
                raise EOFError
            got += part
        return got

    def _end(self) -> str | None:
        """Clear up; gives how the child ended, None when it was ended for being late."""
        # A child that closed its pipe is about to end by itself, and how it ends is worth knowing.
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(0.2)
        status = self._process.poll()
        self.close()
        if status is None or status == -signal.SIGALRM:
            return None
        if status < 0:
            name = signal.Signals(-status).name if -status in set(signal.Signals) else f"signal {-status}"
            return f"the process that looked at its header died ({name})"
        return f"the process that looked at its header ended with exit status {status}"


def _wait_for(pipe: int, what: int, deadline: float) -> None:
    waiting = select.poll()
    waiting.register(pipe, what)
    left_s = deadline - time.monotonic()
    if left_s <= 0 or not waiting.poll(left_s * 1000):
        raise TimeoutError


def _header_of(said: dict[str, Any]) -> Header:
    """What the child said; it may have been taken over, so nothing of it is believed to have the right shape."""
    try:
        if "header" in said:
            form, width, height, frames = said["header"]
            return Header(str(form), int(width), int(height), int(frames))
        if "limit" in said:
            limit, allowed, found, advice = said["limit"]
            refusal: InputError = LimitError(
                str(limit), float(allowed), None if found is None else float(found), str(advice)
            )
        else:
            code, message = said["refused"]
            refusal = _REFUSALS[str(code)](str(message))
    except (KeyError, TypeError, ValueError) as error:
        raise AttemptFailedError("the process that looked at its header answers nonsense") from error
    raise refusal
