"""Load and faults on real processes, and whether the proof at their end would notice a broken promise."""

from __future__ import annotations

import asyncio
import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.faults.harness import ledger, pictures, work
from tests.faults.harness.ledger import Book, Ledger, Promise
from tests.faults.harness.proof import Findings, Row, judge
from tests.faults.harness.run import Plan, Running, load_and_harm, running
from tests.faults.harness.work import KINDS, Ended

SECONDS = float(os.environ.get("TEST_FAULTS_SECONDS", "20"))
"""How long the load and the faults last; ``.ci/run`` sets 120."""


@pytest.mark.slow
@pytest.mark.parametrize("apart", [False, True], ids=["one-machine", "apart"])
def test_no_fault_loses_a_task(apart: bool) -> None:
    """Whatever is killed, stopped, filled or taken away: each id ends as promised, and nothing is left over."""

    async def whole() -> None:
        async with running(Plan(SECONDS if not apart else SECONDS / 2, seed=11, apart=apart, gap_s=2.0)) as on:
            await load_and_harm(on)
            report = await on.prove()
        assert report.lost == []
        assert report.traces == []
        assert report.tasks >= SECONDS / 2
        assert sum(report.faults.values()) >= SECONDS / 20

    asyncio.run(whole())


@pytest.mark.slow
def test_the_proof_notices_a_lost_and_a_swapped_result() -> None:
    """A quiet run keeps every promise; then one blob is removed, two are swapped and a task is made to look stuck."""

    async def whole() -> None:
        async with running(Plan(4, seed=5, gap_s=0, servers=1, workers=1, clients=2)) as on:
            await load_and_harm(on)
            report = await on.prove()
            assert report.lost == []
            first, second, third, fourth = _completed(on)[:4]
            _blob(on, first).unlink()
            one, other = _blob(on, second), _blob(on, third)
            held = one.read_bytes()
            one.write_bytes(other.read_bytes())
            other.write_bytes(held)
            on.site.query("UPDATE tasks SET state = 'processing', closed_at = NULL WHERE id = %s RETURNING id", fourth)
            lost = (await on.prove()).lost
            on.site.query("DELETE FROM tasks WHERE id = %s RETURNING id", fourth)
        for task_id, why in ((first, "not there any more"), (second, "should carry"), (third, "should carry")):
            assert any(task_id in line and why in line for line in lost), (why, lost)
        assert any(fourth in line and "stuck in processing" in line for line in lost)
        assert any(f"the blob {first}-a" in line and "is lost" in line for line in lost)

    asyncio.run(whole())


def _completed(on: Running) -> list[str]:
    book = ledger.read(on.site.folder / "ledger.jsonl")
    return [one.id for one in book.promises.values() if one.ended == {"completed"} and len(one.numbers) == 1]


def _blob(on: Running, task_id: str) -> Path:
    (path,) = on.site.blobs.rglob(f"{task_id}-a*-p1")
    return path


# --- the judge, by itself

NUMBERS = [7]
GOOD = Ended("completed", (pictures.png(7),))


def found(ended: Ended | None, *, state: str = "completed", client: str = "id-1") -> Findings:
    row = Row("t-1", client, state, attempt=1, failures=0, pages=1, took_s=1.0)
    blobs = {"t-1-a1-p1"} if state == "completed" else set()
    return Findings(rows={"t-1": row}, ends={"t-1": ended}, blobs=blobs)


def book(kind: str = "plain", **facts: object) -> Book:
    promise = Promise("t-1", "client-1", kind, NUMBERS, 0.0, **facts)  # type: ignore[arg-type]
    return Book(promises={"t-1": promise})


@pytest.fixture(autouse=True)
def plain_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kind of work whose result is the page itself."""

    def reading(data: bytes) -> int | None:
        return pictures.number_in(np.asarray(Image.open(io.BytesIO(data))))

    monkeypatch.setitem(KINDS, "plain", work.Kind("plain", 0, None, [], reading))


CLIENTS = {"client-1": "id-1", "client-2": "id-2"}


def test_a_kept_promise_is_no_fault() -> None:
    assert judge(book(), found(GOOD), CLIENTS) == []
    gone = found(Ended("gone"), state="cancelled")
    assert judge(book(cancelled=ledger.CANCELLED), gone, CLIENTS) == []
    given_up = found(Ended("failed", error="Given up after 3 attempts. It died."), state="failed")
    assert judge(book(), given_up, CLIENTS) == []


@pytest.mark.parametrize(
    ("findings", "why"),
    [
        (Findings(), "not in the database"),
        (found(None), "nobody could say"),
        (found(Ended("gone")), "not there any more"),
        (found(Ended("completed", (pictures.png(8),))), "should carry"),
        (found(Ended("completed", ())), "should carry"),
        (found(Ended("failed", error=" "), state="failed"), "without a reason"),
        (found(Ended("failed", error="What was sent is not there."), state="failed"), "a good page ended in Error"),
        (found(GOOD, state="processing"), "stuck in processing"),
        (found(GOOD, client="id-2"), "another client"),
    ],
)
def test_a_broken_promise_is_told(findings: Findings, why: str) -> None:
    assert any(why in line for line in judge(book(), findings, CLIENTS))


def test_what_nobody_asked_for_is_told() -> None:
    stray = found(GOOD)
    stray.stray_numbers["t-1"] = [7]
    asked = {"client": "client-1", "numbers": [7]}
    assert judge(Book(unanswered=[asked]), stray, CLIENTS) == []
    assert judge(Book(unanswered=[{**asked, "client": "client-2"}]), stray, CLIENTS)
    assert judge(Book(), stray, CLIENTS)
    left = found(GOOD)
    left.blobs |= {"t-9-a1-p1"}
    left.jobs = 2
    told = judge(book(), left, CLIENTS)
    assert any("wanted by nobody" in line for line in told)
    assert any("2 jobs" in line for line in told)
    assert judge(book(cancelled=ledger.CANCELLED), found(GOOD), CLIENTS), "it was cancelled, and is there"
    assert judge(book(ended={"failed"}), found(GOOD), CLIENTS), "it was told to have failed before"


def test_one_id_for_two_orders_is_told(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    lines = Ledger(path)
    for number in (1, 2):
        lines.note(ledger.ACCEPTED, id="t-1", client="client-1", kind="plain", numbers=[number], key=None)
    lines.note(ledger.SEEN, id="t-1", state="completed", error="", fault="its pages should carry something else")
    lines.close()
    assert [line["why"] for line in ledger.read(path).wrong] == [
        "one id was given twice",
        "its pages should carry something else",
    ]


def test_a_page_says_its_number() -> None:
    for number in (0, 1, 2**36 - 1, 123456789):
        page = pictures.draw(number)
        assert pictures.number_in(page) == number
        assert pictures.number_in(np.rot90(page)) is None
        assert pictures.binarized(pictures.png(number)) is None, "it is not black on white"
