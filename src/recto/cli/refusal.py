"""What a command says when it cannot begin: one line that says what to do, and exit status 2."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from recto.errors import RectoError


@contextmanager
def refusals(command: str, output: Path | None = None) -> Iterator[None]:
    """Turn errors into a line on standard error and exit status 2.

    Parameters
    ----------
    command : str
    output : Path, optional
        Named when the system does not say which file it could not open.
    """
    try:
        yield
    except RectoError as error:
        typer.echo(f"recto {command}: {error.message}", err=True)
        raise typer.Exit(2) from None
    except BrokenPipeError:  # who reads what we print has had enough, such as head; that is no fault
        raise
    except OSError as error:
        typer.echo(f"recto {command}: {error.filename or output}: {error.strerror or error}", err=True)
        raise typer.Exit(2) from None
