"""What a recipe can be made of, and the presets."""

from __future__ import annotations

from typing import Any

from recto.blueprint import Filter, GeometryFilter, PixelFilter
from recto.pipeline import CATALOGUE, PRESETS


def all_there_is() -> dict[str, Any]:
    """Filters with the JSON schema of their parameters, and the presets."""
    presets = [{"name": name, "recipe": list(recipe)} for name, recipe in PRESETS.items()]
    return {"filters": [_facts(entry) for entry in CATALOGUE.values()], "presets": presets}


def _facts(entry: Filter[Any]) -> dict[str, Any]:
    kind = "pixel" if isinstance(entry, PixelFilter) else "geometry" if isinstance(entry, GeometryFilter) else "scale"
    parameters = entry.params.model_json_schema().get("properties", {})
    return {"name": entry.name, "summary": entry.summary, "kind": kind, "parameters": parameters}
