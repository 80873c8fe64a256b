"""Recipe → plan → run; and the catalogue of filters."""

from recto.pipeline.catalogue import CATALOGUE, filter_named
from recto.pipeline.presets import PRESETS
from recto.pipeline.recipe import Plan, Recipe, Step, plan
from recto.pipeline.run import Outcome, StepReport, inspect, run

__all__ = [
    "CATALOGUE",
    "PRESETS",
    "Outcome",
    "Plan",
    "Recipe",
    "Step",
    "StepReport",
    "filter_named",
    "inspect",
    "plan",
    "run",
]
