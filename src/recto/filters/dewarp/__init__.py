"""Flatten a photographed page: perspective, curl and folds."""

from recto.filters.dewarp.filter import Dewarp, DewarpParams, Warp

__all__ = ["Dewarp", "DewarpParams", "Warp"]
