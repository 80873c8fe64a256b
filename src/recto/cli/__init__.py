"""The command line: one command per file, imported when it is asked for."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, MutableMapping
from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

from recto import __version__

COMMANDS = {
    "run": ("recto.cli.run", "run", "Take pages through a recipe and write PNG, TIFF or PDF files."),
    "watch": ("recto.cli.watch", "watch", "Wait for files and take each one through a recipe."),
    "inspect": ("recto.cli.inspect", "inspect", "Print what the filters find on each page."),
    "filters": ("recto.cli.filters", "filters", "List the filters and their parameters."),
    "doctor": ("recto.cli.doctor", "doctor", "Look at this machine: what is missing, how to get it."),
    "serve": ("recto.cli.serve", "serve", "Run the service, and a worker beside it."),
    "worker": ("recto.cli.worker", "worker", "Run a worker of the service."),
    "tasks": ("recto.cli.tasks", "tasks_app", "List, show, retry and cancel the tasks of all clients."),
    "database": ("recto.cli.database", "database", "Run psql, pg_dump or pg_restore on the service's database."),
    "client": ("recto.cli.client", "client_app", "Make, list and disable the clients of the service."),
}
"""Name → module, what to take from it, and the line for ``recto --help``, which imports none of them."""

_OF_THE_SERVICE = ("serve", "worker", "tasks", "database", "client")
_PASSES_ON = ("database",)
"""What follows their arguments is for another program."""

_MARKUP: Final = "markdown"


class _Commands(MutableMapping[str, Any]):
    """The commands by name, each made when it is first looked up."""

    def __init__(self) -> None:
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            module, attribute, _ = COMMANDS[name]
            self._made[name] = _command(name, module, attribute)
        return self._made[name]

    def __setitem__(self, name: str, command: Any) -> None:
        self._made[name] = command

    def __delitem__(self, name: str) -> None:
        del self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


class LazyGroup(TyperGroup):
    """Imports a command when it is run or asked for its own help, and lists them without."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**{**attributes, "commands": _Commands()})
        self._is_listing = False

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        if self._is_listing:
            return TyperCommand(cmd_name, help=COMMANDS[cmd_name][2], rich_markup_mode=_MARKUP)
        return self.commands[cmd_name]

    def format_help(self, ctx: Any, formatter: Any) -> None:
        self._is_listing = True
        try:
            super().format_help(ctx, formatter)
        finally:
            self._is_listing = False

    def shell_complete(self, ctx: Any, incomplete: str) -> Any:
        self._is_listing = True
        try:
            return super().shell_complete(ctx, incomplete)
        finally:
            self._is_listing = False


app = typer.Typer(
    name="recto",
    cls=LazyGroup,
    help="""Straight, flat, sharp, black-on-white pages from scans and photos.

    To begin with: **recto run scan.jpg -r deskew,binarize -o clean.png**
    """,
    no_args_is_help=True,
    rich_markup_mode=_MARKUP,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"recto {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    pass


def _command(name: str, module: str, attribute: str) -> Any:
    """The command as the parser wants it, or one that says how to install what it needs."""
    holder = typer.Typer(add_completion=False, rich_markup_mode=_MARKUP)
    holder.callback()(lambda: None)
    try:
        found = getattr(importlib.import_module(module), attribute)
    except ModuleNotFoundError as error:
        if name not in _OF_THE_SERVICE:
            raise
        missing = error.name
        anything = {"allow_extra_args": True, "ignore_unknown_options": True}

        @holder.command(name, context_settings=anything, help="Needs the service's parts: pip install 'recto[serve]'.")
        def install(context: typer.Context) -> None:
            typer.echo(f"This needs the service's parts ({missing} is missing): pip install 'recto[serve]'", err=True)
            raise typer.Exit(2)

    else:
        if isinstance(found, typer.Typer):
            holder.add_typer(found, name=name)
        else:
            others = {"allow_extra_args": True, "ignore_unknown_options": True} if name in _PASSES_ON else None
            holder.command(name, context_settings=others)(found)
    group: Any = typer.main.get_command(holder)
    return group.commands[name]


def main() -> None:
    """Entry point of the ``recto`` command."""
    app()
