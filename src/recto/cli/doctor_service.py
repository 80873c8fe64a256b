"""What ``recto doctor`` looks at of the service. It changes nothing, but for a blob that it writes and deletes."""

from __future__ import annotations

import http.client
import os
import resource
import shutil
import stat
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path

import psutil

from recto import tracing
from recto.bootstrap import blob_store
from recto.cli.finding import Finding, judged
from recto.database import EmbeddedServer, Inspection, inspect
from recto.errors import DatabaseUnavailableError, RectoError, SettingError
from recto.settings import Settings, read_settings, unknown_variables
from recto.web.server import check_tls, listen

OLDEST_POSTGRES = 140000
CLOCK_WARNING_S, CLOCK_FAULT_S = 2.0, 60.0
LEAST_FILES = 1024
_ROOMY_MB = 5000


async def look_at_service(home: Path | None, environ: Mapping[str, str]) -> AsyncIterator[Finding]:
    """Everything of the service, part by part."""
    for said in unknown_variables(environ):
        yield Finding("warning", "settings", said.rstrip("."), "correct or unset it")
    try:
        settings = read_settings(environ, {"home": home})
        check_tls(settings.server.tls_cert, settings.server.tls_key)
    except SettingError as error:
        yield Finding("fault", "settings", error.message.rstrip("."), "correct it; docs/service.md lists the settings")
        return
    yield Finding("ok", "settings", "settings")
    for finding in (*_home(settings), *_machine(settings), *_port(settings), *_options(settings, environ)):
        yield finding
    async for finding in _database(settings):
        yield finding
    async for finding in _blobs(settings):
        yield finding


def _home(settings: Settings) -> Iterator[Finding]:
    home = settings.home
    if not home.exists():
        above = next(folder for folder in home.parents if folder.exists())
        what, remedy = f"data folder {home} is not there yet", "the first start makes it"
        well = above.is_dir() and os.access(above, os.W_OK | os.X_OK)
        yield judged(well, "home", f"{what}; {remedy}", f"{above} cannot be written to; choose another RECTO_HOME")
        return
    if not (home.is_dir() and os.access(home, os.R_OK | os.W_OK | os.X_OK)):
        remedy = "mend its rights, or choose another RECTO_HOME"
        yield Finding("fault", "home", f"data folder {home} cannot be written to", remedy)
        return
    mode = stat.S_IMODE(home.stat().st_mode)
    what = f"data folder {home}, rights {mode:o}"
    yield judged(not mode & 0o066, "home", what, f"others may look into it: chmod go-rw {home}", "warning")
    blobs = home / "blobs"
    if settings.store.blobs is None and blobs.is_dir():
        mode = stat.S_IMODE(blobs.stat().st_mode)
        yield judged(not mode & 0o077, "home", f"blobs' folder, rights {mode:o}", f"chmod 700 {blobs}", "warning")
    yield _room("home", f"disk of {home}", shutil.disk_usage(home).free / 1e6, settings.service.min_free_mb)


def _room(part: str, what: str, free_mb: float, least_mb: float) -> Finding:
    what = f"{what}, {free_mb / 1000:.1f} GB free"
    if free_mb < least_mb:
        return Finding("fault", part, what, f"new pages are refused below min_free_mb ({least_mb:g}); free some space")
    return judged(free_mb > least_mb + _ROOMY_MB, part, what, "it will be full soon; free some space", "warning")


def _machine(settings: Settings) -> Iterator[Finding]:
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    enough = files == resource.RLIM_INFINITY or files >= LEAST_FILES
    yield judged(
        enough, "machine", f"{files} open files allowed", "each waiting client takes one: ulimit -n 65536", "warning"
    )
    need_mb = settings.service.slots * settings.service.task_memory_mb
    have_mb = psutil.virtual_memory().total / 1e6
    what = f"{settings.service.slots} slots of {settings.service.task_memory_mb} MB, {have_mb:.0f} MB of memory"
    remedy = "lower RECTO_WORKER_SLOTS or RECTO_TASK_MEMORY_MB, or large pages may be killed by the system"
    yield judged(need_mb <= have_mb, "machine", what, remedy, "warning")


def _port(settings: Settings) -> Iterator[Finding]:
    host, port = settings.server.host, settings.server.port
    where = f"{host} port {port}"
    try:
        listen(host, port).close()
    except SettingError as error:
        lives = _recto_answers(host, port)
        what = f"{where} is taken by a Recto that lives" if lives else error.message.rstrip(".")
        yield judged(lives, "port", what, "choose another RECTO_PORT or RECTO_HOST, or end what has it")
    else:
        yield Finding("ok", "port", f"{where} is free")
    if host not in ("127.0.0.1", "::1", "localhost") and settings.server.tls_cert is None:
        remedy = "set RECTO_TLS_CERT and RECTO_TLS_KEY, or let only a proxy reach it"
        yield Finding("warning", "port", f"{host} speaks plain http, tokens and pages in clear", remedy)


