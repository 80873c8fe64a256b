"""``recto doctor`` finds what is wrong, says what to do, and changes nothing."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner

from recto.cli import app, doctor_service
from recto.cli.doctor_service import look_at_service
from recto.cli.finding import Finding
from recto.tasks import prepare
from tests.live import LiveServer
from tests.parts import open_parts
from tests.postgres import database_url, postgres

__all__ = ["database_url", "postgres"]

Found = list[Finding]
Looking = Callable[..., Found]


@pytest.fixture
def look(tmp_path: Path) -> Looking:
    """Look at a service of these settings, the data folder ``home`` unless another is given."""

    def run(home: Path | None = None, **settings: str) -> Found:
        environ = {"RECTO_PORT": "0"} | {f"RECTO_{k.upper()}" if k.islower() else k: v for k, v in settings.items()}

        async def whole() -> Found:
            return [finding async for finding in look_at_service(home or tmp_path / "home", environ)]

        return asyncio.run(whole())

    return run


def of(found: Found, part: str, level: str) -> list[str]:
    return [f.what + " | " + f.remedy for f in found if f.part == part and f.level == level]


def test_a_fresh_machine_is_well_and_stays_untouched(look: Looking, tmp_path: Path) -> None:
    found = look()
    assert [f for f in found if f.level == "fault"] == []
    assert "first start makes it" in of(found, "home", "ok")[0]
    assert "no database yet" in of(found, "database", "ok")[0]
    assert not (tmp_path / "home").exists()


def test_a_running_service_is_looked_at_whole(server: LiveServer, look: Looking) -> None:
    deadline = time.monotonic() + 60
    while server.ask("GET", "/health/ready").status != 200 and time.monotonic() < deadline:
        time.sleep(0.1)
    found = look(server.home, port=str(server.port))
    assert [f for f in found if f.level == "fault"] == []
    assert "taken by a Recto that lives" in of(found, "port", "ok")[0]
    assert "every migration is applied | " in of(found, "database", "ok")
    assert of(found, "workers", "ok") == ["1 worker lives | "]
    assert "written, read, deleted" in of(found, "blobs", "ok")[0]
    assert of(found, "clock", "ok")
    assert not list((server.home / "blobs").rglob("doctor-*"))


def test_the_command_prints_lines_or_json_and_its_status_tells(server: LiveServer, tmp_path: Path) -> None:
    environ = {"RECTO_HOME": str(server.home), "RECTO_PORT": "0"}
    done = CliRunner().invoke(app, ["doctor"], env=environ)
    assert done.exit_code == 0, done.output
    assert "ok      every migration is applied" in done.stdout
    done = CliRunner().invoke(app, ["doctor", "--json"], env={**environ, "RECTO_RETENTION_H": "never"})
    assert done.exit_code == 1
    found: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines()]
    (fault,) = [f for f in found if f["level"] == "fault"]
    assert "RECTO_RETENTION_H" in fault["what"]
    assert fault["remedy"]


def test_a_database_that_is_away(look: Looking) -> None:
    found = look(database_url="postgresql://nobody@127.0.0.1:9/none")
    (fault,) = of(found, "database", "fault")
    assert "RECTO_DATABASE_URL" in fault


def test_migrations_that_are_to_come_and_those_of_a_newer_recto(
    look: Looking, database_url: str, tmp_path: Path
) -> None:
    assert any("to be applied (1 to" in said for said in of(look(database_url=database_url), "database", "ok"))

    async def fill() -> None:
        async with open_parts(database_url, tmp_path) as parts:
            await prepare(parts.database)

    asyncio.run(fill())
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("INSERT INTO schema_migrations (number, name) VALUES (9999, '9999_later.sql')")
    found = look(database_url=database_url)
    assert any("newer Recto (9999)" in said for said in of(found, "database", "warning"))
    assert of(found, "workers", "warning") == ["0 workers live | start recto worker, or recto serve, which brings one"]


def test_a_port_that_somebody_else_has(look: Looking) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        other.settimeout(0.1)
        (fault,) = of(look(port=str(other.getsockname()[1])), "port", "fault")
    assert "RECTO_PORT" in fault


def test_rights_that_let_others_in(look: Looking, tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "blobs").mkdir(parents=True, mode=0o755)
    home.chmod(0o755)
    found = look()
    assert any("chmod go-rw" in said for said in of(found, "home", "warning"))
    assert any("chmod 700" in said for said in of(found, "home", "warning"))
    home.chmod(0o711)
    assert not any("chmod go-rw" in said for said in of(look(), "home", "warning"))


def test_a_home_that_is_no_folder(look: Looking, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert of(look(tmp_path / "file"), "home", "fault")


def test_a_disk_that_is_nearly_full(look: Looking, tmp_path: Path) -> None:
    (tmp_path / "home" / "blobs").mkdir(parents=True)
    found = look(min_free_mb="999999999")
    assert len(of(found, "home", "fault")) == len(of(found, "blobs", "fault")) == 1
    assert "min_free_mb" in of(found, "blobs", "fault")[0]


def test_blobs_that_cannot_be_written(look: Looking, tmp_path: Path) -> None:
    blobs = tmp_path / "blobs"
    blobs.mkdir()
    (blobs / "do").write_text("a file where a folder has to be")
    (fault,) = of(look(blobs=str(blobs)), "blobs", "fault")
    assert "cannot be used" in fault


@pytest.mark.parametrize(
    ("settings", "part", "word"),
    [
        ({"metrics": "token"}, "metrics", "RECTO_METRICS_TOKEN"),
        ({"tls_key": "x"}, "settings", "RECTO_TLS_CERT"),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
            "tracing",
            "http/protobuf",
        ),
    ],
)
def test_settings_that_do_not_go_together(look: Looking, settings: dict[str, str], part: str, word: str) -> None:
    (fault,) = of(look(**settings), part, "fault")
    assert word in fault


def test_a_misspelt_setting_and_plain_http_are_warned_of(look: Looking) -> None:
    found = look(host="0.0.0.0", prot="1")
    assert any("RECTO_PROT is not a setting" in said for said in of(found, "settings", "warning"))
    assert any("plain http" in said for said in of(found, "port", "warning"))


@pytest.mark.parametrize(("ahead_s", "level"), [(0.5, "ok"), (-5.0, "warning"), (120.0, "fault"), (-120.0, "fault")])
def test_clocks_that_go_apart(ahead_s: float, level: str) -> None:
    finding = doctor_service._clock(ahead_s)
    assert finding.level == level
    assert ("ahead of" in finding.what) == (ahead_s > 0)
