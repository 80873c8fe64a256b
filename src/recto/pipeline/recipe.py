"""From what a user writes to a plan that is known to be sound before the first pixel is read."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from recto.blueprint import Filter, Params
from recto.errors import LimitError, ParameterError, RecipeError, UnknownFilterError
from recto.pipeline.catalogue import filter_named
from recto.pipeline.presets import PRESETS

MAX_STEPS = 16
_MAX_SHOWN_CHARS = 200
_FAULTS = {"extra_forbidden": "there is no such parameter"}
"""What the words of pydantic hide."""

Recipe = str | Mapping[str, Any] | Sequence[str | Mapping[str, Any]]
"""``"deskew,binarize"``, the name of a preset, a JSON array as text, or a sequence of names and mappings with a
``filter`` key; or one such mapping."""

Overrides = Mapping[str, Mapping[str, Any]]
"""Filter name → parameter → value, applied to every step of that filter."""


@dataclass(frozen=True)
class Step:
    """One filter with its checked parameters."""

    filter: Filter[Any]
    params: Params


@dataclass(frozen=True)
class Plan:
    """Checked steps, in order."""

    steps: tuple[Step, ...]

    def as_json(self) -> str:
        """The recipe with every parameter written out; ``plan`` of it gives an equal plan."""
        return json.dumps([{"filter": s.filter.name, **s.params.model_dump(mode="json")} for s in self.steps])


def plan(recipe: Recipe, overrides: Overrides | None = None) -> Plan:
    """Check a recipe.

    Parameters
    ----------
    recipe : str or sequence
        See ``Recipe``. An empty recipe gives the page back as it is.
    overrides : mapping, optional
        See ``Overrides``.

    Raises
    ------
    RecipeError
        It is not a recipe.
    UnknownFilterError, ParameterError
        Both list what is known.
    LimitError
        More than ``MAX_STEPS`` steps.
    """
    entries = _entries(recipe)
    if len(entries) > MAX_STEPS:
        raise LimitError("recipe steps", MAX_STEPS, len(entries))
    steps = []
    used = set()
    for entry in entries:
        name, values = _name_and_values(entry)
        found = _filter_of_step(name)
        used.add(name)
        steps.append(Step(found, _params(found, {**values, **(overrides or {}).get(name, {})})))
    for name in overrides or {}:
        filter_named(name)
        if name not in used:
            raise RecipeError(f"A parameter of {name!r} is set, but {name!r} is not a step of the recipe.")
    return Plan(tuple(steps))


def params_of(name: str, values: Mapping[str, Any]) -> Params:
    """The checked parameters of one filter; raises as ``plan`` does."""
    return _params(filter_named(name), values)


def _entries(recipe: Recipe) -> list[str | Mapping[str, Any]]:
    if isinstance(recipe, Mapping):
        return [recipe]
    if not isinstance(recipe, str):
        if not isinstance(recipe, Iterable):
            raise RecipeError(f"A recipe is text, a list of steps or one step, not {_shown(recipe)}.")
        return list(recipe)
    text = recipe.strip()
    if text in PRESETS:
        return list(PRESETS[text])
    if not text.startswith(("[", "{")):
        return [part.strip() for part in text.split(",")] if text else []
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RecipeError(f"The recipe starts like JSON but is not: {error}.") from None
    return [parsed] if isinstance(parsed, dict) else list(parsed)


def _filter_of_step(name: str) -> Filter[Any]:
    try:
        return filter_named(name)
    except UnknownFilterError as error:
        if name in PRESETS:
            steps = ",".join(step["filter"] for step in PRESETS[name])
            raise RecipeError(
                f"{name!r} is a preset, which is a whole recipe: say it alone, or its steps: {steps}."
            ) from None
        near = difflib.get_close_matches(name.lower().replace("-", " ").replace("_", " "), PRESETS, 1)
        perhaps = f"; did you mean {near[0]!r}?" if near else "."
        raise UnknownFilterError(f"{error.message} The presets are: {', '.join(PRESETS)}{perhaps}") from None


def _name_and_values(entry: object) -> tuple[str, dict[str, Any]]:
    if isinstance(entry, str) and entry:
        return entry, {}
    if isinstance(entry, Mapping) and isinstance(entry.get("filter"), str):
        return str(entry["filter"]), {k: v for k, v in entry.items() if k != "filter"}
    raise RecipeError(f"A recipe step is a filter's name or an object with a 'filter' key, not {_shown(entry)}.")


def _shown(entry: object) -> str:
    try:
        text = json.dumps(entry, default=str)
    except (ValueError, RecursionError):
        return "something nested too deeply"
    return text if len(text) <= _MAX_SHOWN_CHARS else f"{text[:_MAX_SHOWN_CHARS]} ..."


def _params(found: Filter[Any], values: Mapping[str, Any]) -> Params:
    try:
        params: Params = found.params.model_validate(dict(values))
        return params
    except ValidationError as error:
        known = ", ".join(found.params.model_fields) or "none"
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc'])) or 'parameters'}: {_FAULTS.get(fault['type'], fault['msg'])}"
            for fault in error.errors()
        )
        raise ParameterError(f"{found.name}: {faults}. The parameters of {found.name} are: {known}.") from None
