"""HTTP as a patient client speaks it: what a fault excuses is tried again, anything else is written down as wrong."""

from __future__ import annotations

import asyncio
import base64
import random
import time
from collections import Counter
from collections.abc import Callable, Collection
from typing import Any

import httpx

from tests.faults.harness import ledger
from tests.faults.harness.ledger import Ledger
from tests.faults.harness.work import Ended, Kind

LONGEST_ANSWER_S = 90.0
_PAUSE_S = 0.4


class Asker:
    """One client of the service, at whichever server it likes.

    Parameters
    ----------
    addresses : callable
        Where the servers listen right now.
    """

    def __init__(
        self, name: str, client_id: str, secret: str, addresses: Callable[[], list[str]], book: Ledger, seed: int
    ) -> None:
        self.name = name
        self.dice = random.Random(seed)
        self.excused: Counter[str] = Counter()
        self.slowest_s = 0.0
        self._client_id, self._secret = client_id, secret
        self._addresses = addresses
        self._book = book
        self._token = ""
        self._http = httpx.AsyncClient(timeout=LONGEST_ANSWER_S, limits=httpx.Limits(max_keepalive_connections=20))

    async def close(self) -> None:
        await self._http.aclose()

    async def ask(
        self, method: str, path: str, good: Collection[int], headers: dict[str, str] | None = None, **more: Any
    ) -> httpx.Response | None:
        """An answer with one of the good statuses, or None for one that a fault excuses."""
        began = time.monotonic()
        try:
            if not self._token:
                await self._prove()
            said = {"Authorization": f"Bearer {self._token}", **(headers or {})}
            answer = await self._http.request(method, self._somewhere() + path, headers=said, **more)
        except httpx.ReadTimeout:
            self._wrong(method, path, f"no answer within {LONGEST_ANSWER_S:g} s")
            return None
        except httpx.TransportError as error:
            self.excused[type(error).__name__] += 1
            await asyncio.sleep(_PAUSE_S)
            return None
        finally:
            self.slowest_s = max(self.slowest_s, time.monotonic() - began)
        if answer.status_code in good:
            return answer
        if answer.status_code in (429, 503) and answer.headers.get("retry-after", "").isdigit():
            self.excused[str(answer.status_code)] += 1
            await asyncio.sleep(_PAUSE_S)
            return None
        self._wrong(method, path, f"{answer.status_code}: {answer.text[:300]}")
        return None

    async def submit(self, kind: Kind, numbers: list[int], key: str | None) -> str | None:
        """The id of a new task, or None when there was no answer."""
        body: dict[str, Any] = {"image": base64.b64encode(kind.file(numbers)).decode()}
        if kind.operation is not None:
            answer = await self.ask("POST", f"/v5.0/ocr/{kind.operation}", [200], json=body)
            return None if answer is None else answer.text
        body |= {"recipe": kind.recipe, "name": str(numbers[0])}
        headers = {} if key is None else {"Idempotency-Key": key}
        answer = await self.ask("POST", "/v1/tasks", [202], headers, json=body)
        return None if answer is None else str(answer.json()["id"])

    async def look(self, kind: Kind, task_id: str, wait_s: int) -> Ended | None:
        """How a task ended; None while it is open, or when nobody could say."""
        if kind.operation is not None:
            return await self._look_v5(kind.operation, task_id, wait_s)
        return await self._look_v1(kind, task_id, wait_s)

    async def _look_v5(self, operation: str, task_id: str, wait_s: int) -> Ended | None:
        headers = {"Prefer": f"wait={wait_s}"}
        answer = await self.ask("GET", f"/v5.0/ocr/{operation}?id={task_id}", [200], headers)
        if answer is None:
            return None
        told = answer.json()
        if told["taskStatus"] == "Completed":
            return Ended("completed", tuple(base64.b64decode(one["data"]) for one in told["results"]))
        if told["taskStatus"] == "Error":
            return Ended("failed", error="; ".join(told["error"]["messages"]))
        return Ended("gone") if told["taskStatus"] == "NotExist" else None

    async def _look_v1(self, kind: Kind, task_id: str, wait_s: int) -> Ended | None:
        answer = await self.ask("GET", f"/v1/tasks/{task_id}?wait={wait_s}", [200, 404])
        if answer is None:
            return None
        if answer.status_code == 404:
            return Ended("gone")
        told = answer.json()
        if told["state"] == "failed":
            return Ended("failed", error=told["error"] or "")
        if told["state"] != "completed":
            return None
        pages = []
        for page in told["pages"]:
            picture = await self.ask("GET", page["result"], [200, 404])
            if picture is None:
                return None
            if picture.status_code == 404:
                return Ended("gone")
            pages.append(picture.content)
        return Ended("completed", tuple(pages))

    async def cancel(self, kind: Kind, task_id: str) -> bool:
        """True when the service said that it is cancelled."""
        path = f"/v1/tasks/{task_id}" if kind.operation is None else f"/v5.0/ocr/{kind.operation}?id={task_id}"
        return await self.ask("DELETE", path, [200, 204]) is not None

    async def _prove(self) -> None:
        form = {"grant_type": "client_credentials", "client_id": self._client_id, "client_secret": self._secret}
        answer = await self._http.post(self._somewhere() + "/connect/token", data=form)
        if answer.status_code == 200:
            self._token = answer.json()["access_token"]
        elif answer.status_code != 503:
            self._wrong("POST", "/connect/token", f"{answer.status_code}: {answer.text[:300]}")

    def _somewhere(self) -> str:
        found = self._addresses()
        if not found:
            raise httpx.ConnectError("no server is up")
        return self.dice.choice(found)

    def _wrong(self, method: str, path: str, why: str) -> None:
        self._book.note(ledger.WRONG, client=self.name, why=f"{method} {path} → {why}")
