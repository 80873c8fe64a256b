"""A header is read in a process apart, which may die, hang or be taken over without harm to who asked."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from recto.codec import Limits, probe
from recto.codec.apart import Prober, _header_of
from recto.codec.looking import look
from recto.errors import AttemptFailedError, ChildStartError, InputError, LimitError
from tests.codec.files import corners, pages_of_every_format, pdf, saved

LIMITS = Limits(max_megapixels=1, max_frames=5)
PAGE = saved(corners(), "PNG")


@pytest.fixture(scope="module")
def prober() -> Iterator[Prober]:
    made = Prober(LIMITS, timeout_s=20, memory_mb=1000)
    yield made
    made.close()


def test_every_format_is_told_as_by_probe_itself(prober: Prober) -> None:
    for name, data in pages_of_every_format().items():
        assert prober.probe(data) == probe(data, LIMITS), name


@pytest.mark.parametrize(
    "data",
    [b"", b"text", PAGE[:50], b"%PDF-1.4 nothing", pdf(*["0 0 1 1 re f"] * 6), pdf("f", size="0 0 9000 9000")],
)
def test_refusals_are_those_of_probe_itself(prober: Prober, data: bytes) -> None:
    with pytest.raises(InputError) as here:
        probe(data, LIMITS)
    with pytest.raises(InputError) as apart:
        prober.probe(data)
    assert type(apart.value) is type(here.value)
    assert apart.value.message == here.value.message


def test_a_file_larger_than_the_pipe_goes_through(prober: Prober) -> None:
    header = prober.probe(PAGE + bytes(5_000_000))
    assert header is not None
    assert header.width_px == 64


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGKILL, signal.SIGABRT])
def test_a_child_that_dies_is_told_by_its_signal(number: int) -> None:
    prober = Prober(LIMITS, timeout_s=20, memory_mb=1000)
    prober.probe(PAGE)
    os.kill(prober.pid, number)
    with pytest.raises(AttemptFailedError, match=signal.Signals(number).name):
        prober.probe(PAGE)
    assert not prober.alive


def test_a_child_that_hangs_is_ended_and_nobody_waits_for_ever() -> None:
    prober = Prober(LIMITS, timeout_s=0.2, memory_mb=1000)
    prober.probe(PAGE)
    os.kill(prober.pid, signal.SIGSTOP)
    assert prober.probe(PAGE) is None
    assert not prober.alive


def test_a_child_that_never_comes_up_is_no_fault_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [])
    prober = Prober(LIMITS, timeout_s=1, memory_mb=1000)
    prober.kill()
    with pytest.raises(ChildStartError):
        prober.probe(PAGE)


def test_the_child_knows_no_secrets_and_can_open_nothing(prober: Prober, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECTO_DATABASE_URL", "postgresql://secret")
    made = Prober(LIMITS, timeout_s=20, memory_mb=1000)
    try:
        made.probe(PAGE)
        if not Path("/proc").is_dir():
            pytest.skip("only Linux shows processes as files")
        assert b"secret" not in Path(f"/proc/{made.pid}/environ").read_bytes()
        limits = Path(f"/proc/{made.pid}/limits").read_text()
        most = {line[:26].strip(): line[26:].split()[:2] for line in limits.splitlines()[1:]}
        assert most["Max open files"] == ["3", "3"]
        assert most["Max file size"] == most["Max core file size"] == ["0", "0"]
        assert most["Max address space"][0] != "unlimited"
        assert "NoNewPrivs:\t1" in Path(f"/proc/{made.pid}/status").read_text()
    finally:
        made.close()


def test_more_memory_than_allowed_refuses_the_file() -> None:
    """The limit is that of the address space, so a file that does not fit in is refused and not swapped in."""
    prober = Prober(LIMITS, timeout_s=20, memory_mb=70)
    try:
        with pytest.raises((InputError, AttemptFailedError)):
            prober.probe(PAGE + bytes(80_000_000))
    finally:
        prober.close()


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"header": [1]},
        {"header": ["PNG", "x", 1, 1]},
        {"refused": ["SystemExit", "x"]},
        {"limit": []},
        {"ready": 1},
    ],
)
def test_what_a_child_that_was_taken_over_may_say_is_an_attempt_that_failed(said: dict[str, object]) -> None:
    with pytest.raises(AttemptFailedError, match="nonsense"):
        _header_of(said)


def test_answers_are_plain_values() -> None:
    for data in (PAGE, b"", b"text", pdf("f", size="0 0 9000 9000")):
        said = look(data, LIMITS)
        assert json.loads(json.dumps(said)) == json.loads(json.dumps(said, default=str))
    with pytest.raises(LimitError, match="raise max_megapixels"):
        _header_of(look(pdf("f", size="0 0 9000 9000"), LIMITS))


def test_the_child_ends_with_its_parent() -> None:
    code = (
        "import sys; from recto.codec import Limits; from recto.codec.apart import Prober\n"
        "p = Prober(Limits(), timeout_s=5, memory_mb=1000); p._wait_until_ready(); print(p.pid, flush=True)\n"
        "sys.stdin.read()"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    parent.kill()
    parent.communicate()
    for _ in range(200):
        state = Path(f"/proc/{pid}/stat")
        if not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z":
            return
        time.sleep(0.05)
    raise AssertionError("the child is still there")
