"""Files that are worked on by a server elsewhere: sent, waited for, fetched, and written as if it were done here."""

from __future__ import annotations

import asyncio
import hashlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import typer

from recto import codec
from recto.cli.job import Event, Job, Looks, Order, Record, Report, document, noted, read_source, said_here, tell
from recto.cli.outputs import Form, part_of, whole_file
from recto.cli.thumbnail import thumbnail
from recto.errors import InputError, RecipeError, RectoError, RemoteError, SettingError

if TYPE_CHECKING:
    from recto.client import AsyncClient, Page, Task
    from recto.raster import Page as DecodedPage

FILES_AT_ONCE = 8
"""Files that are on their way, when nothing is said: enough for a server with a few workers."""

DRAWN_AT_DPI = 300
"""What a server draws PDF pages at."""

FAILED = "unreadable-image"
"""The code of a file that the server could not do; it is damaged, or not whole yet."""


@dataclass(frozen=True)
class Server:
    """Where the work is done, and as whom.

    Attributes
    ----------
    address : str
    client_id, client_secret : str
    """

    address: str
    client_id: str
    client_secret: str


def server_of(address: str | None, client_id: str | None, client_secret: str | None, pdf_dpi: int) -> Server | None:
    """What the options say; None when the work is to be done here.

    Raises
    ------
    SettingError
        Something is missing or cannot be.
    """
    if address is None:
        return None
    if not address.startswith(("http://", "https://")):
        raise SettingError(f"--server {address}: say http://… or https://….")
    if not client_id or not client_secret:
        raise SettingError(
            "--server needs RECTO_CLIENT_ID and RECTO_CLIENT_SECRET (or --client-id and --client-secret); "
            "`recto client add NAME` on the server makes them."
        )
    if pdf_dpi != DRAWN_AT_DPI:
        raise SettingError(f"--pdf-dpi {pdf_dpi}: a server draws PDF pages at {DRAWN_AT_DPI}; leave it out.")
    return Server(address.rstrip("/"), client_id, client_secret)