def _recto_answers(host: str, port: int) -> bool:
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    for kind in (http.client.HTTPConnection, http.client.HTTPSConnection):
        connection = kind(reachable, port, timeout=3)
        try:
            connection.request("GET", "/health/live")
            return b'"ok"' in connection.getresponse().read(200)
        except (OSError, http.client.HTTPException):
            continue
        finally:
            connection.close()
    return False


def _options(settings: Settings, environ: Mapping[str, str]) -> Iterator[Finding]:
    lacks_token = settings.web.metrics == "token" and settings.web.metrics_token is None
    what = f"/metrics: {settings.web.metrics}"
    yield judged(not lacks_token, "metrics", what, "set RECTO_METRICS_TOKEN to 16 characters or more")
    variable = tracing.wanted(environ)
    if variable is None:
        yield Finding("ok", "tracing", "traces are not sent")
        return
    missing = tracing.missing(environ)
    yield judged(missing is None, "tracing", f"traces go to {environ[variable]}", missing or "")


async def _database(settings: Settings) -> AsyncIterator[Finding]:
    conninfo = settings.database.database_url
    if conninfo is None:
        embedded = EmbeddedServer(settings.home)
        if not (embedded.data / "PG_VERSION").exists():
            yield Finding("ok", "database", "no database yet; the first start makes it")
            return
        if not embedded.answers():
            yield Finding("ok", "database", "the embedded PostgreSQL does not run; recto serve starts it")
            return
        conninfo = embedded.conninfo
    try:
        found = await inspect(conninfo, settings.tasks.stalled_after_s)
    except DatabaseUnavailableError as error:
        remedy = "start it, or correct RECTO_DATABASE_URL"
        yield Finding("fault", "database", f"the database cannot be reached ({error.message})", remedy)
        return
    for finding in _judge_database(found, settings):
        yield finding


def _judge_database(found: Inspection, settings: Settings) -> Iterator[Finding]:
    size = f"PostgreSQL {found.version_text}, {found.bytes / 1e6:.0f} MB"
    yield judged(found.version >= OLDEST_POSTGRES, "database", size, f"use {OLDEST_POSTGRES // 10000} or newer")
    if found.standby:
        yield Finding("fault", "database", "it is a standby and takes no changes", "let the URL lead to the primary")
    if found.encrypted is False:
        remedy = "add sslmode=require to RECTO_DATABASE_URL, unless nobody else is on that network"
        yield Finding("warning", "database", "the way to it is not encrypted", remedy)
    if found.unknown:
        what = f"it was migrated by a newer Recto ({max(found.unknown)})"
        yield Finding(
            "warning", "database", what, "upgrade this one; it only starts when the newer one just added things"
        )
    elif found.missing:
        what = f"{len(found.missing)} migrations are to be applied ({found.missing[0]} to {found.missing[-1]})"
        yield judged(found.may_create, "database", f"{what}; the next start does it", "its user may not create tables")
    else:
        yield Finding("ok", "database", "every migration is applied")
    free = found.connections_max - found.connections
    what = f"{found.connections} of {found.connections_max} connections are taken"
    remedy = "a process wants up to database_connections of them; raise max_connections"
    yield judged(free > settings.database.database_connections, "database", what, remedy, "warning")
    yield _clock(found.clock_ahead_s)
    remedy = "start recto worker, or recto serve, which brings one"
    yield judged(
        found.workers > 0,
        "workers",
        f"{found.workers} worker{'s live' if found.workers != 1 else ' lives'}",
        remedy,
        "warning",
    )


def _clock(ahead_s: float) -> Finding:
    what = f"clock {abs(ahead_s):.1f} s {'ahead of' if ahead_s > 0 else 'behind'} the database's"
    if abs(ahead_s) >= CLOCK_FAULT_S:
        return Finding("fault", "clock", what, "tokens are refused; set both by NTP")
    return judged(abs(ahead_s) < CLOCK_WARNING_S, "clock", what, "set both by NTP", "warning")


async def _blobs(settings: Settings) -> AsyncIterator[Finding]:
    where = settings.store.blobs or str(settings.home / "blobs")
    if "://" not in where and not Path(where).expanduser().exists():
        yield Finding("ok", "blobs", f"no blobs' folder {where} yet; the first start makes it")
        return
    key, data = f"doctor-{uuid.uuid4().hex}", os.urandom(1000)
    try:
        store = blob_store(settings)
        await store.put(key, data)
        same = await store.get(key) == data
        await store.delete([key])
        free_mb = await store.free_mb()
    except (RectoError, OSError) as error:
        remedy = "mend its rights or address; for s3 the AWS_… variables" if "://" in where else "mend its rights"
        said = error.message if isinstance(error, RectoError) else str(error)
        yield Finding("fault", "blobs", f"blobs at {where} cannot be used ({said.rstrip('.')})", remedy)
        return
    yield judged(same, "blobs", f"blobs at {where}: written, read, deleted", "what was read is not what was written")
    if free_mb is not None:
        yield _room("blobs", f"disk of {where}", free_mb, settings.service.min_free_mb)
