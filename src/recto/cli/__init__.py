"""The command line: one command per file."""

from __future__ import annotations

import importlib
from collections.abc import Callable

import typer

from recto import __version__
from recto.cli.doctor import doctor
from recto.cli.filters import filters
from recto.cli.inspect import inspect
from recto.cli.run import run

app = typer.Typer(
    name="recto",
    help="Straight, flat, sharp, black-on-white pages from scans and photos.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
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


app.command()(run)
app.command()(inspect)
app.command()(filters)
app.command()(doctor)


def _of_the_service(module: str, name: str) -> object:
    """A command of the service, or one that says how to install it."""
    try:
        return getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as error:
        missing = error.name

        def install(context: typer.Context) -> None:
            typer.echo(f"This needs the service's parts ({missing} is missing): pip install 'recto[serve]'", err=True)
            raise typer.Exit(2)

        return install


_ANYTHING = {"allow_extra_args": True, "ignore_unknown_options": True}


def _register(name: str, module: str, attribute: str) -> None:
    found = _of_the_service(module, attribute)
    if isinstance(found, typer.Typer):
        app.add_typer(found, name=name)
    elif isinstance(found, Callable):  # type: ignore[arg-type]
        missing = getattr(found, "__name__", "") == "install"
        text = "Needs the service's parts: pip install 'recto\\[serve]'." if missing else None
        app.command(name, help=text, context_settings=_ANYTHING if missing else None)(found)  # type: ignore[type-var]


_register("serve", "recto.cli.serve", "serve")
_register("worker", "recto.cli.worker", "worker")
_register("client", "recto.cli.client", "client_app")


def main() -> None:
    """Entry point of the ``recto`` command."""
    app()
