"""With --server the same comes out as without, once, whatever happens to the server or to us."""

from __future__ import annotations

import json
import shutil
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from recto.cli import away
from recto.cli.stopping import Stopped
from recto.client import AsyncClient, Client
from tests.cli.commands import done_count, finished, make_pages, parts, recto, shown, start, until
from tests.live import LiveServer

RECIPE = "deskew,dewarp,binarize"


@pytest.fixture
def as_client(server: LiveServer, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address, with the first client's secret in the environment."""
    return let_in(server, monkeypatch)


def let_in(server: LiveServer, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("RECTO_CLIENT_ID", server.client_id)
    monkeypatch.setenv("RECTO_CLIENT_SECRET", server.client_secret)
    return server.address


@pytest.fixture
def known(server: LiveServer) -> Iterator[Client]:
    with Client(server.address, server.client_id, server.client_secret) as client:
        yield client


@pytest.fixture
def pages(tmp_path: Path, scan: Path, fax: Path) -> Path:
    """A folder with one page, a file of three, one below, and one that is damaged."""
    (tmp_path / "in" / "below").mkdir(parents=True)
    shutil.copy(scan, tmp_path / "in" / "scan.png")
    shutil.copy(fax, tmp_path / "in" / "fax.tif")
    Image.open(scan).save(tmp_path / "in" / "below" / "colour.jpg", dpi=(150, 150))
    (tmp_path / "in" / "torn.png").write_bytes(scan.read_bytes()[:2000])
    return tmp_path / "in"


def told(lines: str, out: Path) -> dict[tuple[str, int], Any]:
    """The records by file and page, without what is never the same twice; page 0 is what stopped a file."""
    found: dict[tuple[str, int], Any] = {}
    for line in lines.splitlines():
        record = json.loads(line)
        if "error" in record:
            found[record["file"], 0] = record["code"]
            continue
        record["output"] = str(Path(record["output"]).relative_to(out))
        for step in record["steps"]:
            del step["elapsed_ms"]
        record["estimates"] = {n: sorted(e) for n, e in record["estimates"].items()}
        found[record["file"], record["page"]] = record
    return found


@pytest.mark.parametrize("form", ["png", "tiff", "pdf"])
def test_the_same_comes_out_as_without_a_server(as_client: str, pages: Path, tmp_path: Path, form: str) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    common = ["run", pages, "-r", RECIPE, "--json", "--format", form, "-o"]
    mine = recto(*common, here, "--report", tmp_path / "here.html")
    theirs = recto(*common, there, "--server", as_client, "--report", tmp_path / "there.html")
    assert (mine.returncode, theirs.returncode) == (1, 1)
    assert "torn.png" in theirs.stderr
    assert told(theirs.stdout, there) == told(mine.stdout, here)
    assert shown(there) == shown(here)
    for name in shown(here):
        assert (there / name).read_bytes() == (here / name).read_bytes(), name
    assert (tmp_path / "there.html").read_text().count("<figure>") == 5
    assert "4 files already done" not in theirs.stderr
    again = recto("run", pages, "-r", RECIPE, "--format", form, "-o", here, "--server", as_client)
    assert "3 files already done" in again.stderr  # what was done here need not be done there


def test_nothing_is_left_at_the_server(as_client: str, known: Client, scan: Path, tmp_path: Path) -> None:
    before = {task.id for task in known.tasks()}
    assert recto("run", scan, "-r", "deskew", "-o", tmp_path / "out.png", "--server", as_client).returncode == 0
    assert {task.id for task in known.tasks()} == before
    # The key of a task that was thrown away is not the end of it.
    assert recto("run", scan, "-r", "deskew", "-o", tmp_path / "two.png", "--server", as_client).returncode == 0
    assert (tmp_path / "two.png").read_bytes() == (tmp_path / "out.png").read_bytes()


def test_a_run_that_was_stopped_has_no_work_done_twice(
    as_client: str, known: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_pages(tmp_path / "in", 3, height_px=61, width_px=50)
    before = {task.id for task in known.tasks()}
    fetch = AsyncClient.result
    fetched: list[str] = []

    async def cut_off(self: Any, task: Any, page: int = 1) -> bytes:
        if len(fetched) == 0:
            fetched.append("")
            raise Stopped(signal.SIGINT)
        raise AssertionError

    monkeypatch.setattr(AsyncClient, "result", cut_off)
    command = ["run", tmp_path / "in", "-r", "rotate", "-o", tmp_path / "out", "--server", as_client]
    stopped = recto(*command)
    assert stopped.returncode == 130
    assert "What is done is passed over" in stopped.stderr
    assert parts(tmp_path / "out") == []
    sent = {task.id for task in known.tasks()} - before
    assert 1 <= len(sent) <= 3

    async def noted(self: Any, task: Any, page: int = 1) -> bytes:
        fetched.append(task.id)
        return await fetch(self, task, page)

    monkeypatch.setattr(AsyncClient, "result", noted)
    gone_on = recto(*command)
    assert gone_on.returncode == 0, gone_on.stderr
    assert len(shown(tmp_path / "out")) == 3
    assert sent <= set(fetched)
    assert {task.id for task in known.tasks()} == before


@pytest.mark.parametrize(
    ("more", "word"),
    [
        (["--server", "recto.example"], "http://"),
        (["--server", "{}", "--client-secret", "wrong"], "secret"),
        (["--server", "{}", "--client-id", ""], "RECTO_CLIENT_ID"),
        (["--server", "{}", "--pdf-dpi", "150"], "300"),
    ],
)
def test_what_cannot_be_is_refused_at_once(
    as_client: str, scan: Path, tmp_path: Path, more: list[str], word: str
) -> None:
    options = [option.format(as_client) for option in more]
    done = recto("run", scan, "-r", "deskew", "-o", tmp_path / "out.png", *options)
    assert done.returncode == 2, done.stderr
    assert word in done.stderr
    assert not (tmp_path / "out.png").exists()


def test_without_httpx_it_says_what_is_missing(
    as_client: str, scan: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "recto.client", None)
    done = recto("run", scan, "-r", "deskew", "-o", tmp_path / "out.png", "--server", as_client)
    assert done.returncode == 2
    assert "recto[client]" in done.stderr


def test_a_file_that_takes_too_long_is_given_up_on(
    as_client: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_pages(tmp_path / "in", 2, height_px=62, width_px=50)
    sends = AsyncClient.submit

    async def slowly(self: Any, data: Any, *values: Any, name: str, **named: Any) -> Any:
        if name.endswith("000.png"):
            await away.asyncio.sleep(60)
        return await sends(self, data, *values, name=name, **named)

    monkeypatch.setattr(AsyncClient, "submit", slowly)
    command = ["run", tmp_path / "in", "-r", "rotate", "-o", tmp_path / "out", "--server", as_client, "--timeout", "20"]
    done = recto(*command)
    assert done.returncode == 1
    assert "000.png: took longer than 20 s" in done.stderr
    assert shown(tmp_path / "out") == ["page 001.png"]


@pytest.mark.slow
def test_a_server_that_goes_away_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``kill -9`` of the server in the middle; the run says so, and goes on when it is there again."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    make_pages(tmp_path / "in", 40)
    server = LiveServer(tmp_path / "home", {"RECTO_PORT": str(port)}).start()
    address = let_in(server, monkeypatch)
    try:
        run = start("run", tmp_path / "in", "-r", "deskew", "-o", tmp_path / "out", "--server", address)
        until(lambda: done_count(tmp_path / "out") >= 3, run)
        server.kill()
        assert run.stderr is not None
        assert "waiting for" in run.stderr.readline()
        server.start()
        done = finished(run)
        assert done.returncode == 0, done.stderr
        assert "answers again" in done.stderr
        assert len(shown(tmp_path / "out")) == 40
    finally:
        server.stop()


@pytest.mark.slow
def test_a_drop_folder_is_worked_on_by_a_server(as_client: str, scan: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    watch = start("watch", tmp_path / "in", tmp_path / "out", "-r", "deskew", "--settle", "0.1", "--server", as_client)
    shutil.copy(scan, tmp_path / "in" / "scan.png")
    until(lambda: done_count(tmp_path / "out") == 1, watch)
    watch.send_signal(signal.SIGTERM)
    assert finished(watch).returncode == 0
    assert shown(tmp_path / "out") == ["scan.png"]
