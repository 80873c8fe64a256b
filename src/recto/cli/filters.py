"""``recto filters``: what there is, from the params models."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from recto.pipeline import CATALOGUE, PRESETS


def filters(
    as_json: Annotated[bool, typer.Option("--json", help="JSON schemas, one object.")] = False,
) -> None:
    """List the filters and their parameters."""
    if as_json:
        typer.echo(json.dumps({n: _schema(n) for n in CATALOGUE}, indent=2))
        return
    console = Console()
    for name, entry in CATALOGUE.items():
        console.print(f"[bold]{name}[/]  {entry.summary}")
        table = Table(box=None, show_header=False, padding=(0, 2, 0, 4))
        table.add_column(no_wrap=True)
        for parameter, schema in _schema(name)["parameters"].items():
            table.add_row(f"{name}.{parameter}", _values(schema), schema.get("description", ""))
        console.print(table)
    console.print("[bold]presets[/]  recipes with a name, to be used like a filter's")
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 4))
    for name, steps in PRESETS.items():
        table.add_row(name, ",".join(step["filter"] for step in steps))
    console.print(table)


def _schema(name: str) -> dict[str, Any]:
    entry = CATALOGUE[name]
    return {"summary": entry.summary, "parameters": entry.params.model_json_schema().get("properties", {})}


def _values(schema: dict[str, Any]) -> str:
    """The kind or choices of a parameter, its range and its default, in a few characters."""
    options = schema.get("anyOf", [schema])
    parts = []
    for option in options:
        if "enum" in option:
            parts.append("|".join(map(str, option["enum"])))
        elif option.get("type") not in (None, "null"):
            parts.append(f"{option['type']}{_bounds(option)}")
    default = schema.get("default")
    return f"{' or '.join(parts)}; default {'none' if default is None else json.dumps(default)}"


def _bounds(option: dict[str, Any]) -> str:
    low, above = option.get("minimum"), option.get("exclusiveMinimum")
    high, below = option.get("maximum"), option.get("exclusiveMaximum")
    ends = [
        *([f"{low:g}"] if low is not None else [f"above {above:g}"] if above is not None else []),
        *([f"to {high:g}"] if high is not None else [f"below {below:g}"] if below is not None else []),
    ]
    return "".join(f" {end}" for end in ends)
