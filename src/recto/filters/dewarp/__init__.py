"""Flatten a photographed page: perspective, curl and folds."""

from recto.filters.dewarp.decision import DewarpParams, Warp
from recto.filters.dewarp.filter import Dewarp

__all__ = ["Dewarp", "DewarpParams", "Warp"]
