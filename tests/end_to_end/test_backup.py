"""The recipes of docs/operating.md as they stand there: a backup, a lost machine, a service that is restored."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.live import LiveServer, png_of
from tests.parts import end, worker_process
from tests.postgres import new_home, wipe_home

PAGE = Path(__file__).parents[2] / "docs" / "operating.md"


def recipe(name: str) -> str:
    """The commands of the page under this name."""
    found = re.search(rf"<!-- tested: {name} -->\n```sh\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert found is not None, name
    return found[1]


def follow(name: str, home: Path, backup: Path) -> str:
    """Do what the page says; what it printed."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("RECTO_")}
    path = f"{Path(sys.executable).parent}:{kept['PATH']}"
    environ = {**kept, "PATH": path, "RECTO_HOME": str(home), "BACKUP": str(backup), "RECTO_PORT": "0"}
    done = subprocess.run(
        ["sh", "-euc", recipe(name)], env=environ, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def homes() -> Iterator[tuple[Path, Path]]:
    """Two data folders: the one that is lost and the one on the new machine."""
    both = new_home(), new_home()
    yield both
    for home in both:
        if home.exists():
            wipe_home(home)
        shutil.rmtree(home.parent)


def page(mark: int) -> bytes:
    samples = np.full((60, 40), 255, np.uint8)
    samples[20:40, 10:30] = mark
    return png_of(samples)


def restored(old: LiveServer, home: Path) -> LiveServer:
    live = LiveServer(home).start()
    live.client_id, live.client_secret = old.client_id, old.client_secret
    return live


def test_the_service_is_restored_from_a_backup_that_was_made_while_it_ran(
    homes: tuple[Path, Path], tmp_path: Path
) -> None:
    lost, home = homes
    backup = tmp_path / "backup"
    backup.mkdir()
    live = LiveServer(lost, {"RECTO_WORKER_SLOTS": "0"}).start()
    worker = worker_process("", lost)
    try:
        token = live.token()
        done = live.submit("DeskewImage", page(10), token)
        before = live.result("DeskewImage", done, token)
        assert before["taskStatus"] == "Completed"
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(60) == 0
        waiting = live.submit("DeskewImage", page(200), token)
        follow("backup", lost, backup)
        later = live.submit("DeskewImage", page(99), token)  # lost with the machine
    finally:
        end(worker)
        live.kill()
    wipe_home(lost)
    shutil.rmtree(lost)
    assert "the embedded PostgreSQL does not run" in follow("restore", home, backup)
    new = restored(live, home)
    try:
        after = new.result("DeskewImage", done, token)  # with a token from before
        assert after["results"] == before["results"]
        assert new.result("DeskewImage", waiting, new.token())["taskStatus"] == "Completed"
        assert new.result("DeskewImage", later, token)["taskStatus"] == "NotExist"
        again = new.submit("DeskewImage", page(1), token)
        assert new.result("DeskewImage", again, token)["taskStatus"] == "Completed"
    finally:
        assert new.stop() == 0


def test_a_copy_of_the_stopped_folder_is_a_backup(homes: tuple[Path, Path], tmp_path: Path) -> None:
    lost, home = homes
    live = LiveServer(lost).start()
    token = live.token()
    done = live.submit("DeskewImage", page(10), token)
    before = live.result("DeskewImage", done, token)
    assert live.stop() == 0
    deadline = time.monotonic() + 30
    while (lost / "postgres" / "postmaster.pid").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    follow("cold backup", lost, tmp_path)
    shutil.rmtree(lost)
    follow("cold restore", home, tmp_path)
    new = restored(live, home)
    try:
        assert new.result("DeskewImage", done, token)["results"] == before["results"]
    finally:
        assert new.stop() == 0
