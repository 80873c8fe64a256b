"""The commands as a whole: listed without being loaded, complete in the docs, completed by shells."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from recto.cli import COMMANDS, app
from tests.cli.commands import recto

DOCS = (Path(__file__).parents[2] / "docs" / "cli.md").read_text("utf-8")
HEAVY = {"numpy", "cv2", "onnxruntime", "pydantic", "pypdfium2", "pebble", "fastapi", "procrastinate", "psycopg"}


def every_command(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    below = getattr(command, "commands", None)
    if below is None:
        yield name, command
    else:
        for part in below:
            yield from every_command(below[part], f"{name} {part}")


def all_commands() -> list[tuple[str, Any]]:
    return list(every_command(typer.main.get_command(app), "recto"))


def test_every_command_and_option_is_in_the_docs() -> None:
    found = all_commands()
    assert len(found) >= len(COMMANDS)
    for name, command in found:
        head = re.search(rf"^#+ `{re.escape(name)}\b.*`$", DOCS, re.MULTILINE)
        assert head is not None, f"no heading for {name}"
        section = re.split(r"^#+ `", DOCS[head.end() :], maxsplit=1, flags=re.MULTILINE)[0]
        for parameter in command.params:
            if parameter.param_type_name == "option" and parameter.name != "help":
                for option in (*parameter.opts, *parameter.secondary_opts):
                    assert f"`{option}" in section, f"{name} {option}"


def test_the_docs_name_no_option_that_is_not() -> None:
    known = {"--help", "--version", "--install-completion", "--show-completion"}
    for _, command in all_commands():
        for parameter in command.params:
            known.update((*parameter.opts, *parameter.secondary_opts))
    assert set(re.findall(r"`(--[a-z][a-z-]*)", DOCS)) <= known


def test_help_lists_the_commands_with_what_they_do() -> None:
    shown = recto("--help").stdout
    for name, (_, _, summary) in COMMANDS.items():
        assert re.search(rf"{name}\s+{re.escape(summary)}", shown)


@pytest.mark.parametrize("name", ["run", "watch", "inspect"])
def test_help_has_an_example(name: str) -> None:
    assert f"recto {name} " in recto(name, "--help").stdout


def test_a_misspelled_command_is_corrected() -> None:
    done = recto("wacth", "a", "b")
    assert done.returncode == 2
    assert "watch" in done.stderr


@pytest.mark.parametrize("arguments", [["--version"], ["--help"]])
def test_what_is_not_asked_for_is_not_loaded(arguments: list[str]) -> None:
    code = f"import sys, recto.cli; sys.argv = ['recto', *{arguments!r}]\n"
    code += "try: recto.cli.main()\nexcept SystemExit: pass\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not HEAVY & set(done.stdout.split())


def test_a_run_loads_neither_the_service_nor_what_its_recipe_does_not_need(scan: Path, tmp_path: Path) -> None:
    argv = ["recto", "run", str(scan), "-r", "rotate", "-o", str(tmp_path / "out.png")]
    code = f"import sys, recto.cli; sys.argv = {argv!r}\n"
    code += "try: recto.cli.main()\nexcept SystemExit: pass\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (tmp_path / "out.png").exists()
    assert not {"fastapi", "procrastinate", "psycopg", "pypdfium2", "onnxruntime", "pi_heif", "pebble"} & set(
        done.stdout.split()
    )


def test_shells_complete_commands_and_options() -> None:
    environment = {"_RECTO_COMPLETE": "complete_bash", "COMP_WORDS": "recto w", "COMP_CWORD": "1"}
    assert completed(environment) == ["watch", "worker"]
    environment = {"_RECTO_COMPLETE": "complete_bash", "COMP_WORDS": "recto run --fo", "COMP_CWORD": "2"}
    assert completed(environment) == ["--format", "--force"]
    environment = {"_RECTO_COMPLETE": "complete_bash", "COMP_WORDS": "recto run --format t", "COMP_CWORD": "3"}
    assert completed(environment) == ["tiff"]
    environment = {"_RECTO_COMPLETE": "complete_bash", "COMP_WORDS": "recto run -r deskew,ro", "COMP_CWORD": "3"}
    assert completed(environment) == ["deskew,rotate"]
    environment = {"_RECTO_COMPLETE": "complete_bash", "COMP_WORDS": "recto watch -r f", "COMP_CWORD": "3"}
    assert completed(environment) == ["fax"]


def completed(environment: dict[str, str]) -> list[str]:
    code = "import sys, recto.cli; sys.argv = ['recto']; recto.cli.app(prog_name='recto')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False)
    return done.stdout.split()
