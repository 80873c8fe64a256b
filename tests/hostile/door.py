"""A live server and what came of everything that it was asked."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.hostile.asked import PAGE, BadRequest
from tests.hostile.corpus import bad_files
from tests.hostile.judge import clear
from tests.hostile.raw import RawAnswer, say, smuggling
from tests.live import LiveServer

MAX_ANSWER_BYTES = 6000
GOOD_EVERY = 150

_TELLTALE = re.compile(rb"Traceback|File \"|site-packages|object at 0x|psycopg|sqlalchemy|/src/recto|root:x:")
SETTINGS = {
    "RECTO_TASK_TIMEOUT_S": "30",
    "RECTO_TASK_MEMORY_MB": "900",
    "RECTO_MAX_MEGAPIXELS": "20",
    "RECTO_MAX_FRAMES": "50",
    "RECTO_MAX_WAITING_TASKS": "5000",
    "RECTO_MAX_WAITING_TASKS_PER_CLIENT": "5000",
    "RECTO_LONG_POLL_S": "0",
    "RECTO_CLIENT_PATIENCE_S": "5",
    "RECTO_MIN_FREE_MB": "0",
}


@dataclass
class Door:
    """A live server, what it was asked and what came of it."""

    server: LiveServer
    token: str
    told: dict[str, Counter[str]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    tasks: dict[str, str] = field(default_factory=dict)
    good: list[str] = field(default_factory=list)
    asked: int = 0

    def ask(self, request: BadRequest) -> None:
        head = {"Host": "x", "Connection": "close", "Content-Length": str(len(request.body)), **request.headers}
        if self.token and request.token:
            head["Authorization"] = f"Bearer {self.token}"
        lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        data = f"{request.method} {request.path} HTTP/1.1\r\n{lines}\r\n".encode("latin-1", "replace") + request.body
        answers = say(self.server.port, data, shut=False)
        what = f"{request.kind}: {request.name}"
        if len(answers) != 1:
            self.wrong.append(f"{len(answers)} answers: {what}")
            return
        self.judge(request.kind, what, answers[0], may_pass=request.may_pass)

    def judge(self, kind: str, what: str, answer: RawAnswer, *, may_pass: bool) -> None:
        self.asked += 1
        passed = answer.status in (200, 202, 204, 304)
        self._count(kind, f"{answer.status}" if not passed else "taken for an honest one")
        refused = 400 <= answer.status < 500 or answer.status == 501
        if not (refused or (may_pass and passed)):
            self.wrong.append(f"{answer.status}: {what}: {answer.body[:200]!r}")
        if len(answer.body) > MAX_ANSWER_BYTES and not passed:
            self.wrong.append(f"an answer of {len(answer.body)} bytes: {what}")
        if _TELLTALE.search(answer.body) or "x-injected" in answer.headers:
            self.wrong.append(f"says too much: {what}: {answer.body[:300]!r}")
        if refused and answer.headers.get("content-type", "").endswith("json") and "title" in json.loads(answer.body):
            said = json.loads(answer.body)
            if not said["detail"] or said["status"] != answer.status or not said["traceId"]:
                self.wrong.append(f"no good problem: {what}: {answer.body[:300]!r}")
        if passed and answer.status in (200, 202) and answer.body:
            task_id = self._task_of(answer)
            if task_id:
                self.tasks[task_id] = what

    def _task_of(self, answer: RawAnswer) -> str:
        if answer.headers.get("content-type", "").startswith("text/plain"):
            return answer.body.decode()
        return str(json.loads(answer.body).get("id") or "") if answer.status == 202 else ""

    def _count(self, kind: str, outcome: str) -> None:
        self.told.setdefault(kind, Counter())[outcome] += 1

    def send_good(self) -> None:
        """An honest page, in between."""
        self.good.append(self.server.submit("DeskewImage", PAGE, self.token))

    def close_all(self) -> None:
        """Wait for every task; the good ones must be done, and the others done or failed with a reason."""
        for task_id in self.good:
            found = self.server.result("DeskewImage", task_id, self.token, within_s=180)
            if found["taskStatus"] != "Completed":
                self.wrong.append(f"a good page: {found}")
        deadline = time.monotonic() + 300
        for task_id, what in self.tasks.items():
            while True:
                head = {"Authorization": f"Bearer {self.token}"}
                found = self.server.ask("GET", f"/v5.0/ocr/Utilities/GetTaskStatus?id={task_id}", headers=head).json
                if found["taskStatus"] not in ("Pending", "Processing") or time.monotonic() > deadline:
                    break
                time.sleep(0.1)
            kind = what.partition(":")[0]
            self._count(kind, f"task {found['taskStatus']}")
            if found["taskStatus"] == "Error":
                (said,) = found["error"]["messages"]
                if not clear(said) and "The process working on it" not in said and "task_" not in said:
                    self.wrong.append(f"unclear: {what}: {said}")
            elif found["taskStatus"] not in ("Completed", "NotExist"):
                self.wrong.append(f"never closed: {what}: {found}")


def files_as_requests(step: int) -> Iterator[BadRequest]:
    """Some of the bad files, as they would be sent."""
    for number, file in enumerate(bad_files()[::step]):
        path = "/v1/tasks?recipe=" if number % 2 else "/v1/tasks?recipe=rotate"
        yield BadRequest(f"file, {file.kind}", file.name, "POST", path, file.data, may_pass=True)


def hold(door: Door, requests: Iterable[BadRequest]) -> None:
    for number, request in enumerate(requests):
        if number % GOOD_EVERY == 0:
            door.send_good()
        door.ask(request)
    door.send_good()


def smuggle(door: Door, step: int = 1) -> None:
    for bad in list(smuggling(door.token))[::step]:
        answers = say(door.server.port, bad.data)
        door.asked += 1
        statuses = [answer.status for answer in answers]
        door._count("HTTP itself", " ".join(map(str, statuses)) or "closed without a word")
        if any(status != 400 for status in statuses[1:]):
            door.wrong.append(f"{bad.name}: {statuses}")
        for answer in answers:
            if b'"status": "ok"' in answer.body or b'"status":"ok"' in answer.body:
                door.wrong.append(f"{bad.name}: a second request was taken out of the first")
            if answer.status >= 500 or (answer.status == 200 and b"<html" not in answer.body[:500].lower()):
                door.wrong.append(f"{bad.name}: {answer.status} {answer.body[:200]!r}")
            if _TELLTALE.search(answer.body):
                door.wrong.append(f"{bad.name}: says too much")


def check_log(server: LiveServer) -> list[str]:
    """Every line of the log is one JSON object of ASCII, whatever was asked for."""
    wrong = []
    path = Path(f"{server.home}.log")
    for line in path.read_bytes().splitlines():
        if not line.isascii():
            wrong.append(f"not ASCII: {line[:200]!r}")
        if not line.startswith(b"{"):
            wrong.append(f"no JSON: {line[:200]!r}")
        elif len(line) > 20_000:
            wrong.append(f"a line of {len(line)} bytes")
        elif b"unexpected error" in line or b'"level": "error"' in line:
            wrong.append(f"an error of ours: {line[:500]!r}")
    return wrong
