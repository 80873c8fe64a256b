"""``recto tasks``: every client's tasks, for the operator, straight from the database."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, TypeVar

import typer

from recto.bootstrap import open_attendant
from recto.errors import RectoError, RequestError
from recto.service import Attendant, Entry, TaskState, Wanted, normal_task_id
from recto.settings import read_settings

T = TypeVar("T")

tasks_app = typer.Typer(help="List, show, retry and cancel the tasks of all clients.", no_args_is_help=True)

_UNITS_S = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}

Ids = Annotated[list[str] | None, typer.Argument(metavar="ID...", help="Ids of tasks; or choose by the options.")]
State = Annotated[list[TaskState] | None, typer.Option("--state", help="Only tasks in this state; may be repeated.")]
ClientId = Annotated[str | None, typer.Option("--client", metavar="ID", help="Only tasks of this client.")]
Older = Annotated[str | None, typer.Option("--older-than", metavar="AGE", help="Submitted before: 90s, 15m, 2h, 1d.")]
Newer = Annotated[str | None, typer.Option("--newer-than", metavar="AGE", help="Submitted since: 90s, 15m, 2h, 1d.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line and task, on stdout.")]


@tasks_app.command("list")
def list_tasks(
    state: State = None,
    client: ClientId = None,
    older_than: Older = None,
    newer_than: Newer = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the oldest first.")] = 1000,
    as_json: AsJson = False,
) -> None:
    """Print tasks, the oldest first: id, state, age, attempts, size, operation, client, error."""
    wanted = _wanted(None, state, client, older_than, newer_than, limit + 1)
    entries = _run(lambda attendant: attendant.find(wanted))
    for entry in entries[:limit]:
        typer.echo(json.dumps(entry.plain(), ensure_ascii=False) if as_json else _line(entry))
    more = "; there are more, --limit shows them" if len(entries) > limit else ""
    typer.echo(f"{_tasks(min(limit, len(entries)))}{more}", err=True)


@tasks_app.command()
def show(task_id: Annotated[str, typer.Argument(metavar="ID")], as_json: AsJson = False) -> None:
    """Print everything that is kept of a task."""
    wanted = Wanted(ids=_ids([task_id]))
    entries = _run(lambda attendant: attendant.find(wanted))
    if not entries:
        typer.echo(f"There is no task {task_id}: it never was, or its time is over.", err=True)
        raise typer.Exit(1)
    plain = entries[0].plain()
    if as_json:
        typer.echo(json.dumps(plain, ensure_ascii=False))
        return
    for name, value in plain.items():
        if value is not None:
            typer.echo(f"{name:14}{value if isinstance(value, str | int) else json.dumps(value, ensure_ascii=False)}")


@tasks_app.command()
def retry(
    ids: Ids = None,
    client: ClientId = None,
    older_than: Older = None,
    newer_than: Newer = None,
    as_json: AsJson = False,
) -> None:
    """Put failed tasks into the queue again, with all their attempts before them.

    Without ids: every failed task that the options choose. What was sent must still be there, so
    RECTO_KEEP_FAILED_INPUTS=true has to be set before the tasks fail.
    """
    wanted = _wanted(ids, None if ids else [TaskState.FAILED], client, older_than, newer_than, None)
    _each("put into the queue again", wanted, lambda attendant: attendant.retry, as_json)


@tasks_app.command()
def cancel(
    ids: Ids = None,
    state: State = None,
    client: ClientId = None,
    older_than: Older = None,
    newer_than: Newer = None,
    as_json: AsJson = False,
) -> None:
    """Drop waiting tasks, stop running ones, purge finished ones; to their clients they then never were.

    Without ids: every open task that the options choose; --state chooses others.
    """
    if not (ids or state or client or older_than or newer_than):
        typer.echo("recto tasks cancel: name tasks, or choose them by --state, --client or their age", err=True)
        raise typer.Exit(2)
    states = state or (None if ids else [TaskState.PENDING, TaskState.PROCESSING])
    wanted = _wanted(ids, states, client, older_than, newer_than, None)
    _each("cancelled", wanted, lambda attendant: attendant.cancel, as_json)


def _each(
    done: str, wanted: Wanted, doing: Callable[[Attendant], Callable[[Entry], Awaitable[None]]], as_json: bool
) -> None:
    """Do it to each, say which could not be, and how many were."""

    async def work(attendant: Attendant) -> tuple[int, int]:
        entries, refused = await attendant.find(wanted), 0
        missing = set(wanted.ids or ()) - {entry.id for entry in entries}
        for task_id in sorted(missing):
            _say(task_id, "it never was, or its time is over", as_json)
        for entry in entries:
            try:
                await doing(attendant)(entry)
            except RequestError as error:
                refused += 1
                _say(entry.id, error.message, as_json)
            else:
                _say(entry.id, None, as_json)
        return len(entries) - refused, refused + len(missing)

    count, refused = _run(work)
    typer.echo(f"{_tasks(count)} {done}" + (f", {refused} not" if refused else ""), err=True)
    raise typer.Exit(1 if refused else 0)


def _say(task_id: str, refused: str | None, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"id": task_id, "done": refused is None, "why": refused}, ensure_ascii=False))
    elif refused is not None:
        typer.echo(f"{task_id}: {refused}", err=True)


def _wanted(
    ids: list[str] | None,
    states: list[TaskState] | None,
    client_id: str | None,
    older_than: str | None,
    newer_than: str | None,
    limit: int | None,
) -> Wanted:
    return Wanted(
        states=tuple(states or TaskState),
        client_id=client_id,
        older_than_s=_seconds("--older-than", older_than),
        newer_than_s=_seconds("--newer-than", newer_than),
        ids=_ids(ids) if ids else None,
        limit=limit,
    )


def _ids(texts: list[str]) -> list[str]:
    found = []
    for text in texts:
        task_id = normal_task_id(text)
        if task_id is None:
            typer.echo(f"{text!r} is no task's id", err=True)
            raise typer.Exit(2)
        found.append(task_id)
    return found


def _seconds(option: str, text: str | None) -> float | None:
    if text is None:
        return None
    match = re.fullmatch(r"(\d{1,9}(?:\.\d{1,6})?)([smhd]?)", text.strip())
    if match is None:
        typer.echo(f"{option} is a number and s, m, h or d, such as 90s or 2h, not {text!r}", err=True)
        raise typer.Exit(2)
    return float(match[1]) * _UNITS_S[match[2]]


def _line(entry: Entry) -> str:
    age = timedelta(seconds=round((datetime.now(UTC) - entry.submitted_at).total_seconds()))
    first = (entry.error or "").splitlines()[:1]
    facts = f"{entry.attempt} attempts" if entry.attempt != 1 else "1 attempt"
    return (
        f"{entry.id}  {entry.state:10}  {age!s:>16}  {facts:11}  {entry.body_bytes / 1e6:8.2f} MB  "
        f"{entry.operation:20}  {entry.client_id}  {first[0][:100] if first else ''}".rstrip()
    )


def _tasks(count: int) -> str:
    return "1 task" if count == 1 else f"{count} tasks"


def _run(work: Callable[[Attendant], Coroutine[Any, Any, T]]) -> T:
    async def whole() -> T:
        async with open_attendant(read_settings()) as attendant:
            return await work(attendant)

    try:
        return asyncio.run(whole())
    except RectoError as error:
        typer.echo(f"recto tasks: {error.message}", err=True)
        raise typer.Exit(1) from None
