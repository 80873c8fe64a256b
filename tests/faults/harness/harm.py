"""The faults: each does its harm, waits where it has to, and puts right what nothing else would."""

from __future__ import annotations

import asyncio
import contextlib
import random
import signal
import subprocess
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import psutil
import psycopg

from recto.database.os_user import binaries, postgres_user
from tests.faults.harness import ledger, small_disk
from tests.faults.harness.ledger import Ledger
from tests.faults.harness.parts import Part
from tests.faults.harness.site import STALLED_AFTER_S, Site

Doing = Callable[[Site, random.Random], Awaitable[str | None]]


@dataclass(frozen=True)
class Fault:
    """One kind of fault; ``doing`` returns what it did it to, None when there was nothing to do it to."""

    name: str
    share: int
    doing: Doing
    apart: bool | None = None
    """Only where the parts are apart, or only where they are not; None: anywhere."""


async def kill_child(site: Site, dice: random.Random) -> str | None:
    children = [child for part in site.keeper.named("worker") for child in part.children()]
    if not children:
        return None
    victim = dice.choice(children)
    with contextlib.suppress(psutil.Error):
        victim.kill()
    return f"child {victim.pid}"


async def kill_worker(site: Site, dice: random.Random) -> str | None:
    return _signal_one(site.keeper.named("worker"), dice, signal.SIGKILL)


async def kill_server(site: Site, dice: random.Random) -> str | None:
    return _signal_one(site.keeper.named("server"), dice, signal.SIGKILL)


async def end_part(site: Site, dice: random.Random) -> str | None:
    """As a rollout does: in good order."""
    return _signal_one(site.keeper.parts, dice, signal.SIGTERM)


async def stop_worker(site: Site, dice: random.Random) -> str | None:
    """Past its heartbeat, and then it goes on."""
    (part,) = _living(site.keeper.named("worker"), dice)[:1] or [None]
    if part is None:
        return None
    part.signal(signal.SIGSTOP)
    try:
        await asyncio.sleep(STALLED_AFTER_S + dice.uniform(1, 4))
    finally:
        part.signal(signal.SIGCONT)
    return part.name


async def kill_postgres(site: Site, dice: random.Random) -> str | None:
    postmaster = site.postmaster()
    if postmaster is None:
        return None
    with contextlib.suppress(psutil.Error):
        postmaster.kill()
    return f"postmaster {postmaster.pid}"


async def kill_backend(site: Site, dice: random.Random) -> str | None:
    """PostgreSQL then cuts every connection and recovers."""
    backends = site.postgres_processes()[1:]
    if not backends:
        return None
    victim = dice.choice(backends)
    with contextlib.suppress(psutil.Error):
        named = " ".join(victim.cmdline())
        victim.kill()
        return named
    return None


async def freeze_postgres(site: Site, dice: random.Random) -> str | None:
    """It takes connections and answers nothing, as behind a network that has gone."""
    stopped = []
    for process in site.postgres_processes():
        with contextlib.suppress(psutil.Error):
            process.suspend()
            stopped.append(process)
    try:
        await asyncio.sleep(dice.uniform(2, 6))
    finally:
        for process in stopped:
            with contextlib.suppress(psutil.Error):
                process.resume()
    return f"{len(stopped)} processes" if stopped else None


async def restart_postgres(site: Site, dice: random.Random) -> str | None:
    mode = dice.choice(("fast", "immediate"))
    user = postgres_user()
    command = [str(binaries() / "pg_ctl"), "-D", str(site.database.data), "-m", mode, "-w", "-t", "30", "restart"]
    log = ["-l", str(site.database.data / "log")]
    run = subprocess.Popen(
        [*command, *log],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        user=user.uid if user else None,
        group=user.gid if user else None,
        extra_groups=[] if user else None,
        cwd="/",
    )
    await asyncio.to_thread(run.wait)
    return mode


async def cut_connections(site: Site, dice: random.Random) -> str | None:
    cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'recto'"
    try:
        ((count,),) = await asyncio.to_thread(site.query, cut)
    except psycopg.Error:
        return None
    return f"{count} connections"


async def kill_everything(site: Site, dice: random.Random) -> str | None:
    victims = [child for part in site.keeper.named("worker") for child in part.children()]
    victims += site.postgres_processes()
    for part in site.keeper.parts:
        part.signal(signal.SIGKILL)
    for victim in victims:
        with contextlib.suppress(psutil.Error):
            victim.kill()
    return f"{len(victims) + len(site.keeper.parts)} processes"


