"""``recto tasks``: the operator sees every client's tasks, tries failed ones again and cancels others."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from recto.cli import app
from recto.service import TaskState
from tests.parts import QUICK, Parts, open_parts, png
from tests.postgres import database_url, postgres, rows
from tests.service import children

__all__ = ["database_url", "postgres"]

Desk = Callable[..., Result]


@pytest.fixture
def at(database_url: str, tmp_path: Path) -> Callable[..., Any]:
    """Run an async function over the service's parts: ``at(work, keep_failed_inputs=True)``."""

    def run(work: Callable[[Parts], Any], **settings: Any) -> Any:
        async def whole() -> Any:
            async with open_parts(database_url, tmp_path, **{**QUICK, **settings}) as parts:
                return await work(parts)

        return asyncio.run(whole())

    return run


@pytest.fixture
def tasks(database_url: str, tmp_path: Path) -> Desk:
    """``recto tasks …`` on the same database and blobs."""

    def run(*arguments: str, status: int = 0) -> Result:
        environ = {"RECTO_DATABASE_URL": database_url, "RECTO_HOME": str(tmp_path)}
        done = CliRunner().invoke(app, ["tasks", *arguments], env=environ, catch_exceptions=False)
        assert done.exit_code == status, done.output
        return done

    return run


def listed(done: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


async def three(p: Parts) -> list[str]:
    return [await p.submit("anna"), await p.submit("bert"), await p.submit("anna", png(9))]


def test_list_and_show_see_every_client(at: Any, tasks: Desk) -> None:
    first, second, third = at(three)
    found = listed(tasks("list", "--json"))
    assert [entry["id"] for entry in found] == [first, second, third]
    assert {entry["state"] for entry in found} == {"pending"}
    assert found[1]["client_id"] == "bert"
    assert found[0]["recipe"][0]["filter"] == "rotate"
    done = tasks("list")
    assert [line.split()[0] for line in done.stdout.splitlines()] == [first, second, third]
    assert done.stderr == "3 tasks\n"
    assert listed(tasks("show", second, "--json"))[0]["body_bytes"] == len(png())
    assert "bert" in tasks("show", second.upper()).stdout
    assert "never was" in tasks("show", "00000000-0000-4000-8000-000000000000", status=1).stderr


def test_the_list_is_narrowed_by_state_client_age_and_number(at: Any, tasks: Desk) -> None:
    first, second, third = at(three)
    assert [e["id"] for e in listed(tasks("list", "--client", "anna", "--json"))] == [first, third]
    assert listed(tasks("list", "--state", "failed", "--state", "completed", "--json")) == []
    assert listed(tasks("list", "--older-than", "1h", "--json")) == []
    assert len(listed(tasks("list", "--newer-than", "2h", "--older-than", "0s", "--json"))) == 3
    done = tasks("list", "--limit", "2", "--json")
    assert [e["id"] for e in listed(done)] == [first, second]
    assert "there are more" in done.stderr
    for wrong in ("soon", "-1h", "1w", "1e9"):
        assert "--older-than" in tasks("list", f"--older-than={wrong}", status=2).stderr
    tasks("list", "--state", "lost", status=2)


def test_cancel_takes_ids_or_a_choice_and_says_how_many(at: Any, tasks: Desk, tmp_path: Path) -> None:
    first, second, third = at(three)
    done = tasks("cancel", first)
    assert done.stderr == "1 task cancelled\n"
    assert not list(tmp_path.glob(f"blobs/*/{first}*"))
    again = tasks("cancel", first, second, status=1)
    assert f"{first}: it is cancelled already" in again.stderr
    assert "1 task cancelled, 1 not" in again.stderr
    assert tasks("cancel", "--client", "anna").stderr == "1 task cancelled\n"
    assert tasks("cancel", "--client", "anna").stderr == "0 tasks cancelled\n"
    assert "name tasks" in tasks("cancel", status=2).stderr
    assert "no task's id" in tasks("cancel", "../../etc", status=2).stderr
    assert {entry["state"] for entry in listed(tasks("list", "--json"))} == {"cancelled"}
    assert third


def test_a_failed_task_is_done_when_what_was_sent_was_kept(at: Any, tasks: Desk, database_url: str) -> None:
    async def fail(p: Parts) -> str:
        p.start_worker(children.deadly)
        task_id = await p.submit()
        assert (await p.done(task_id)).state is TaskState.FAILED
        return task_id

    async def work(p: Parts) -> Any:
        p.start_worker()
        return await p.done(task_id), await p.service.result("anna", task_id)

    task_id = at(fail, keep_failed_inputs=True, max_attempts=2)
    done = tasks("retry", "--json")
    assert listed(done) == [{"id": task_id, "done": True, "why": None}]
    assert "1 task put into the queue again" in done.stderr
    (entry,) = listed(tasks("list", "--json"))
    assert (entry["state"], entry["failures"], entry["error"], entry["attempt"]) == ("pending", 0, None, 2)
    assert "it waits already" in tasks("retry", task_id, status=1).stderr
    view, pages = at(work)
    assert view.state is TaskState.COMPLETED
    assert len(pages) == 1
    assert rows(database_url, "SELECT count(*) FROM procrastinate_jobs") == [(0,)]
    assert "can be fetched" in tasks("retry", task_id, status=1).stderr


def test_a_failed_task_whose_input_is_gone_is_refused_and_says_why(at: Any, tasks: Desk) -> None:
    async def fail(p: Parts) -> str:
        p.start_worker(children.deadly)
        task_id = await p.submit()
        await p.done(task_id)
        return task_id

    task_id = at(fail, max_attempts=1)
    done = tasks("retry", task_id, status=1)
    assert "not kept any more" in done.stderr
    assert "RECTO_KEEP_FAILED_INPUTS" in done.stderr
    assert "0 tasks put into the queue again, 1 not" in done.stderr
    (entry,) = listed(tasks("list", "--json"))
    assert entry["state"] == "failed"


def test_an_id_that_never_was_is_refused(at: Any, tasks: Desk) -> None:
    at(three)
    nobody = "00000000-0000-4000-8000-000000000000"
    assert "never was" in tasks("retry", nobody, status=1).stderr
    (said,) = listed(tasks("cancel", nobody, "--json", status=1))
    assert said == {"id": nobody, "done": False, "why": "it never was, or its time is over"}
