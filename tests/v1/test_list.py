"""A client's tasks as a list."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import httpx
import pytest

from recto.web.v1.models import TaskList
from tests.live import LiveServer
from tests.parts import png
from tests.v1.conftest import client_of
from tests.v1.test_tasks import damaged, done, problem, submit


@pytest.fixture(scope="module")
def own(server: LiveServer) -> Any:
    """A client that has sent seven tasks, the last of which failed: itself and their ids, oldest first."""
    with client_of(server, server.token(*server.add_client("lister"))) as client:
        sent = [submit(client, name=f"page {k}")["id"] for k in range(6)]
        sent.append(submit(client, damaged())["id"])
        for task_id in sent:
            done(client, task_id)
        yield client, sent


def ask(client: httpx.Client, **query: Any) -> TaskList:
    answer = client.get("/v1/tasks", params=query)
    assert answer.status_code == 200, answer.text
    return TaskList.model_validate_json(answer.content)


def test_the_newest_comes_first_and_whole(own: Any) -> None:
    client, sent = own
    found = ask(client)
    assert [task.id for task in found.tasks] == sent[::-1]
    assert found.next is None
    assert found.tasks[-1].name == "page 0"
    assert found.tasks[-1] == done(client, sent[0])


def test_a_cursor_goes_on_where_the_list_ended_whatever_comes_meanwhile(own: Any) -> None:
    client, sent = own
    seen: list[str] = []
    part = ask(client, limit=3)
    extra = submit(client)["id"]
    try:
        while True:
            seen += [task.id for task in part.tasks]
            if part.next is None:
                break
            part = ask(client, limit=3, cursor=part.next)
    finally:
        client.delete(f"/v1/tasks/{extra}")
    assert seen == sent[::-1]


def test_states_and_moments_choose(own: Any) -> None:
    client, sent = own
    assert [task.id for task in ask(client, state="failed").tasks] == sent[-1:]
    assert len(ask(client, state="completed, FAILED").tasks) == 7
    assert ask(client, state="pending,processing").tasks == []
    third = done(client, sent[2])
    assert [task.id for task in ask(client, since=third.submitted_at).tasks] == sent[2:][::-1]
    elsewhere = timezone(timedelta(hours=5))
    local = datetime.fromisoformat(third.submitted_at).astimezone(elsewhere)
    assert len(ask(client, since=local.isoformat()).tasks) == 5
    assert ask(client, since="2100-01-01").tasks == []


def test_nobody_sees_the_list_of_another_and_deleted_tasks_are_in_none(own: Any, stranger: httpx.Client) -> None:
    client, sent = own
    assert not {task.id for task in ask(stranger, limit=200).tasks} & set(sent)
    extra = submit(client)["id"]
    client.delete(f"/v1/tasks/{extra}")
    assert extra not in {task.id for task in ask(client).tasks}


def test_what_is_waited_for_is_in_no_list(own: Any) -> None:
    client, sent = own
    assert client.post("/v1/pages?recipe=rotate", content=png()).status_code == 200
    assert client.post("/v1/inspect", content=png()).status_code == 200
    assert len(ask(client).tasks) == len(sent)


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"},
        {"limit": "201"},
        {"limit": "many"},
        {"state": "cancelled"},
        {"state": "done"},
        {"since": "yesterday"},
        {"cursor": "x"},
        {"cursor": "W10"},
        {"cursor": "eyJ9"},
        {"cursor": "WyIyMDI2IiwgIngiXQ"},
    ],
)
def test_a_query_that_cannot_be_is_refused(api: httpx.Client, query: dict[str, str]) -> None:
    problem(api.get("/v1/tasks", params=query), 400)