async def fill_blobs_disk(site: Site, dice: random.Random) -> str | None:
    return await _fill(site.blobs_disk, dice)


async def fill_database_disk(site: Site, dice: random.Random) -> str | None:
    return await _fill(site.database_disk, dice)


async def move_blobs(site: Site, dice: random.Random) -> str | None:
    away = site.blobs.with_name("moved-away")
    site.blobs.rename(away)
    try:
        await asyncio.sleep(dice.uniform(1, 6))
    finally:
        if site.blobs.exists():  # somebody who started meanwhile has made it anew
            for path in sorted(site.blobs.rglob("*"), reverse=True):
                path.unlink() if path.is_file() else path.rmdir()
            site.blobs.rmdir()
        away.rename(site.blobs)
    return "the folder"


async def unmount_blobs(site: Site, dice: random.Random) -> str | None:
    if not small_disk.hide(site.blobs, site.empty):
        return None
    try:
        await asyncio.sleep(dice.uniform(1, 6))
    finally:
        small_disk.show(site.blobs)
    return "an empty folder in its place"


async def shut_bucket(site: Site, dice: random.Random) -> str | None:
    assert site.bucket is not None
    site.bucket.shut()
    try:
        await asyncio.sleep(dice.uniform(1, 8))
    finally:
        site.bucket.reopen()
    return "connections refused"


async def freeze_bucket(site: Site, dice: random.Random) -> str | None:
    assert site.bucket is not None
    site.bucket.freeze()
    try:
        await asyncio.sleep(dice.uniform(1, 12))
    finally:
        site.bucket.thaw()
    return "no answers"


FAULTS = (
    Fault("a child is killed", 14, kill_child),
    Fault("a worker is killed", 10, kill_worker),
    Fault("a server is killed", 10, kill_server),
    Fault("a part is ended in good order", 6, end_part),
    Fault("a worker is stopped past its heartbeat", 8, stop_worker),
    Fault("PostgreSQL is killed", 7, kill_postgres),
    Fault("a backend of PostgreSQL is killed", 7, kill_backend),
    Fault("PostgreSQL does not answer", 4, freeze_postgres),
    Fault("PostgreSQL is restarted", 6, restart_postgres),
    Fault("every database connection is cut", 6, cut_connections),
    Fault("everything is killed at once", 5, kill_everything),
    Fault("the blobs' disk is full", 6, fill_blobs_disk, apart=False),
    Fault("the database's disk is full", 4, fill_database_disk),
    Fault("the blobs' folder is moved away", 4, move_blobs, apart=False),
    Fault("the blobs' disk is not mounted", 4, unmount_blobs, apart=False),
    Fault("the S3 server refuses connections", 8, shut_bucket, apart=True),
    Fault("the S3 server does not answer", 6, freeze_bucket, apart=True),
)
_TWO_AT_ONCE = 0.15


async def do_harm(site: Site, book: Ledger, dice: random.Random, gap_s: float) -> None:
    """One fault after the other, sometimes two at once, until cancelled."""
    kinds = [fault for fault in FAULTS if fault.apart in (None, site.apart)]
    while True:
        await asyncio.sleep(dice.uniform(0.3, 2 * gap_s))
        chosen = dice.choices(kinds, [fault.share for fault in kinds], k=2 if dice.random() < _TWO_AT_ONCE else 1)
        together = {fault.name: fault for fault in chosen}.values()
        await asyncio.gather(*(_do(fault, site, book, dice) for fault in together))


async def _do(fault: Fault, site: Site, book: Ledger, dice: random.Random) -> None:
    began = time.time()
    done_to = await fault.doing(site, dice)
    if done_to is not None:
        book.note(ledger.FAULT, kind=fault.name, to=done_to, took_s=round(time.time() - began, 2))


async def _fill(disk: small_disk.SmallDisk, dice: random.Random) -> str | None:
    if not disk.is_real:
        return None
    try:
        await asyncio.to_thread(disk.fill)
        await asyncio.sleep(dice.uniform(1, 5))
        await asyncio.to_thread(disk.fill)
    finally:
        disk.empty()
    return "no byte left"


def _living(parts: list[Part], dice: random.Random) -> list[Part]:
    living = [part for part in parts if part.alive]
    dice.shuffle(living)
    return living


def _signal_one(parts: list[Part], dice: random.Random, number: int) -> str | None:
    for part in _living(parts, dice):
        part.signal(number)
        return part.name
    return None
