"""``recto client``: who may ask the service."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, TypeVar

import typer

from recto.access import Client
from recto.bootstrap import open_access
from recto.errors import RectoError
from recto.settings import Settings, read_settings

T = TypeVar("T")

client_app = typer.Typer(help="Make, list and disable the clients of the service.", no_args_is_help=True)


@client_app.command()
def add(name: Annotated[str, typer.Argument(help="What it is for; only for people to read.")]) -> None:
    """Make a client and print its id and secret. The secret cannot be read again."""

    async def work(settings: Settings) -> tuple[str, str]:
        async with open_access(settings) as access:
            return await access.add_client(name)

    client_id, secret = _run(work)
    typer.echo(f"client_id: {client_id}")
    typer.echo(f"client_secret: {secret}")


@client_app.command("list")
def list_clients() -> None:
    """Print every client, oldest first: id, state, when it was made, name."""

    async def work(settings: Settings) -> tuple[Client, ...]:
        async with open_access(settings) as access:
            return await access.clients()

    for client in _run(work):
        state = "enabled" if client.disabled_at is None else "disabled"
        typer.echo(f"{client.id}  {state:8}  {client.created_at:%Y-%m-%d %H:%M}  {client.name}")


@client_app.command()
def disable(client_id: Annotated[str, typer.Argument(help="As printed by `recto client list`.")]) -> None:
    """Refuse a client from now on; its tokens stop working within seconds."""

    async def work(settings: Settings) -> bool:
        async with open_access(settings) as access:
            return await access.disable(client_id)

    if not _run(work):
        typer.echo(f"There is no client {client_id}.", err=True)
        raise typer.Exit(1)
    typer.echo(f"{client_id} is disabled.")


def _run(work: Callable[[Settings], Coroutine[Any, Any, T]]) -> T:
    try:
        return asyncio.run(work(read_settings()))
    except RectoError as error:
        typer.echo(error.message, err=True)
        raise typer.Exit(1) from None
