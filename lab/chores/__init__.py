"""Chores around the house that only its keepers need."""
