"""Every operation's recipe can be planned, whatever the settings."""

from __future__ import annotations

import pytest

from recto.pipeline import plan
from recto.web.v5.operations import CURRENT, DEPRECATED, Operation, recipe_of


@pytest.mark.parametrize("operation", CURRENT + DEPRECATED, ids=lambda operation: operation.name)
@pytest.mark.parametrize("factor", [2, 3, 4])
def test_every_recipe_is_sound(operation: Operation, factor: int) -> None:
    (step,) = plan(recipe_of(operation, factor)).steps
    assert step.filter.name == operation.filter
    if operation.filter == "upsample":
        assert step.params.model_dump()["scale"] == factor
