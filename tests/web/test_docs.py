"""The documentation names every route and every command of the service."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import typer.main

from recto.cli import app
from recto.web.page.routes import OLD_VERSIONS
from recto.web.v5.operations import CURRENT, DEPRECATED, PREFIXES, names_here
from tests.live import LiveServer

DOCS = Path(__file__).parents[2] / "docs"
SERVICE = (DOCS / "service.md").read_text("utf-8")
COMPATIBILITY = (DOCS / "compatibility.md").read_text("utf-8")
NATIVE = (DOCS / "native-api.md").read_text("utf-8")


def test_every_route_is_in_the_docs(server: LiveServer) -> None:
    for path in server.ask("GET", "/openapi.json").json["paths"]:
        assert f"`{path}`" in COMPATIBILITY + SERVICE or f"`GET {path}`" in SERVICE or f" {path}`" in NATIVE, path


def test_every_operation_is_listed_with_its_filter() -> None:
    for name in names_here():
        assert f"`/v5.0/ocr/{name}`" in COMPATIBILITY
    for operation in CURRENT + DEPRECATED:
        (row,) = [line for line in COMPATIBILITY.splitlines() if line.startswith(f"| `/v5.0/ocr/{operation.name}`")]
        assert f"`{operation.filter}`" in row
    for prefix in PREFIXES:
        assert f"`{prefix}`" in COMPATIBILITY
    assert any(f"`{old}/…`" in COMPATIBILITY for old in OLD_VERSIONS)


@pytest.mark.parametrize("name", ["serve", "worker", "client"])
def test_every_command_of_the_service_and_its_options_are_in_the_docs(name: str) -> None:
    command: Any = typer.main.get_command(app).commands[name]  # type: ignore[attr-defined]
    commands = getattr(command, "commands", {"": command})
    for below, found in commands.items():
        assert f"| `recto {name}{f' {below}' if below else ''}" in SERVICE
        for parameter in found.params:
            if parameter.name != "help" and parameter.param_type_name == "option":
                spelled = [*parameter.opts, *parameter.secondary_opts]
                assert any(f"`{option}`" in SERVICE for option in spelled), parameter.opts
