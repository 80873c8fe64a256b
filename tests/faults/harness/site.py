"""A whole service in real processes: servers, workers, PostgreSQL, and a store of blobs."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import signal
import tempfile
from pathlib import Path

import psutil
import psycopg

from recto.access import Access
from recto.database import Config as DatabaseConfig
from recto.database import Database, EmbeddedServer
from recto.errors import DatabaseUnavailableError
from recto.store import BlobStore, FolderStore, ObjectStore
from tests.faults.harness.bucket import BUCKET, Bucket
from tests.faults.harness.parts import Keeper, Part, plain_environment
from tests.faults.harness.small_disk import SmallDisk

START_S = 120.0
STALLED_AFTER_S = 6.0
_SETTINGS = {
    "RECTO_PORT": "0",
    "RECTO_LONG_POLL_S": "5",
    "RECTO_HEARTBEAT_S": "1",
    "RECTO_STALLED_AFTER_S": f"{STALLED_AFTER_S:g}",
    "RECTO_SWEEP_EVERY_S": "1",
    "RECTO_ORPHANS_EVERY_S": "5",
    "RECTO_ORPHAN_AFTER_S": "90",
    "RECTO_MIN_FREE_MB": "8",
    "RECTO_TASKS_PER_CHILD": "100",
    "RECTO_TASK_TIMEOUT_S": "60",
    "RECTO_STOP_GRACE_S": "5",
    "RECTO_DRAIN_S": "3",
    "RECTO_LOG_LEVEL": "warning",
}
_DATABASE_DISK_MB = 800
_BLOBS_DISK_MB = 128


class Site:
    """Two servers and three workers; one of them the real ``recto worker``, the others with pages that take a while.

    Parameters
    ----------
    apart : bool
        False: one machine, as ``recto serve`` sets it up: the embedded PostgreSQL and a folder. True: a PostgreSQL
        that others look after, and an S3 server.
    settings : dict, optional
        Variables over those that suit faults.
    small_disks : bool
        Database and blobs on disks that can be filled.
    """

    def __init__(
        self,
        *,
        apart: bool,
        servers: int = 2,
        workers: int = 3,
        slots: int = 2,
        settings: dict[str, str] | None = None,
        small_disks: bool = True,
    ) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="recto-faults-"))
        self.folder.chmod(0o711)
        self.apart = apart
        self.keeper = Keeper()
        self.clients: dict[str, tuple[str, str]] = {}
        self.database_disk = SmallDisk(self.folder / "disk-1", _DATABASE_DISK_MB if small_disks else None)
        self.blobs_disk = SmallDisk(self.folder / "disk-2", _BLOBS_DISK_MB if small_disks else None)
        self.home = self.database_disk.path / "home"
        self.blobs = self.blobs_disk.path / "blobs"
        self.empty = self.folder / "empty"
        self.empty.mkdir()
        self.bucket = Bucket() if apart else None
        self.database = EmbeddedServer(self.home)
        self._guard: asyncio.Task[None] | None = None
        self._settings = {**_SETTINGS, **(settings or {})}
        self._plan = servers, workers, slots

    async def start(self, clients: int) -> None:
        """Everything up, and so many clients made."""
        settings = {**self._settings, "RECTO_HOME": str(self.home)}
        if self.bucket is not None:
            await self.bucket.start()
            conninfo = await asyncio.to_thread(self.database.start)
            self._guard = asyncio.create_task(self._guard_database())
            settings |= {"RECTO_DATABASE_URL": conninfo, **self.bucket.environment()}
        else:
            settings["RECTO_BLOBS"] = str(self.blobs)
        servers, workers, slots = self._plan
        self._environment = plain_environment(settings)
        for number in range(1, servers + 1):
            self.add(f"server-{number}", ("recto", "serve", "--no-worker"))
            if number == 1:
                await self._until_up()
        for number in range(1, workers + 1):
            dawdling = ("tests.faults.harness.dawdling",)
            self.add(f"worker-{number}", ("recto", "worker") if number == 1 else dawdling, slots)
        await self._until_up()
        await self._add_clients([f"client-{number}" for number in range(1, clients + 1)])
        self.keeper.begin()

    @property
    def conninfo(self) -> str:
        return self.database.conninfo

    def store(self) -> BlobStore:
        """The store of the service, opened beside it."""
        if self.bucket is None:
            return FolderStore(self.blobs)
        options = {
            "endpoint": f"http://127.0.0.1:{self.bucket.port}",
            "access_key_id": "test",
            "secret_access_key": "test",
            "region": "us-east-1",
            "client_options": {"allow_http": True},
        }
        return ObjectStore(f"s3://{BUCKET}/blobs", **options)

    def postmaster(self) -> psutil.Process | None:
        """The running PostgreSQL."""
        try:
            pid = int((self.database.data / "postmaster.pid").read_text().split()[0])
            process = psutil.Process(pid)
            return process if process.name() == "postgres" else None
        except (OSError, ValueError, IndexError, psutil.Error):
            return None

    def postgres_processes(self) -> list[psutil.Process]:
        """The postmaster and all that it has started."""
        postmaster = self.postmaster()
        if postmaster is None:
            return []
        with contextlib.suppress(psutil.Error):
            return [postmaster, *postmaster.children()]
        return []

    def query(self, text: str, *values: object) -> list[tuple[object, ...]]:
        """The rows of a query, asked beside the service."""
        with psycopg.connect(self.conninfo, autocommit=True, connect_timeout=5) as connection:
            return connection.execute(text, values).fetchall()  # type: ignore[arg-type]

    async def close(self) -> list[str]:
        """End everything and leave nothing; returns which parts did not end well."""
        bad = await self.keeper.stop()
        if self._guard is not None:
            self._guard.cancel()
            await asyncio.to_thread(self.database.stop)
        if self.bucket is not None:
            await self.bucket.close()
        for process in self.postgres_processes():
            bad.append(f"PostgreSQL was left running ({process.pid})")
            with contextlib.suppress(psutil.Error):
                process.send_signal(signal.SIGQUIT)
                process.wait(20)
        self.database_disk.close()
        self.blobs_disk.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        return bad

    def add(self, name: str, module: tuple[str, ...], slots: int = 1, **variables: str) -> Part:
        """One more process, started."""
        environment = {**self._environment, "RECTO_WORKER_SLOTS": str(slots), **variables}
        part = Part(name, module, environment, self.folder)
        part.start()
        self.keeper.parts.append(part)
        return part

    async def _until_up(self) -> None:
        async with asyncio.timeout(START_S):
            while len(self.keeper.addresses()) < len(self.keeper.named("server")):
                for part in self.keeper.parts:
                    assert part.alive, part.log.read_text()[-3000:]
                await asyncio.sleep(0.1)

    async def _add_clients(self, names: list[str]) -> None:
        config = DatabaseConfig(home=self.home, database_url=self.conninfo)
        async with Database(config) as database:
            access = Access(database)
            for name in names:
                self.clients[name] = await access.add_client(name)

    async def _guard_database(self) -> None:
        """Whoever looks after the PostgreSQL of the second kind of site starts it again when it dies."""
        while True:
            await asyncio.sleep(0.5)
            if not self.database.answers():
                with contextlib.suppress(DatabaseUnavailableError):
                    await asyncio.to_thread(self.database.start)