class AwayCrew:
    """Does what a ``Crew`` does, at a server.

    Parameters
    ----------
    order : Order
    server : Server
    files_at_once : int
    timeout_s : float or None
        How long one file may take, once the server has it.

    Raises
    ------
    SettingError
        As a context: httpx is missing.
    RemoteError
        As a context: the server does not let us in.
    """

    def __init__(self, order: Order, server: Server, files_at_once: int, timeout_s: float | None = None) -> None:
        self._order = order
        self._server = server
        self._files_at_once = files_at_once
        self._timeout_s = timeout_s
        self._tasks: set[asyncio.Task[Report]] = set()
        self._pages: list[Record] = []
        self._is_waiting = False

    @property
    def is_full(self) -> bool:
        return len(self._tasks) >= self._files_at_once

    @property
    def is_idle(self) -> bool:
        return not self._tasks

    def give(self, job: Job) -> None:
        """Hand out one more file."""
        self._tasks.add(self._runner.get_loop().create_task(self._take(job)))

    def collect(self, wait_s: float = 0.2) -> list[Event]:
        """The pages and reports that are in; waits for a report, at most ``wait_s``."""

        async def some() -> set[asyncio.Task[Report]]:
            if not self._tasks:
                await asyncio.sleep(wait_s)
                return set()
            return (await asyncio.wait(self._tasks, timeout=wait_s, return_when=asyncio.FIRST_COMPLETED))[0]

        done = self._runner.run(some())
        self._tasks -= done
        pages, self._pages = self._pages, []
        return [*pages, *(task.result() for task in done)]

    def __enter__(self) -> AwayCrew:
        try:
            from recto.client import AsyncClient
        except ModuleNotFoundError as error:
            raise SettingError(f"--server needs {error.name}: pip install 'recto[client]'.") from None
        server = self._server
        self._runner = asyncio.Runner()
        self._client: AsyncClient = AsyncClient(
            server.address, server.client_id, server.client_secret, retries=None, told=self._waiting
        )
        try:
            self._runner.run(self._client.presets())  # who cannot come in hears of it at once
        except BaseException:
            self._close()
            raise
        self._is_waiting = False
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._close()

    def _close(self) -> None:
        for task in self._tasks:
            task.cancel()

        async def end() -> None:
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await self._client.close()

        self._runner.run(end())
        self._runner.close()

    async def _take(self, job: Job) -> Report:
        """Every fault of a file is in its report."""
        report = Report(str(job.source))
        if job.refusal:
            return report.fail(job.refusal, "refused")
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._process(job, report)
        except RemoteError as error:
            report.fail(error.message, error.answered_code or error.code)
        except RectoError as error:
            report.fail(said_here(error), error.code)
        except TimeoutError:
            report.fail(f"took longer than {self._timeout_s:g} s (--timeout)", "process-died")
        except OSError as error:
            report.fail_with(error)
        self._is_back()
        return report.ended(self._order.form)

    async def _process(self, job: Job, report: Report) -> None:
        order = self._order
        stamp, data = await asyncio.to_thread(read_source, job.source, order.limits)
        task = await self._done(job, data)
        with noted(job, order, stamp, len(task.pages)) as targets:
            befores = await asyncio.to_thread(_thumbnails, data, order.limits) if order.with_pictures else []
            if order.form is Form.PNG:
                for page, (target, may) in zip(task.pages, targets, strict=True):
                    png = await self._client.result(task, page.number)
                    await asyncio.to_thread(_write, target, part_of(job.target), png, overwrite=may)
                    self._tell(report, page, len(task.pages), target, befores, png)
            else:
                with (
                    whole_file(job.target, part_of(job.target), overwrite=targets[0][1]) as file,
                    document(file, order) as out,
                ):
                    for page in task.pages:
                        png = await self._client.result(task, page.number)
                        out.add(await asyncio.to_thread(_page_of, png))
                        self._tell(report, page, len(task.pages), job.target, befores, png)
        with suppress(RemoteError):  # it goes by itself, only later
            await self._client.delete(task)

    async def _done(self, job: Job, data: bytes) -> Task:
        """The completed task of a file.

        A run that was stopped has sent it already, perhaps: the key is made of the file and the recipe, so that the
        server knows it again. What came to nothing then is tried anew.

        Raises
        ------
        InputError
            The server could not do it.
        """
        recipe = self._order.recipe
        fingerprint = hashlib.sha256(hashlib.sha256(data).digest() + recipe.encode()).hexdigest()[:40]
        turn = 1
        while True:
            key = f"recto-run-{fingerprint}-{turn}"
            task = await self._client.submit(data, recipe, name=job.source.name[:200], idempotency_key=key)
            if task.is_open or task.state == "completed":
                break
            turn += 1
        task = await self._client.wait(task, timeout_s=float("inf"))
        if task.state != "completed":
            raise _TaskFailedError(task.error or "The task was cancelled.")
        self._is_back()
        return task

    def _tell(self, report: Report, page: Page, pages: int, target: Path, befores: list[bytes], png: bytes) -> None:
        out = page.output
        if out is None:
            raise RecipeError("The server does not say what it did: it is older than this command.")
        notes = [f"{step.filter}: {note}" for step in page.steps for note in step.notes]
        steps = [(step.filter, step.changed, step.elapsed_ms) for step in page.steps]
        looks = Looks(out.width_px, out.height_px, out.kind, out.dpi)
        number = page.number, pages
        self._pages.append(tell(report, self._order, number, target, looks, page.estimates, notes, steps))
        if self._order.with_pictures and page.number <= len(befores):
            report.pictures.append((befores[page.number - 1], thumbnail(_page_of(png))))

    def _waiting(self, why: str, seconds: float) -> None:
        if not self._is_waiting and seconds > 0:
            self._is_waiting = True
            typer.echo(f"waiting for {self._server.address}: {why}", err=True)

    def _is_back(self) -> None:
        if self._is_waiting:
            self._is_waiting = False
            typer.echo(f"{self._server.address} answers again", err=True)


class _TaskFailedError(InputError):
    code = FAILED


def _write(target: Path, part: Path, data: bytes, *, overwrite: bool) -> None:
    with whole_file(target, part, overwrite=overwrite) as file:
        file.write(data)


def _page_of(png: bytes) -> DecodedPage:
    return next(iter(codec.decode(png, codec.Limits())))


def _thumbnails(data: bytes, limits: codec.Limits) -> list[bytes]:
    try:
        return [thumbnail(page) for page in codec.decode(data, limits)]
    except InputError:  # the server can read more than we can
        return []
